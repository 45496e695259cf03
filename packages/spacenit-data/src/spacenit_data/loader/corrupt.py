"""Keeping count of samples that could not be read."""

import json
from collections.abc import Iterable
from pathlib import Path

from spacenit_core.errors import DataError
from spacenit_core.kinds.loaders import CorruptSample

QUARANTINE_FILE = "quarantine.jsonl"


class CorruptCount:
    """Counts unreadable samples, stops the run if there are too many, and lists them in a file if it is asked to.

    Args:
        samples: number of samples of the data set.
        max_fraction: the share of them that may be unreadable; one always may.
        quarantine: the file that they are listed in, one JSON object per line; None for no list.
    """

    def __init__(self, samples: int, max_fraction: float, quarantine: Path | None = None) -> None:
        self._samples, self._max_fraction, self._quarantine = samples, max_fraction, quarantine
        self._seen: set[int] = set()
        self._listed = _listed_before(quarantine)

    def __len__(self) -> int:
        return len(self._seen)

    @property
    def indices(self) -> list[int]:
        """The unreadable samples so far, by their place in the data set."""
        return sorted(self._seen)

    def recall(self, indices: Iterable[int]) -> None:
        """Count samples that an earlier part of the run could not read."""
        self._seen.update(indices)

    def add(self, corrupt: Iterable[CorruptSample]) -> None:
        """Take note of what a batch reports.

        Raises:
            DataError: if more samples are unreadable than `max_fraction` allows.
        """
        for sample in corrupt:
            if sample.index not in self._seen:
                self._seen.add(sample.index)
                self._append(sample)
                self._check(sample)

    def _append(self, sample: CorruptSample) -> None:
        if self._quarantine is None or sample.index in self._listed:
            return
        record = {"index": sample.index, "step": sample.step, "position": sample.position, "message": sample.message}
        try:
            self._quarantine.parent.mkdir(parents=True, exist_ok=True)
            # Ranks share the file, so nothing of it may be cut off: one of them may have just written there.
            end = b"\n" if _is_torn(self._quarantine) else b""
            with self._quarantine.open("ab") as file:
                file.write(end + (json.dumps(record) + "\n").encode())
        except OSError as error:
            raise DataError(
                f"{self._quarantine} cannot be written: {error.strerror or error}",
                "make room, or set data_loader.on_corrupt=skip, which lists nothing",
            ) from error

    def _check(self, sample: CorruptSample) -> None:
        if len(self._seen) > max(1, self._max_fraction * self._samples):
            raise DataError(
                f"{len(self._seen)} of {self._samples} samples could not be read, more than "
                f"data_loader.max_corrupt_fraction={self._max_fraction:g} allows; the last: {sample.message}",
                "check the data set with `spacenit-run data validate`, or raise the fraction",
            )


def _is_torn(path: Path) -> bool:
    """Whether a file ends in a line that was cut short, which would take the next one with it."""
    content = path.read_bytes() if path.exists() else b""
    return bool(content) and not content.endswith(b"\n")


def _listed_before(path: Path | None) -> set[int]:
    """The samples that a file lists already; lines that were cut short do not count."""
    if path is None or not path.exists():
        return set()
    listed = set()
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            listed.add(int(json.loads(line)["index"]))
        except (ValueError, KeyError, TypeError):
            continue
    return listed
