"""Splits by place: no ground lies both in a window to train on and in one to test on."""

from collections.abc import Iterator

import numpy as np
from attrs import frozen

from spacenit_core.errors import UserError
from spacenit_core.rng import generator
from spacenit_evals.ground import Squares

_TRIES = 200


@frozen(eq=False)
class Split:
    """One division of n points; some are on neither side.

    Attributes:
        train: bool ``[n]``, points to train on.
        test: bool ``[n]``, points to test on.
    """

    train: np.ndarray
    test: np.ndarray


def apart(squares: Squares, train: np.ndarray) -> Split:
    """Divide points by the squares that they lie in, and leave out the windows that reach across.

    Windows of training squares that reach into a test square go, and test windows that reach into any square that one
    of the remaining training windows reaches into.

    Args:
        squares: where the points and their windows lie.
        train: bool ``[n]``: whether a point lies in a training square.
    """
    kept = train & ~squares.reaching(squares.holding(~train))
    return Split(kept, ~train & ~squares.reaching(squares.reached(kept)))


def draw_splits(squares: Squares, labels: np.ndarray, train_share: float, seed: int, draws: int) -> tuple[Split, ...]:
    """Draw the training squares, several times.

    Args:
        squares: where the points and their windows lie.
        labels: int ``[n]``; a split that leaves out a class on either side is drawn again.
        train_share: share of the squares to train on.
        seed: of the draws.
        draws: how many different splits to find at most; where few blocks allow fewer, there are fewer.

    Raises:
        UserError: if no split has every class on both sides.
    """
    numbers = np.unique(squares.own)
    wanted = round(train_share * len(numbers))
    divisible = False
    found: dict[bytes, Split] = {}
    for train in _drawn(numbers, squares, wanted, seed) if 1 <= wanted < len(numbers) else ():
        if not _whole(labels, train, ~train):
            continue
        divisible = True
        split = apart(squares, train)
        if _whole(labels, split.train, split.test):
            found.setdefault(train.tobytes(), split)
        if len(found) == draws:
            break
    if found:
        return tuple(found.values())
    what = f"{len(numbers)} blocks cannot be split so that all {len(np.unique(labels))} classes are on both sides"
    if divisible:
        raise UserError(
            f"{what} once the windows that reach from one side into the other are left out",
            "choose smaller windows (--window), other blocks (--block) or another --seed",
        )
    raise UserError(what, "use smaller blocks (--block), another share (--train-share) or more labels")


def _drawn(numbers: np.ndarray, squares: Squares, wanted: int, seed: int) -> Iterator[np.ndarray]:
    for attempt in range(_TRIES):
        chosen = generator(seed, "block split", attempt).permutation(numbers)[:wanted]
        yield np.isin(squares.own, chosen)


def draw_folds(
    squares: Squares, labels: np.ndarray, folds: int, seed: int, draws: int
) -> tuple[tuple[Split, ...], ...]:
    """Deal the squares into folds, each of which is tested by what is trained on the others, several times.

    Args:
        squares: where the points and their windows lie.
        labels: int ``[n]``; folds whose training part would lack a class are drawn again.
        folds: how many.
        seed: of the draws.
        draws: how many different deals to find at most; where few blocks allow fewer, there are fewer.

    Raises:
        UserError: if no draw leaves every class in every training part, and in what is tested.
    """
    numbers, place = np.unique(squares.own, return_inverse=True)
    divisible = False
    found: dict[bytes, tuple[Split, ...]] = {}
    for attempt in range(_TRIES if len(numbers) >= folds else 0):
        order = generator(seed, "block folds", attempt).permutation(len(numbers))
        fold = (order % folds)[place.reshape(-1)]
        if not _whole(labels, *(fold != number for number in range(folds))):
            continue
        divisible = True
        splits = tuple(apart(squares, fold != number) for number in range(folds))
        tested = np.any([split.test for split in splits], axis=0)
        if _whole(labels, tested, *(split.train for split in splits)):
            found.setdefault(fold.tobytes(), splits)
        if len(found) == draws:
            break
    if found:
        return tuple(found.values())
    what = f"{len(numbers)} blocks cannot be dealt into {folds} folds that each leave all classes to train on"
    if divisible:
        raise UserError(
            f"{what} once the windows that reach from one fold into another are left out",
            "choose smaller windows (--window), other blocks (--block) or another --seed",
        )
    raise UserError(what, "use smaller blocks (--block), fewer folds (--folds) or more labels")


def _whole(labels: np.ndarray, *sides: np.ndarray) -> bool:
    """Whether every class is on each side."""
    classes = len(np.unique(labels))
    return all(len(np.unique(labels[side])) == classes for side in sides)
