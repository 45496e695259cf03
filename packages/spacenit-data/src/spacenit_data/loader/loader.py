"""Batches for one rank, read ahead by worker processes. Its whole state is the number of the next step."""

import atexit
import logging
import os
import signal
import time
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, Protocol, cast

import numpy as np
import torch
from torch.utils.data import DataLoader, Sampler

from spacenit_core.errors import SpaceNitError, UserError
from spacenit_core.kinds.datasets import TileDataset
from spacenit_core.kinds.loaders import CorruptSample
from spacenit_core.kinds.loaders import Loader as LoaderProtocol
from spacenit_core.kinds.masking import MaskingPolicy
from spacenit_core.samples.batch import Batch
from spacenit_data.loader.augmentation import Augmentation
from spacenit_data.loader.collate import check_normalization
from spacenit_data.loader.config import TileLoaderConfig
from spacenit_data.loader.corrupt import QUARANTINE_FILE, CorruptCount
from spacenit_data.loader.fetch import BatchReader, Fetched
from spacenit_data.loader.fingerprint import fingerprint
from spacenit_data.loader.order import SampleOrder
from spacenit_data.loader.schedule import RandomSizes, Schedule

log = logging.getLogger(__name__)


class Dated(Protocol):
    """A data set that knows how its months are counted."""

    def checked_months(self) -> str:
        """What was found, in words; a UserError where months are read otherwise."""
        ...


class Loader(LoaderProtocol[Batch]):
    """Endless batches of one rank.

    Batch number `step` is a pure function of (seed, step): samples, windows and masks do not depend on workers or on
    what was read before, and the rows of all ranks, one rank after the other, are those of one process.

    Args:
        config: the settings.
        dataset: where samples come from.
        masking: what each view encodes and predicts: the policy of each view, or one for all.
        views: number of masked views, where there is one policy.
        rank: this process among the data-parallel ones.
        world_size: their number.
        schedule: the size of each step's windows; drawn from the settings if None.
        run_folder: where ``quarantine.jsonl`` goes; needed for `on_corrupt=quarantine` only.
        pin_memory: whether batches are put into page-locked memory; None: where there is a GPU.

    Attributes:
        dataset: as given.
        wait_seconds: seconds that the caller has waited for batches so far.

    Raises:
        UserError: for settings that do not fit the data set, before anything is read from it but one file's shapes.
    """

    def __init__(
        self,
        config: TileLoaderConfig,
        dataset: TileDataset,
        *,
        masking: MaskingPolicy | Sequence[MaskingPolicy],
        views: int = 2,
        rank: int = 0,
        world_size: int = 1,
        schedule: Schedule | None = None,
        run_folder: Path | None = None,
        pin_memory: bool | None = None,
    ) -> None:
        check_normalization(dataset.sensors)
        order = SampleOrder(
            len(dataset),
            config.global_batch_size,
            seed=config.seed,
            shuffle=config.shuffle,
            repeats=config.num_dataset_repeats_per_epoch,
        )
        reader = BatchReader(
            dataset,
            order,
            schedule or RandomSizes(config, dataset.sensors, dataset.tile_size),
            tuple(masking) if isinstance(masking, Sequence) else (masking,) * views,
            config.seed,
            _positions(config.global_batch_size, rank, world_size),
            config.on_corrupt != "fail",
            Augmentation.of(config.transforms),
        )
        self.dataset = dataset
        self._steps_per_epoch = order.steps_per_epoch
        self.wait_seconds = 0.0
        listed = _quarantine_file(config, run_folder)
        self._corrupt = CorruptCount(len(dataset), config.max_corrupt_fraction, listed if rank == 0 else None)
        self._alone, self._unshared = world_size == 1, list[CorruptSample]()
        self._steps = _Steps()
        workers = _worker_count(config.num_workers, rank)
        pin = torch.cuda.is_available() if pin_memory is None else pin_memory
        self._loader = _torch_loader(reader, self._steps, workers, config.prefetch_factor, pin)

    @property
    def samples(self) -> int:
        """Samples of the data set."""
        return len(self.dataset)

    @property
    def steps_per_epoch(self) -> int:
        """Steps that make one epoch."""
        return self._steps_per_epoch

    def fingerprint(self) -> dict[str, str]:
        """What tells the data set from others: see :func:`spacenit_data.loader.fingerprint.fingerprint`."""
        return fingerprint(self.dataset, self.dataset.sensors)

    def describe(self) -> str:
        """How the data set counts months, in words; empty for one that does not tell.

        Raises:
            UserError: where its dates show that they are read a month off.
        """
        return cast(Dated, self.dataset).checked_months() if hasattr(self.dataset, "checked_months") else ""

    @property
    def corrupt_samples(self) -> int:
        """Samples that could not be read and were replaced so far, each counted once."""
        return len(self._corrupt)

    @property
    def corrupt_indices(self) -> list[int]:
        """Their places in the data set."""
        return self._corrupt.indices

    def recall_corrupt(self, indices: Iterable[int]) -> None:
        """Count samples, the same on all ranks, that an earlier part of the run could not read."""
        self._corrupt.recall(indices)

    def take_unshared(self) -> list[CorruptSample]:
        """The unreadable samples of the last batches that other ranks do not know of; none where there are no others.

        Those of all ranks are to be given to :meth:`take_note` on each.
        """
        taken, self._unshared = self._unshared, []
        return taken

    def take_note(self, corrupt: Iterable[CorruptSample]) -> None:
        """Count unreadable samples, the same on all ranks, and list them if `on_corrupt` says so.

        Raises:
            DataError: if they are more than `max_corrupt_fraction` allows.
        """
        self._corrupt.add(corrupt)

    def batches(self, first_step: int = 0) -> Iterator[Batch]:
        """This rank's batches from a global step (counted from 0) on, without end. Only one iterator at a time.

        Raises:
            DataError: for a sample that cannot be read, as `on_corrupt` says; or if a worker died.
        """
        self._steps.first = first_step
        source = iter(self._loader)
        while True:
            began = time.perf_counter()
            fetched = _next(source)
            self.wait_seconds += time.perf_counter() - began
            if self._alone:
                self.take_note(fetched.corrupt)
            else:
                self._unshared += fetched.corrupt
            if fetched.error is not None:
                raise fetched.error
            assert fetched.batch is not None
            yield fetched.batch

    def close(self) -> None:
        """End the worker processes."""
        iterator = getattr(self._loader, "_iterator", None)
        if iterator is not None:
            iterator._shutdown_workers()
            self._loader._iterator = None


