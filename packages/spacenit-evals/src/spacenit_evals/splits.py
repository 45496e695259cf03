"""Splits by place: training and test points in different blocks of ground."""

import numpy as np

from spacenit_core.errors import UserError
from spacenit_core.rng import generator

_TRIES = 200


def spatial_blocks(x: np.ndarray, y: np.ndarray, region: np.ndarray, metres: float) -> np.ndarray:
    """The square of ground that each point lies in.

    Args:
        x: float ``[n]``, eastings in metres.
        y: float ``[n]``, northings in metres.
        region: int ``[n]``; points of different regions (coordinate systems) never share a block.
        metres: side of a block.

    Returns:
        int64 ``[n, 3]``: region, column and row of the block.
    """
    return np.stack([region, np.floor(x / metres), np.floor(y / metres)], axis=1).astype(np.int64)


def numbered(blocks: np.ndarray) -> np.ndarray:
    """Number blocks from 0, from int ``[n, 3]`` to int64 ``[n]``."""
    return np.unique(blocks, axis=0, return_inverse=True)[1].reshape(-1).astype(np.int64)


def split_blocks(blocks: np.ndarray, labels: np.ndarray, train_share: float, seed: int) -> np.ndarray:
    """Draw the training blocks.

    Args:
        blocks: int ``[n]``, the number of each point's block.
        labels: int ``[n]``; a split that leaves out a class on either side is drawn again.
        train_share: share of the blocks to train on.
        seed: of the draw.

    Returns:
        bool ``[n]``: whether a point is for training.

    Raises:
        UserError: if no split has every class on both sides.
    """
    numbers = np.unique(blocks)
    wanted = round(train_share * len(numbers))
    classes = np.unique(labels)
    if 1 <= wanted < len(numbers):
        for attempt in range(_TRIES):
            chosen = generator(seed, "block split", attempt).permutation(numbers)[:wanted]
            train = np.isin(blocks, chosen)
            if all(np.array_equal(np.unique(labels[side]), classes) for side in (train, ~train)):
                return train
    raise UserError(
        f"{len(numbers)} blocks cannot be split so that all {len(classes)} classes are on both sides",
        "use smaller blocks (--block), another share (--train-share) or more labels",
    )


def fold_blocks(blocks: np.ndarray, labels: np.ndarray, folds: int, seed: int) -> np.ndarray:
    """Deal the blocks into folds, each of which is tested by what was trained on the others.

    Args:
        blocks: int ``[n]``, the number of each point's block.
        labels: int ``[n]``; folds whose training part would lack a class are drawn again.
        folds: how many.
        seed: of the draw.

    Returns:
        int ``[n]``: the fold of each point, from 0.

    Raises:
        UserError: if no draw leaves every class in every training part.
    """
    numbers, place = np.unique(blocks, return_inverse=True)
    if len(numbers) >= folds:
        for attempt in range(_TRIES):
            order = generator(seed, "block folds", attempt).permutation(len(numbers))
            fold = (order % folds)[place.reshape(-1)]
            if all(len(np.unique(labels[fold != number])) == len(np.unique(labels)) for number in range(folds)):
                return fold
    raise UserError(
        f"{len(numbers)} blocks cannot be dealt into {folds} folds that each leave all classes to train on",
        "use smaller blocks (--block), fewer folds (--folds) or more labels",
    )


def touches(
    x: np.ndarray, y: np.ndarray, region: np.ndarray, metres: float, reach: float, used: np.ndarray
) -> np.ndarray:
    """Which windows reach into one of some blocks.

    Args:
        x: float ``[n]``, eastings of the windows' middles in metres.
        y: float ``[n]``, northings of the windows' middles in metres.
        region: int ``[n]``, as in `spatial_blocks`.
        metres: side of a block.
        reach: half of a window's side in metres; at most half of a block's.
        used: int ``[m, 3]``, the blocks.

    Returns:
        bool ``[n]``.
    """
    # A window that ends on a border does not reach across it.
    reach = reach * (1.0 - 1e-6)
    blocks = set(map(tuple, used.tolist()))
    corners = [spatial_blocks(x + dx, y + dy, region, metres) for dx in (-reach, reach) for dy in (-reach, reach)]
    of_each = np.stack(corners, axis=1).tolist()
    return np.array([any(tuple(block) in blocks for block in four) for four in of_each], dtype=bool)
