"""The nearest of some vectors, found in single precision and decided in double precision where that is in doubt."""

from functools import cached_property
from typing import Literal

import numpy as np
from attrs import frozen

Metric = Literal["cosine", "euclidean"]

_CELLS = 1 << 25
"""Similarities that are held at a time."""


@frozen(kw_only=True, eq=False)
class Neighbours:
    """The k nearest of n vectors to each of m others.

    Attributes:
        index: int ``[m, k]``, which; in no order.
        similarity: float ``[m, k]``: the cosine, or minus half the squared distance plus what is equal in a row.
        in_doubt: bool ``[m]``: whether rounding may have left out a nearer one.
    """

    index: np.ndarray
    similarity: np.ndarray
    in_doubt: np.ndarray


class NeighbourSearch:
    """Searches n vectors by exact comparison with all of them.

    Args:
        vectors: float ``[n, D]``, finite.
        k: how many neighbours, at most n.
        metric: what near means.

    Attributes:
        rows: how many vectors to search for at a time, so that memory stays bounded.
    """

    def __init__(self, vectors: np.ndarray, k: int, metric: Metric) -> None:
        self._vectors, self._k, self._metric = vectors, k, metric
        self._origin = vectors.mean(axis=0, dtype=np.float64) if metric == "euclidean" else None
        self._single = self._prepared(vectors, np.float32)
        self._offsets = self._offsets_of(self._single)
        self.rows = max(1, _CELLS // len(vectors))
        self._longest = float(np.sqrt(_squares(self._single).max())) if metric == "euclidean" else 1.0
        self._unit = 2 * np.sqrt(vectors.shape[1] + 1) * float(np.finfo(np.float32).eps)
        self._buffer = np.empty((0, 0), dtype=np.float32)

    def rounding(self, queries: np.ndarray) -> np.ndarray:
        """How far similarities that :meth:`quickly` finds may lie from the true ones, ``[m]``.

        It is twice the error that sums of D products in single precision probably stay below (Higham and Mary 2019,
        doi:10.1137/18M1226312).

        Args:
            queries: float ``[m, D]``.
        """
        if self._origin is None:
            return np.full(len(queries), self._unit)
        lengths = np.sqrt(_squares(queries - self._origin))
        return self._unit * self._longest * (lengths + self._longest)

    def quickly(self, queries: np.ndarray) -> Neighbours:
        """Search in single precision, and say where that leaves doubt.

        Args:
            queries: float ``[m, D]``, finite, at most `rows` of them.
        """
        import torch

        single = self._prepared(queries, np.float32)
        if self._buffer.shape[0] < len(queries):
            self._buffer = np.empty((len(queries), len(self._single)), dtype=np.float32)
        found = np.matmul(single, self._single.T, out=self._buffer[: len(queries)])
        if self._offsets is not None:
            found -= self._offsets
        k = min(self._k, found.shape[1] - 1)
        nearest = torch.topk(torch.from_numpy(found), k + 1, dim=1)
        similarity, index = nearest.values.numpy().astype(np.float64), nearest.indices.numpy()
        if k < self._k:
            return Neighbours(index=index, similarity=similarity, in_doubt=np.zeros(len(index), dtype=bool))
        in_doubt = similarity[:, k - 1] - similarity[:, k] <= 2 * self.rounding(queries)
        return Neighbours(index=index[:, :k], similarity=similarity[:, :k], in_doubt=in_doubt)

    def exactly(self, queries: np.ndarray) -> Neighbours:
        """Search in double precision; of vectors that are equally near, the first are taken."""
        found = [self._exactly(queries[start : start + self.rows]) for start in range(0, len(queries), self.rows)]
        index, similarity = (np.concatenate(parts) for parts in zip(*found, strict=True))
        return Neighbours(index=index, similarity=similarity, in_doubt=np.zeros(len(index), dtype=bool))

    def _exactly(self, queries: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        found = self._prepared(queries, np.float64) @ self._double.T
        offsets = self._offsets_of(self._double)
        if offsets is not None:
            found -= offsets
        least = np.partition(found, -self._k, axis=1)[:, -self._k]
        index = np.empty((len(queries), self._k), dtype=np.int64)
        for row, similarity, low in zip(index, found, least, strict=True):
            near = np.flatnonzero(similarity >= low)
            row[:] = near[np.argsort(-similarity[near], kind="stable")[: self._k]]
        return index, np.take_along_axis(found, index, axis=1)

    @cached_property
    def _double(self) -> np.ndarray:
        return self._prepared(self._vectors, np.float64)

    def _prepared(self, vectors: np.ndarray, precision: type[np.floating]) -> np.ndarray:
        """Of length 1 for the cosine; around the mean for distances, which are then told apart best."""
        if self._origin is not None:
            return (vectors - self._origin).astype(precision)
        vectors = vectors.astype(precision, copy=False)
        lengths = np.sqrt(_squares(vectors))
        return vectors / np.maximum(lengths, 1e-8)[:, None].astype(precision)

    def _offsets_of(self, prepared: np.ndarray) -> np.ndarray | None:
        return None if self._origin is None else (_squares(prepared) / 2).astype(prepared.dtype)


def _squares(vectors: np.ndarray) -> np.ndarray:
    squares: np.ndarray = np.einsum("nd,nd->n", vectors, vectors)
    return squares
