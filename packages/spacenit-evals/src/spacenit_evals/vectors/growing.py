"""Vectors of samples while they come in, and some of them."""

from typing import Any

import numpy as np

from spacenit_core.errors import DataError
from spacenit_evals.results.map_files import new_maps


class Pooled:
    """One vector for each sample, in batches of which some may be shorter than others."""

    def __init__(self) -> None:
        self._parts: list[np.ndarray] = []

    def add(self, vectors: np.ndarray) -> None:
        """Take in ``[B, D]``."""
        self._parts.append(np.asarray(vectors, dtype=np.float32))

    def whole(self) -> np.ndarray:
        """All, float32 ``[n, D]``; those of a batch that are shorter than those of another end in NaN."""
        width = max(part.shape[1] for part in self._parts)
        filled = [np.pad(part, ((0, 0), (0, width - part.shape[1])), constant_values=np.nan) for part in self._parts]
        return np.concatenate(filled)


class Grids:
    """One vector for each patch of each of n samples; large ones lie on the disk."""

    def __init__(self, number: int) -> None:
        self._number, self._filled = number, 0
        self._grids: np.ndarray | None = None

    def add(self, grids: np.ndarray) -> None:
        """Take in ``[B, h, w, D]``.

        Raises:
            DataError: where samples are not of one size.
        """
        if self._grids is None:
            self._grids = new_maps((self._number, *grids.shape[1:]), np.float32, np.nan)
        if grids.shape[1:] != self._grids.shape[1:]:
            raise DataError(
                f"samples have {_size(self._grids)} and {_size(grids)} patches",
                "cut them to one size, or use pooled vectors",
            )
        self._grids[self._filled : self._filled + len(grids)] = grids
        self._filled += len(grids)

    def whole(self) -> np.ndarray:
        """All, float32 ``[n, h, w, D]``."""
        if self._grids is None:
            raise DataError("there are no samples", "check the benchmark's settings")
        return self._grids


def _size(grids: np.ndarray) -> str:
    return " x ".join(map(str, grids.shape[1:3]))


class ChosenRows:
    """Some rows of an array that may lie on the disk: read when they are indexed.

    Args:
        rows: ``[n, ...]``.
        chosen: int ``[m]``, which.
    """

    def __init__(self, rows: np.ndarray, chosen: np.ndarray) -> None:
        self._rows, self._chosen = rows, chosen

    @property
    def shape(self) -> tuple[int, ...]:
        """``(m, ...)``."""
        return (len(self._chosen), *self._rows.shape[1:])

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the rows."""
        return self._rows.dtype

    @property
    def ndim(self) -> int:
        """Of the rows and their number."""
        return self._rows.ndim

    def __len__(self) -> int:
        return len(self._chosen)

    def __getitem__(self, key: Any) -> np.ndarray:
        """Like an array."""
        first, *others = key if isinstance(key, tuple) else (key,)
        rows = np.asarray(self._rows[self._chosen[first]])
        return rows[(slice(None), *others)] if others else rows

    def __array__(self, dtype: Any = None, copy: bool | None = None) -> np.ndarray:
        rows = np.asarray(self._rows[self._chosen])
        return rows if dtype is None else rows.astype(dtype)
