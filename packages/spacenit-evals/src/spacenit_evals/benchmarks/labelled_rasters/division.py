"""Blocks of labelled cells, and the splits that they are trained and tested in."""

from functools import partial

import numpy as np
from attrs import frozen

from spacenit_core.errors import UserError
from spacenit_evals.benchmarks.labelled_rasters.ground import squares_of
from spacenit_evals.benchmarks.labelled_rasters.splits import BlockSplit, draw_folds, draw_splits
from spacenit_evals.benchmarks.labelled_rasters.windows import WindowLocations
from spacenit_evals.labels import LabelledPoints

_MANY_SQUARES = 5_000_000


@frozen(kw_only=True)
class BlockRules:
    """How cells are split.

    Attributes:
        block: side of a block of ground in metres; training and test cells lie in different blocks.
        train_share: share of the blocks to train on, in one split.
        folds: instead of one split, parts of the blocks that are tested in turn; None for one split.
        draws: draws of the training blocks, or of the folds.
        seed: of the draws.
    """

    block: float
    train_share: float = 0.5
    folds: int | None = None
    draws: int = 5
    seed: int = 0


@frozen(kw_only=True, eq=False)
class Division:
    """The blocks and splits of n cells.

    Attributes:
        blocks: int ``[n]``, the block of each.
        draws: one per draw of the training blocks: one split, or one per fold; no draw tests a cell twice.
    """

    blocks: np.ndarray
    draws: tuple[tuple[BlockSplit, ...], ...]

    @property
    def splits(self) -> tuple[BlockSplit, ...]:
        """The splits of all draws."""
        return tuple(split for draw in self.draws for split in draw)

    @property
    def tested(self) -> np.ndarray:
        """Which cells are tested by any draw, bool ``[n]``."""
        return np.any([split.test for split in self.splits], axis=0)


def divide(points: LabelledPoints, windows: WindowLocations, rules: BlockRules) -> Division:
    """Split labelled cells by blocks; windows that reach from one side to the other are left out.

    Raises:
        UserError: if windows, blocks or folds do not fit each other or the labels, or less than two classes are left.
    """
    if len(points.codes) < 2:
        only = f"all of the class {points.codes[0]}" if points.codes else "none at all"
        raise UserError(
            f"of the labelled windows {len(points)} hold pixels, {only}",
            "check what the samples and sensors{sensors} hold where the labels lie",
            things=("sensors",),
        )
    side = windows.cells * float(points.locations.gsd[points.locations.of(points.sample)].max())
    if not side <= rules.block:
        raise UserError(
            f"windows of {windows.cells} cells ({side:g} m) are wider than blocks of {rules.block:g} m",
            "choose smaller windows{window} or larger blocks{block}",
            things=("window", "block"),
        )
    squares = squares_of(points, windows, rules.block)
    # As fine as the cells, where the windows are not too many for that.
    fine = side / windows.cells if len(points) * (windows.cells + 1) ** 2 <= _MANY_SQUARES else side
    ground = partial(squares_of, points, windows, fine)
    if rules.folds is None:
        splits = draw_splits(squares, points.label, rules.train_share, rules.seed, rules.draws, ground)
        draws: tuple[tuple[BlockSplit, ...], ...] = tuple((split,) for split in splits)
    else:
        draws = draw_folds(squares, points.label, rules.folds, rules.seed, rules.draws, ground)
    return Division(blocks=squares.own, draws=draws)
