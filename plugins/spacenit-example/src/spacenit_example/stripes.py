"""Masking `stripes`: whole rows or whole columns of patches are encoded, the others are predicted."""

import attrs
import numpy as np

from spacenit_core.config.fields import between, setting
from spacenit_core.kinds.masking import MaskingConfig, MaskingPolicy
from spacenit_core.rng import Draws
from spacenit_core.samples.layout import TokenLayout
from spacenit_core.samples.visibility import DECODE, ENCODE, MISSING


@attrs.frozen(kw_only=True)
class Stripes(MaskingConfig):
    """Settings of masking `stripes`."""

    encode_ratio: float = setting("share of the rows or columns that are encoded", 0.5, validator=between(0, 1))
    row_ratio: float = setting("share of the samples that are cut into rows, not columns", 0.5, validator=between(0, 1))

    def build(self) -> MaskingPolicy:
        """The policy is a method of its config: it has no state."""
        return self.mask

    def mask(self, layout: TokenLayout, missing: np.ndarray, draws: Draws) -> np.ndarray:
        """Decide for every token, uint8 ``[B, N]``.

        Only lines that hold data are chosen from: of n of them, ``encode_ratio * n`` (rounded, at least one and at most
        n - 1) are encoded at every date, in every sensor. A sample that has data in a single row is cut into columns
        and the other way round; one that has data in a single patch is encoded whole. So are sensors without a grid.
        """
        gridded = np.array([block.sensor.spatial for block in layout.blocks])[layout.sensor]
        empty = missing | ~gridded
        count = max(layout.rows, layout.columns)
        row_has_data = _lines_with_data(layout.row, count, empty)
        column_has_data = _lines_with_data(layout.column, count, empty)

        rows_wanted = draws.uniform() < self.row_ratio
        rows_possible, columns_possible = row_has_data.sum(axis=1) > 1, column_has_data.sum(axis=1) > 1
        in_rows = np.where(rows_wanted, rows_possible | ~columns_possible, ~columns_possible)[:, None]
        has_data = np.where(in_rows, row_has_data, column_has_data)

        lines = has_data.sum(axis=1, keepdims=True)
        wanted = np.clip(np.rint(self.encode_ratio * lines), 1, np.maximum(lines - 1, 1))
        # Uniform scores lie below 1, so that lines without data come last in the order.
        rank = np.where(has_data, draws.uniform(count), 1).argsort(axis=1).argsort(axis=1)
        line_of_token = np.where(in_rows, layout.row, layout.column)
        encoded = np.take_along_axis(rank < wanted, line_of_token, axis=1) | ~gridded
        return np.where(missing, np.uint8(MISSING), np.where(encoded, np.uint8(ENCODE), np.uint8(DECODE)))


def _lines_with_data(line: np.ndarray, count: int, empty: np.ndarray) -> np.ndarray:
    """Which of `count` rows (or columns) hold a token that is not empty, bool ``[B, count]``."""
    return np.stack([(~empty[:, line == number]).any(axis=1) for number in range(count)], axis=1)
