"""Applying augmentations to the rows of a global batch that one rank holds."""

from collections.abc import Mapping

import numpy as np
from attrs import frozen

from spacenit_core.contracts.build import build
from spacenit_core.kinds.transforms import Transform, TransformConfig
from spacenit_core.rng import Draws
from spacenit_core.samples.normalized_windows import NormalizedWindows


@frozen
class Augmentation:
    """Transforms by name, in order.

    Attributes:
        transforms: the transforms; each draws by its name, so that two of a kind draw different numbers.
        pairs: whether one of them needs the neighbours of rows.
    """

    transforms: tuple[tuple[str, Transform], ...]
    pairs: bool

    @classmethod
    def of(cls, configs: Mapping[str, TransformConfig]) -> "Augmentation":
        """Build the transforms of a loader's settings."""
        return cls(
            tuple((name, build(config)) for name, config in configs.items()),
            any(config.pairs for config in configs.values()),
        )

    def needed(self, positions: np.ndarray, global_batch_size: int) -> np.ndarray:
        """The rows to read for some rows, int64, sorted: their neighbours may be another rank's.

        Args:
            positions: sorted rows of the global batch, ``[B]``.
            global_batch_size: rows of the global batch.
        """
        if not self.pairs:
            return positions
        wanted = np.union1d(positions, positions ^ 1)
        return wanted[wanted < global_batch_size]

    def __call__(
        self, windows: NormalizedWindows, seed: int, step: int, positions: np.ndarray, global_batch_size: int
    ) -> tuple[NormalizedWindows, np.ndarray]:
        """Change the windows of the rows that :meth:`needed` named.

        Args:
            windows: of those rows; changed in place.
            seed: the loader's seed.
            step: the global step.
            positions: the rows that are wanted, ``[B]``.
            global_batch_size: rows of the global batch.

        Returns:
            The B wanted windows, and where they were among the needed, int64 ``[B]``.
        """
        rows = self.needed(positions, global_batch_size)
        for name, transform in self.transforms:
            transform(windows, Draws(seed, step, f"transform {name}", rows.tolist(), global_batch_size))
        own = np.searchsorted(rows, positions)
        return (windows if len(own) == len(rows) else windows.rows(own)), own
