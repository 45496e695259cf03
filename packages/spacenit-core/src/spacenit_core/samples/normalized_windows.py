"""Windows between reading and masking, in numpy."""

import numpy as np
from attrs import define

from spacenit_core.samples.layout import TokenLayout


@define(kw_only=True)
class NormalizedWindows:
    """B windows of one size, normalised, not yet masked.

    Attributes:
        pixels: sensor name -> float32 ``[B, H*k, W*k, T, C]`` (grid), ``[B, T, C]`` (time only) or ``[B, C]``; missing
            pixels are 0.
        missing: bool ``[B, N]``, tokens that are not there.
        layout: where the N tokens come from.
        timestamps: int64 ``[B, T, 3]``: day 1-31, month 0-11, year.
    """

    pixels: dict[str, np.ndarray]
    missing: np.ndarray
    layout: TokenLayout
    timestamps: np.ndarray

    def __len__(self) -> int:
        return len(self.missing)

    def rows(self, chosen: np.ndarray) -> "NormalizedWindows":
        """Copies of some windows, by bool ``[B]`` or by their numbers."""
        pixels = {name: values[chosen] for name, values in self.pixels.items()}
        return NormalizedWindows(
            pixels=pixels, missing=self.missing[chosen], layout=self.layout, timestamps=self.timestamps[chosen]
        )
