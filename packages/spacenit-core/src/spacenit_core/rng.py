"""Every random draw of SpaceNit, keyed.

A draw depends on what it is for, never on what was drawn before: data draws on (seed, step, position in the global
batch, purpose), batch draws on (seed, step, purpose). So a run resumes from one integer, and neither the number of
workers nor the number of ranks changes a sample, a window or a mask.
"""

import hashlib
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache

import numpy as np


@cache
def purpose_key(purpose: str) -> int:
    """The 64-bit integer that stands for a purpose (stable across processes and versions, unlike ``hash``)."""
    return int.from_bytes(hashlib.blake2b(purpose.encode(), digest_size=8).digest(), "little")


def generator(seed: int, purpose: str, *keys: int) -> np.random.Generator:
    """A generator for one purpose at one place, e.g. ``generator(seed, "window", step, position)``."""
    return np.random.Generator(np.random.Philox(np.random.SeedSequence([seed, purpose_key(purpose), *keys])))


def torch_seed(seed: int, purpose: str, *keys: int) -> int:
    """A 63-bit seed for ``torch.manual_seed``, keyed like :func:`generator`."""
    return int(np.random.SeedSequence([seed, purpose_key(purpose), *keys]).generate_state(1, np.uint64)[0] >> 1)


@contextmanager
def torch_seeded(seed: int, purpose: str) -> Iterator[None]:
    """While weights are drawn on the CPU: torch draws by a key, and afterwards as if nothing had been drawn."""
    import torch

    with torch.random.fork_rng(devices=[]):
        torch.manual_seed(torch_seed(seed, purpose))
        yield


class Draws:
    """The draws for some rows of one global batch.

    Row draws are keyed by the row's position in the global batch, batch draws by the step alone: two ranks that hold
    one half each draw what one process that holds all of it would.

    Args:
        seed: the run's seed.
        step: the global step, counted from 0.
        purpose: what the draws are for ("masking view 0").
        positions: the positions of the rows at hand in the global batch.
        global_batch_size: the number of rows of the global batch.
    """

    def __init__(self, seed: int, step: int, purpose: str, positions: Sequence[int], global_batch_size: int) -> None:
        self.positions = np.asarray(positions, dtype=np.int64)
        self.global_batch_size = global_batch_size
        self.step = step
        self._seed, self._purpose = seed, purpose
        self.batch = generator(seed, purpose, step)
        # Position 0 must not share a key with the batch draws.
        self.rows = [generator(seed, purpose, step, 1 + int(position)) for position in self.positions]

    def __len__(self) -> int:
        return len(self.rows)

    def part(self, name: str) -> "Draws":
        """Draws of their own for one part of the work, however many numbers the other parts take."""
        return Draws(self._seed, self.step, f"{self._purpose} {name}", self.positions.tolist(), self.global_batch_size)

    def uniform(self, *shape: int) -> np.ndarray:
        """Uniform numbers in [0, 1), float32 ``[B, *shape]``."""
        out = np.zeros((len(self.rows), *shape), dtype=np.float32)
        for row, rng in enumerate(self.rows):
            out[row] = rng.random(shape, dtype=np.float32)
        return out

    def integers(self, low: np.ndarray | int, high: np.ndarray | int) -> np.ndarray:
        """One integer per row in [low, high], both inclusive, int64 ``[B]``; the bounds may differ by row."""
        low, high = (np.broadcast_to(np.asarray(bound, dtype=np.int64), len(self.rows)) for bound in (low, high))
        span = high - low + 1
        return low + np.minimum((self.uniform() * span).astype(np.int64), span - 1)

    def order_in_batch(self) -> np.ndarray:
        """The place of each row in one random order of the whole global batch, int64 ``[B]``."""
        return self.batch.permutation(self.global_batch_size)[self.positions]
