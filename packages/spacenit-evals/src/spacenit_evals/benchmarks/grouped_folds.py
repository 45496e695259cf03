"""Folds of whole groups, dealt several times."""

import numpy as np

from spacenit_core.errors import UserError
from spacenit_core.kinds.benchmarks import Draw, Split
from spacenit_core.rng import generator

_TRIES = 200


def grouped_folds(groups: np.ndarray, labels: np.ndarray, *, folds: int, draws: int, seed: int) -> tuple[Draw, ...]:
    """Deal groups into folds of about one size, each of which is tested by what is trained on the others.

    Args:
        groups: int ``[n]``.
        labels: int ``[n]``; a deal whose training part lacks a class is dealt again.
        folds: how many.
        draws: how many deals.
        seed: of the deals.

    Raises:
        UserError: where no deal leaves every class to train on.
    """
    classes = labels[:, None] == np.unique(labels)
    return folds_with_classes(groups, classes, folds=folds, draws=draws, seed=seed, purpose="grouped folds")


def folds_with_classes(
    groups: np.ndarray, classes: np.ndarray, *, folds: int, draws: int, seed: int, purpose: str = "folds of groups"
) -> tuple[Draw, ...]:
    """Deal groups likewise where a sample may hold several classes.

    Args:
        groups: int ``[n]``.
        classes: bool ``[n, K]``: which classes each sample holds; a deal whose training part lacks one that the set has
            is dealt again.
        folds: how many.
        draws: how many deals.
        seed: of the deals.
        purpose: keys the draws.

    Raises:
        UserError: where too few deals do.
    """
    held = classes[:, classes.any(axis=0)]
    found: list[Draw] = []
    for attempt in range(_TRIES):
        fold = dealt(groups, folds, generator(seed, purpose, attempt))
        splits = tuple(Split(fold != number, fold == number) for number in range(folds))
        if all(split.test.any() and held[split.train].any(axis=0).all() for split in splits):
            found.append(splits)
        if len(found) == draws:
            return tuple(found)
    raise UserError(
        f"{len(np.unique(groups))} groups cannot be dealt into {folds} folds that each leave all {held.shape[1]} "
        f"classes to train on, {draws} times",
        "choose smaller groups or fewer folds",
    )


def dealt(groups: np.ndarray, folds: int, rng: np.random.Generator) -> np.ndarray:
    """Deal groups in random order, each to the fold that has the fewest samples so far.

    Args:
        groups: int ``[n]``.
        folds: how many.
        rng: what orders the groups.

    Returns:
        int ``[n]``, the fold of each sample.
    """
    numbers, place, counts = np.unique(groups, return_inverse=True, return_counts=True)
    fold_of, sizes = np.zeros(len(numbers), dtype=np.int64), np.zeros(folds, dtype=np.int64)
    for group in rng.permutation(len(numbers)):
        fold_of[group] = sizes.argmin()
        sizes[fold_of[group]] += counts[group]
    return fold_of[place.reshape(-1)]