class _Steps(Sampler[int]):
    """All steps from `first` on."""

    def __init__(self) -> None:
        self.first = 0

    def __iter__(self) -> Iterator[int]:
        step = self.first
        while True:
            yield step
            step += 1


def _torch_loader(
    reader: BatchReader, steps: _Steps, workers: int, prefetch_factor: int, pin_memory: bool
) -> "DataLoader[Fetched]":
    ahead: dict[str, Any] = {}
    if workers:
        # Spawned, because forking a process that uses threads or a GPU is not safe.
        ahead = {"multiprocessing_context": "spawn", "persistent_workers": True, "prefetch_factor": prefetch_factor}
    return DataLoader(
        reader,
        batch_size=None,
        sampler=steps,
        num_workers=workers,
        pin_memory=pin_memory,
        collate_fn=_as_it_is,
        # Of its own, so that loading takes no draws from training.
        generator=torch.Generator(),
        worker_init_fn=_prepare_worker,
        **ahead,
    )


def _prepare_worker(_: int) -> None:
    # Job schedulers and terminals signal every process; only the trainer decides when to stop.
    for number in (signal.SIGINT, signal.SIGTERM, signal.SIGUSR1):
        signal.signal(number, signal.SIG_IGN)
    # A worker that is still handing over a batch would abort in the interpreter's clean-up; there is nothing to clean.
    atexit.register(os._exit, 0)


def _as_it_is(fetched: Any) -> Any:
    return fetched


def _next(source: Iterator[Fetched]) -> Fetched:
    try:
        return next(source)
    except RuntimeError as error:
        if "DataLoader worker" not in str(error):
            raise
        raise SpaceNitError(
            f"a loader worker died: {error}",
            "it may have run out of memory: lower data_loader.num_workers or data_loader.prefetch_factor",
        ) from error


def _positions(global_batch_size: int, rank: int, world_size: int) -> np.ndarray:
    rows, rest = divmod(global_batch_size, world_size)
    if rest:
        raise UserError(
            f"data_loader.global_batch_size={global_batch_size} cannot be shared evenly among {world_size} processes",
            f"make it a multiple of {world_size}",
        )
    return np.arange(rank * rows, (rank + 1) * rows)


def _quarantine_file(config: TileLoaderConfig, run_folder: Path | None) -> Path | None:
    if config.on_corrupt != "quarantine":
        return None
    if run_folder is None:
        raise UserError("data_loader.on_corrupt=quarantine needs a run folder to list samples in", "use skip instead")
    return run_folder / QUARANTINE_FILE


def _worker_count(asked: int, rank: int) -> int:
    """The workers asked for, but no more than this process's share of the machine's cores."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    beside = os.environ.get("LOCAL_WORLD_SIZE", "")
    share = max(1, cores // max(int(beside) if beside.isdecimal() else 1, 1))
    if asked > share and rank == 0:
        log.warning("data_loader.num_workers=%d is lowered to %d: there are %d cores", asked, share, cores)
    return min(asked, share)
