"""Work on many files at once, in order, with a progress bar."""

import multiprocessing
import os
import signal
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from itertools import islice
from typing import Any, TypeVar

from spacenit_core.cli.console import err_console
from spacenit_core.errors import DataError

Item = TypeVar("Item")
Result = TypeVar("Result")

# With fewer items than this the start of a worker process costs more than it saves.
ITEMS_PER_WORKER = 64

_function: Callable[[Any], Any] | None = None


def cores() -> int:
    """The number of processor cores that this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def ordered_map(
    function: Callable[[Item], Result],
    items: Sequence[Item],
    *,
    workers: int = 1,
    label: str = "",
    progress: bool = False,
    items_per_worker: int | None = None,
) -> Iterator[Result]:
    """Yield function(item) for every item, in order.

    Args:
        function: a picklable function (a `functools.partial` of one, for instance); it travels to each worker once.
        items: small, picklable arguments.
        workers: the most processes to use; 1, or few items, are worked on in this process.
        label: what the progress bar says.
        progress: whether to show one (on standard error).
        items_per_worker: with fewer, a worker does not pay; 64 if None.

    Raises:
        DataError: if a worker is killed. What `function` raises is raised here.
    """
    workers = min(workers, len(items) // (items_per_worker or ITEMS_PER_WORKER))
    results = _in_pool(function, items, workers) if workers > 1 else map(function, items)
    if not progress:
        yield from results
        return
    from rich.progress import track

    yield from track(results, label, total=len(items), console=err_console())


def _in_pool(function: Callable[[Item], Result], items: Sequence[Item], workers: int) -> Iterator[Result]:
    from concurrent.futures.process import BrokenProcessPool

    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, mp_context=context, initializer=_start_worker, initargs=(function,))
    pending: deque[Future[Result]] = deque()
    remaining = iter(items)
    try:
        pending.extend(pool.submit(_call, item) for item in islice(remaining, 4 * workers))
        while pending:
            result = pending.popleft().result()
            pending.extend(pool.submit(_call, item) for item in islice(remaining, 1))
            yield result
    except BrokenProcessPool as error:
        raise DataError(
            "a worker process was killed, perhaps for want of memory", "run the command again with --workers 1"
        ) from error
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def _start_worker(function: Callable[[Any], Any]) -> None:
    global _function
    # Ctrl-C reaches the whole process group: the parent alone answers it.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    _function = function


def _call(item: Any) -> Any:
    assert _function is not None
    return _function(item)
