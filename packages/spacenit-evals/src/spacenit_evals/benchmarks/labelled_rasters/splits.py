"""Splits by place: no ground lies both in a window to train on and in one to test on."""

from collections.abc import Callable
from functools import partial

import numpy as np
from attrs import frozen

from spacenit_core.errors import UserError
from spacenit_core.kinds.benchmarks import Split
from spacenit_core.rng import generator
from spacenit_evals.benchmarks.labelled_rasters.ground import Squares

_TRIES = 200

_THINGS = ("block", "train_share", "folds")
"""What hints name."""

Ground = Callable[[], Squares]
"""Makes the squares of what windows may share; only asked where they are needed."""

_Deal = Callable[[int], tuple[np.ndarray, ...]]
"""From the number of an attempt to the training points of each split, bool ``[n]``."""


@frozen(eq=False)
class BlockSplit(Split):
    """One division of n points by blocks of ground; some are on neither side.

    Attributes:
        spared: whether training windows that reach into test squares stayed, because a class would have had none.
    """

    spared: bool = False


def apart(squares: Squares, train: np.ndarray) -> BlockSplit:
    """Divide points by the squares that they lie in, and leave out the windows that reach across.

    Windows of training squares that reach into a test square go, and test windows that reach into any square that one
    of the remaining training windows reaches into.

    Args:
        squares: where the points and their windows lie.
        train: bool ``[n]``: whether a point lies in a training square.
    """
    kept = train & ~squares.reaching(squares.holding(~train))
    return BlockSplit(kept, ~train & ~squares.reaching(squares.reached(kept)))


def spared(ground: Squares, train: np.ndarray) -> BlockSplit:
    """Divide points, and leave out test windows alone: those that share ground with a training window.

    Args:
        ground: where the points and their windows lie, in squares no larger than a window.
        train: bool ``[n]``: whether a point lies in a training square.
    """
    return BlockSplit(train, ~train & ~ground.reaching(ground.reached(train)), spared=True)


def draw_splits(
    squares: Squares, labels: np.ndarray, train_share: float, seed: int, draws: int, ground: Ground | None = None
) -> tuple[BlockSplit, ...]:
    """Draw the training squares, several times.

    Args:
        squares: where the points and their windows lie.
        labels: int ``[n]``; a split that leaves out a class on either side is drawn again.
        train_share: share of the squares to train on.
        seed: of the draws.
        draws: how many different splits to find at most; where few blocks allow fewer, there are fewer.
        ground: the same points and windows in squares no larger than a window. Where leaving out what reaches across
            would leave a class without training points in every draw, test windows alone are left out, by these.

    Raises:
        UserError: if no split has every class on both sides.
    """
    numbers = np.unique(squares.own)
    wanted = round(train_share * len(numbers)) if 0 < train_share < 1 else 0

    def deal(attempt: int) -> tuple[np.ndarray, ...]:
        chosen = generator(seed, "block split", attempt).permutation(numbers)[:wanted]
        return (np.isin(squares.own, chosen),)

    what = f"{len(numbers)} blocks cannot be split so that all {len(np.unique(labels))} classes are on both sides"
    hint = "use smaller blocks{block}, another share{train_share} or more labels"
    if not 1 <= wanted < len(numbers):
        raise UserError(what, hint, things=_THINGS)
    return tuple(split for (split,) in _found(deal, labels, draws, squares, ground, what, hint))


def draw_folds(
    squares: Squares, labels: np.ndarray, folds: int, seed: int, draws: int, ground: Ground | None = None
) -> tuple[tuple[BlockSplit, ...], ...]:
    """Deal the squares into folds, each of which is tested by what is trained on the others, several times.

    Args:
        squares: where the points and their windows lie.
        labels: int ``[n]``; folds whose training part would lack a class are drawn again.
        folds: how many.
        seed: of the draws.
        draws: how many different deals to find at most; where few blocks allow fewer, there are fewer.
        ground: as in `draw_splits`.

    Raises:
        UserError: if no draw leaves every class in every training part, and in what is tested.
    """
    numbers, square = np.unique(squares.own, return_inverse=True)

    def deal(attempt: int) -> tuple[np.ndarray, ...]:
        order = generator(seed, "block folds", attempt).permutation(len(numbers))
        fold = (order % folds)[square.reshape(-1)]
        return tuple(fold != number for number in range(folds))

    what = f"{len(numbers)} blocks cannot be dealt into {folds} folds that each leave all classes to train on"
    hint = "use smaller blocks{block}, fewer folds{folds} or more labels"
    if len(numbers) < folds:
        raise UserError(what, hint, things=_THINGS)
    return _found(deal, labels, draws, squares, ground, what, hint)


def _found(
    deal: _Deal, labels: np.ndarray, draws: int, squares: Squares, ground: Ground | None, what: str, hint: str
) -> tuple[tuple[BlockSplit, ...], ...]:
    """Different deals with every class on every side, by the first rule that gives any."""
    found, divisible = _search(deal, labels, draws, partial(apart, squares))
    if not divisible:
        raise UserError(what, hint, things=_THINGS)
    if not found and ground is not None:
        found, _ = _search(deal, labels, draws, partial(spared, ground()))
    if found:
        return found
    raise UserError(
        f"{what} once the windows that reach across are left out",
        "choose smaller windows{window}, other blocks{block} or another seed{seed}",
        things=("window", "block", "seed"),
    )


def _search(
    deal: _Deal, labels: np.ndarray, draws: int, divide: Callable[[np.ndarray], BlockSplit]
) -> tuple[tuple[tuple[BlockSplit, ...], ...], bool]:
    """The deals, and whether there would be any if no window reached across."""
    found: dict[bytes, tuple[BlockSplit, ...]] = {}
    divisible = False
    for attempt in range(_TRIES):
        trains = deal(attempt)
        if not _whole(labels, ~np.all(trains, axis=0), *trains):
            continue
        divisible = True
        splits = tuple(divide(train) for train in trains)
        if _whole(labels, np.any([split.test for split in splits], axis=0), *(split.train for split in splits)):
            found.setdefault(np.packbits(trains).tobytes(), splits)
        if len(found) == draws:
            break
    return tuple(found.values()), divisible


def _whole(labels: np.ndarray, *sides: np.ndarray) -> bool:
    """Whether every class is on each side."""
    every = np.bincount(labels) > 0
    return all(np.array_equal(np.bincount(labels[side], minlength=len(every)) > 0, every) for side in sides)
