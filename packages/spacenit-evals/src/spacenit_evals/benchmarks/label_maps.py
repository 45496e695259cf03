"""Maps of labels that stay on disk."""

import hashlib
from collections.abc import Callable, Sequence

import numpy as np
from attrs import field, frozen

from spacenit_core.errors import DataError
from spacenit_core.kinds.tasks import IGNORED


@frozen(eq=False)
class LabelMaps:
    """One map for each sample, read when it is asked for.

    Attributes:
        read: from the number of a sample to its map ``[H, W]``, `dtype` and of one size.
        shape: ``(n, H, W)``.
        dtype: int16 of classes, float32 of numbers.
        digest: of all maps, once all were read; the same text, the same labels.
        counts: pixels of each class, int ``[K]``; of numbers the one count of those that are there; empty where not all
            maps were read.
    """

    read: Callable[[int], np.ndarray] = field(repr=False)
    shape: tuple[int, int, int]
    dtype: np.dtype[np.generic]
    digest: str = ""
    counts: np.ndarray = field(factory=lambda: np.zeros(0, dtype=np.int64))

    @classmethod
    def checked(
        cls, read: Callable[[int], np.ndarray], names: Sequence[str], classes: Sequence[str] | None
    ) -> "LabelMaps":
        """Read all maps once, one after the other.

        Args:
            read: from the number of a sample to its map.
            names: what to call each sample in messages.
            classes: names by label; None for maps of numbers.

        Raises:
            DataError: for maps of two sizes, a label that is no class, and where no pixel has one.
        """
        digest, size = hashlib.sha256(), None
        counts = np.zeros(1 if classes is None else len(classes), dtype=np.int64)
        for number, name in enumerate(names):
            values = read(number)
            size = values.shape if size is None else size
            if values.shape != size:
                raise DataError(f"{name} has labels of {values.shape} pixels, and others of {size}", "leave it out")
            counts += _counts(values, name, classes)
            digest.update(np.ascontiguousarray(values).tobytes())
        if size is None or not counts.sum():
            raise DataError("no pixel of the set has a label", "get it again from its publisher")
        dtype = np.dtype(np.float32 if classes is None else np.int16)
        return cls(read, (len(names), *size), dtype, digest.hexdigest(), counts)

    def __len__(self) -> int:
        return self.shape[0]

    def __getitem__(self, numbers: np.ndarray) -> np.ndarray:
        """The maps of some samples, ``[m, H, W]``."""
        chosen = np.arange(len(self))[numbers]
        maps = [self.read(int(number)).astype(self.dtype) for number in np.atleast_1d(chosen)]
        found = np.stack(maps) if maps else np.empty((0, *self.shape[1:]), self.dtype)
        return found[0] if np.ndim(chosen) == 0 else found

    def only(self, numbers: np.ndarray) -> "LabelMaps":
        """The same maps of some samples, int ``[m]``."""
        read = self.read
        return LabelMaps(
            lambda number: read(int(numbers[number])),
            (len(numbers), *self.shape[1:]),
            self.dtype,
            self.digest,
            self.counts,
        )


def _counts(values: np.ndarray, name: str, classes: Sequence[str] | None) -> np.ndarray:
    if classes is None:
        return np.array([np.isfinite(values).sum()])
    chosen = values[values != IGNORED]
    if chosen.size and not 0 <= chosen.min() <= chosen.max() < len(classes):
        low, high = chosen.min(), chosen.max()
        raise DataError(
            f"{name} has labels from {low} to {high}, and the classes are 0 to {len(classes) - 1}",
            "get it again from its publisher",
        )
    return np.bincount(chosen.reshape(-1).astype(np.int64), minlength=len(classes))
