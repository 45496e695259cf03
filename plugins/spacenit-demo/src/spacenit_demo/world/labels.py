"""Labelled pixels, as a survey collects them: a few per class and tile, inside of parcels rather than on borders."""

import numpy as np

from spacenit_core.rng import generator
from spacenit_demo.world.land_cover import CLASSES

PER_CLASS = 4
"""Labelled pixels of one class in one tile, where the tile has them."""


def sample_points(seed: int, landscape: int, truth: np.ndarray, tile_size: int) -> np.ndarray:
    """Choose the pixels whose label is known.

    Args:
        seed: the world's seed.
        landscape: the landscape's number.
        truth: uint8 ``[H, W]``, the label of every pixel.
        tile_size: cells along one side of a tile; each tile is surveyed on its own.

    Returns:
        uint8 ``[H, W]``: the label where it is known, 0 elsewhere.
    """
    rng = generator(seed, "demo labels", landscape)
    points, inside = np.zeros_like(truth), _away_from_borders(truth)
    for top in range(0, truth.shape[0], tile_size):
        for left in range(0, truth.shape[1], tile_size):
            tile = slice(top, top + tile_size), slice(left, left + tile_size)
            for kind in CLASSES:
                candidates = np.flatnonzero((truth[tile] == kind.code) & inside[tile])
                chosen = rng.permutation(candidates)[:PER_CLASS]
                rows, columns = np.unravel_index(chosen, truth[tile].shape)
                points[tile][rows, columns] = kind.code
    return points


def _away_from_borders(truth: np.ndarray) -> np.ndarray:
    """Whether a pixel and its eight neighbours are one class; the outermost pixels are not."""
    inside = np.zeros(truth.shape, dtype=bool)
    middle = truth[1:-1, 1:-1]
    height, width = truth.shape
    around = [truth[1 + r : height - 1 + r, 1 + c : width - 1 + c] for r in (-1, 0, 1) for c in (-1, 0, 1)]
    inside[1:-1, 1:-1] = np.all([near == middle for near in around], axis=0)
    return inside
