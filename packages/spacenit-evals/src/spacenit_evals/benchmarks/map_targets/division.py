"""Which samples of a set a map probe is trained and tested on."""

import numpy as np

from spacenit_core.errors import UserError
from spacenit_core.rng import generator
from spacenit_evals.benchmarks.dense.source import TEST, TRAIN, UNUSED, VALIDATION
from spacenit_evals.benchmarks.map_targets.config import MapTarget

DEGREES = 5.0
_SIDES = (TRAIN, VALIDATION, TEST)
_SHARES = (0.8, 0.1)
"""Of the squares."""


def squares(latlon: np.ndarray) -> np.ndarray:
    """The square of 5 degrees that each place (degrees ``[n, 2]``) lies in, int ``[n]``; -1 where it is not known."""
    places = np.floor(latlon / DEGREES)
    known = np.isfinite(places).all(axis=1)
    out = np.full(len(latlon), -1, dtype=np.int64)
    out[known] = np.unique(places[known], axis=0, return_inverse=True)[1].reshape(-1)
    return out


def divide(config: MapTarget, square: np.ndarray) -> np.ndarray:
    """The side of each sample, int ``[n]``; UNUSED for those that are too many.

    Args:
        config: settings.
        square: of each sample.

    Raises:
        UserError: where there are too few samples or squares.
    """
    rng = generator(config.seed, f"map target, {config.split}")
    most = np.array([config.train_samples, config.validation_samples, config.test_samples])
    if config.split == "random":
        return _dealt(rng.permutation(len(square)), most)
    own = np.unique(square)
    if -1 in own:
        raise UserError(f"{(square == -1).sum()} samples do not say where they lie", "choose --benchmark.split=random")
    if len(own) < len(_SIDES):
        raise UserError(f"the samples lie in {len(own)} squares of 5 degrees", "choose --benchmark.split=random")
    train = min(round(len(own) * _SHARES[0]), len(own) - 2)
    validation = max(1, min(round(len(own) * _SHARES[1]), len(own) - train - 1))
    parts = np.split(rng.permutation(own), [train, train + validation])
    sides = np.full(len(square), UNUSED, dtype=np.int64)
    for side, part, count in zip(_SIDES, parts, most, strict=True):
        inside = np.flatnonzero(np.isin(square, part))
        sides[rng.permutation(inside)[:count]] = side
    return sides


def _dealt(order: np.ndarray, most: np.ndarray) -> np.ndarray:
    """Samples one after the other to the sides; where they are too few, in the same shares."""
    count = len(order)
    if count < len(_SIDES):
        raise UserError(f"{count} samples cannot be divided into train, validation and test", "use a larger set")
    if count < most.sum():
        most = np.maximum(1, most * count // most.sum())
        most[-1] = count - most[:-1].sum()
    sides = np.full(count, UNUSED, dtype=np.int64)
    for side, part in zip(_SIDES, np.split(order, np.cumsum(most))[:-1], strict=True):
        sides[part] = side
    return sides
