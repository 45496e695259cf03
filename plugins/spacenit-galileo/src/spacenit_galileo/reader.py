"""From samples in stored units to what the network takes, by Galileo's own normalisation."""

from collections.abc import Sequence

import numpy as np
import torch
from attrs import frozen
from torch import Tensor

from spacenit_core.errors import UserError
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.samples.stacked import check_units, stack_bands, stack_months, window_cells
from spacenit_galileo.bands import GROUPS, LONGEST_SERIES, SENSORS, STATISTICS
from spacenit_galileo.inputs import GalileoInputs

_BANDS = {group.name: group.bands for groups in GROUPS.values() for group in groups}


@frozen(kw_only=True)
class SampleReader:
    """Reads samples.

    Attributes:
        inputs: what the samples hold, all of it taken by Galileo.
        patch_size: cells along one side of a patch.
        ndvi: whether the index is made of red and infrared.
    """

    inputs: ModelInputs
    patch_size: int
    ndvi: bool

    def __call__(self, samples: Sequence[SampleWindow]) -> GalileoInputs:
        """B samples of one size, normalised; a group of bands that no sample has is left out.

        Raises:
            UserError: where windows cannot be cut into patches, series are too long, or values cannot be in the units
                that Galileo takes.
        """
        height, width = window_cells(samples, self.inputs.sensors)
        patch = min(self.patch_size, height, width)
        if height % patch or width % patch:
            raise UserError(
                f"windows of {height} x {width} cells cannot be cut into patches of {patch}",
                "choose a patch size that divides both sides, or other windows",
            )
        months = stack_months(samples)
        if months.shape[1] > LONGEST_SERIES:
            raise UserError(f"galileo takes series of at most {LONGEST_SERIES} dates, not {months.shape[1]}")
        values, seen = {}, {}
        for spec in self.inputs.sensors:
            units, groups = SENSORS[spec.name]
            stacked = stack_bands(samples, spec, height, width)
            check_units(stacked, units, "galileo")
            offered = {band for group in spec.token_groups for band in group}
            for name in groups:
                if offered.issuperset(_BANDS[name]):
                    given, known = stacked.take(_BANDS[name])
                    values[name], seen[name] = normalised(given, known, _BANDS[name]), whole_patches(known, patch)
            if self.ndvi and offered.issuperset(("B04", "B08")):
                given, known = stacked.normalized_difference("B08", "B04")
                values["NDVI"], seen["NDVI"] = torch.from_numpy(given), whole_patches(known, patch)
        kept = [name for name in values if bool(seen[name].any())] or list(values)[:1]
        return GalileoInputs(
            values={name: values[name] for name in kept},
            seen={name: seen[name] for name in kept},
            months=torch.from_numpy(months),
            patch_size=patch,
            gsd=self.inputs.sensors.grid_gsd,
        )


def tokens_per_sample(inputs: GalileoInputs) -> int:
    """Tokens that one sample has at most."""
    return sum(seen[0].numel() for seen in inputs.seen.values())


def normalised(values: np.ndarray, known: np.ndarray, bands: Sequence[str]) -> Tensor:
    """0 at two standard deviations below the mean, 1 at two above, float32; 0 where unknown."""
    mean, deviation = np.array([STATISTICS[band] for band in bands]).T
    scaled = (values - (mean - 2 * deviation)) / (4 * deviation)
    return torch.from_numpy(np.where(known, scaled, 0).astype(np.float32))


def whole_patches(known: np.ndarray, patch: int) -> Tensor:
    """Which patches are known in every pixel and band, bool ``[B, h, w, T]`` from ``[B, H, W, T, C]``."""
    batch, height, width, dates, _ = known.shape
    cut = known.reshape(batch, height // patch, patch, width // patch, patch, dates, -1)
    return torch.from_numpy(cut.all(axis=(2, 4, 6)))
