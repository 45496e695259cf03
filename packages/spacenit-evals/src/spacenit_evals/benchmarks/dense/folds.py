"""Folds of ground for sets whose publisher divides nothing."""

import numpy as np

from spacenit_core.errors import UserError
from spacenit_core.kinds.benchmarks import Draw, Split
from spacenit_core.rng import generator
from spacenit_evals.benchmarks.grouped_folds import dealt

_TRIES = 200


def folds_of_groups(groups: np.ndarray, classes: np.ndarray, *, folds: int, draws: int, seed: int) -> tuple[Draw, ...]:
    """Deal groups into folds that are tested in turn.

    Args:
        groups: int ``[n]``.
        classes: bool ``[n, K]``: which classes each sample holds; a deal whose training part lacks one that the set has
            is dealt again.
        folds: how many.
        draws: how many deals.
        seed: of the deals.

    Raises:
        UserError: where no deal leaves every class to train on.
    """
    held = classes[:, classes.any(axis=0)]
    found: list[Draw] = []
    for attempt in range(_TRIES):
        fold = dealt(groups, folds, generator(seed, "folds of groups", attempt))
        splits = tuple(Split(fold != number, fold == number) for number in range(folds))
        if all(split.test.any() and held[split.train].any(axis=0).all() for split in splits):
            found.append(splits)
        if len(found) == draws:
            return tuple(found)
    raise UserError(
        f"{len(np.unique(groups))} groups cannot be dealt into {folds} folds that each leave all {held.shape[1]} "
        f"classes to train on, {draws} times",
        "choose fewer folds: --benchmark.folds=N",
    )
