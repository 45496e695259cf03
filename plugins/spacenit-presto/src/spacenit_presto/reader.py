"""From samples in stored units to what the network takes, by Presto's own normalisation."""

from collections.abc import Sequence

import numpy as np
import torch
from attrs import frozen
from torch import Tensor

from spacenit_core.errors import UserError
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.samples.stacked import check_units, stack_bands, stack_months, window_cells
from spacenit_presto.bands import GROUPS, LONGEST_SERIES, SCALING, SENSORS
from spacenit_presto.inputs import PrestoInputs


@frozen(kw_only=True)
class SampleReader:
    """Reads samples.

    Attributes:
        inputs: what the samples hold, all of it taken by Presto.
        location: whether it is told where the samples lie.
    """

    inputs: ModelInputs
    location: bool

    def __call__(self, samples: Sequence[SampleWindow]) -> tuple[PrestoInputs, tuple[int, int]]:
        """The series of all pixels, sample after sample and row after row, and height and width of a sample.

        Raises:
            UserError: where windows differ in size, series are too long, or values cannot be in the units that Presto
                takes.
        """
        height, width = window_cells(samples, self.inputs.sensors)
        months = stack_months(samples)
        if months.shape[1] > LONGEST_SERIES:
            raise UserError(f"presto takes series of at most {LONGEST_SERIES} dates, not {months.shape[1]}")
        values, seen = {}, {}
        for spec in self.inputs.sensors:
            units, groups = SENSORS[spec.name]
            stacked = stack_bands(samples, spec, height, width)
            check_units(stacked, units, "presto")
            offered = {band for group in spec.token_groups for band in group}
            for name in groups:
                if offered.issuperset(GROUPS[name]):
                    given, known = stacked.take(GROUPS[name])
                    plus, over = SCALING[units]
                    values[name] = _series(np.where(known, (given + plus) / over, 0).astype(np.float32))
                    seen[name] = _series(known).all(dim=2)
            if offered.issuperset(("B04", "B08")):
                given, known = stacked.normalized_difference("B08", "B04")
                values["NDVI"], seen["NDVI"] = _series(given), _series(known).all(dim=2)
        pixels = height * width
        latlon = np.stack([sample.latlon for sample in samples]).astype(np.float32)
        latlon = latlon if self.location else np.full_like(latlon, np.nan)
        inputs = PrestoInputs(
            values=values,
            seen=seen,
            months=torch.from_numpy(months).repeat_interleave(pixels, dim=0),
            latlon=torch.from_numpy(latlon).repeat_interleave(pixels, dim=0),
        )
        return inputs, (height, width)


def _series(values: np.ndarray) -> Tensor:
    """From ``[B, H, W, T, C]`` to ``[B * H * W, T, C]``."""
    return torch.from_numpy(values).flatten(0, 2)
