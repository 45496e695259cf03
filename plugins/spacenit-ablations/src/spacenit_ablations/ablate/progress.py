"""How far a cell is, by what its process says: a bar on a terminal, a line a minute elsewhere."""

import re
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from rich.progress import BarColumn, Progress, TaskID, TextColumn, TimeElapsedColumn

from spacenit_core.cli.console import err_console

_STEP = re.compile(r"step (\d+)/(\d+)\s*(.*)")
"""How a training tells its steps, and behind them speed and time left."""

_INTERVAL = 60.0
"""Seconds between two lines where there is no terminal."""


@contextmanager
def following(title: str, interval: float = _INTERVAL) -> Iterator[Callable[[str], None]]:
    """Follow a process; gives what is told the last line that it said, again and again.

    Args:
        title: what it does.
        interval: seconds between two lines where there is no terminal.
    """
    console = err_console()
    if console.is_terminal:
        parts = TextColumn("{task.description}"), BarColumn(), TextColumn("{task.fields[said]}"), TimeElapsedColumn()
        with Progress(*parts, console=console, transient=True) as bar:
            task = bar.add_task(title.replace("[", r"\["), total=None, said="")
            yield lambda line: _update(bar, task, line)
        return
    console.print(title, markup=False, soft_wrap=True)
    last = time.monotonic()

    def show(line: str) -> None:
        nonlocal last
        if line and time.monotonic() - last >= interval:
            last = time.monotonic()
            console.print(f"{title}: {line}", markup=False, soft_wrap=True)

    yield show


def _update(bar: Progress, task: TaskID, line: str) -> None:
    """Show the steps that a line tells of, or the line."""
    found = _STEP.search(line)
    if found is None:
        bar.update(task, said=line[:60].replace("[", r"\["))
    else:
        done, total, more = found.groups()
        said = f"step {done}/{total}  {more}"
        bar.update(task, completed=int(done), total=int(total), said=said.replace("[", r"\["))
