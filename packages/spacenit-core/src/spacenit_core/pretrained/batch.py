"""From a sample as people hold it to the batch that an encoder takes."""

import logging
from functools import lru_cache
from numbers import Integral

import numpy as np
import torch
from torch import Tensor

from spacenit_core.errors import UserError
from spacenit_core.pretrained.plausible import check_values
from spacenit_core.pretrained.sample import GeoSample
from spacenit_core.samples.batch import Batch
from spacenit_core.samples.layout import SensorBlock, TokenLayout
from spacenit_core.samples.normalization import affine, missing_tokens, normalize
from spacenit_core.samples.visibility import ENCODE, MISSING
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.spec import NODATA, SensorSpec
from spacenit_core.text import did_you_mean

log = logging.getLogger(__name__)


def as_batch(sample: GeoSample, sensors: SensorSet, patch_size: int) -> Batch:
    """Check a sample against a model's sensors, normalise it and find the missing tokens.

    Args:
        sample: B windows.
        sensors: the sensors of the model; the sample may hold any of them.
        patch_size: cells along one side of a patch.

    Returns:
        A batch of one view, whose layout holds the sensors of the sample.

    Raises:
        UserError: for a sensor that the model does not know, shapes that do not fit together or into patches, values
            that cannot be what is claimed, and a sample of which nothing is left to encode.
    """
    if isinstance(patch_size, bool) or not isinstance(patch_size, Integral) or patch_size < 1:
        raise UserError(f"patch_size must be a whole number of cells, at least 1, not {patch_size!r}")
    patch_size = int(patch_size)
    chosen = _chosen(sample, sensors)
    steps = sample.timestamps.shape[1]
    height, width = _window(sample, chosen, steps)
    if height % patch_size or width % patch_size:
        raise UserError(
            f"windows of {height} x {width} cells cannot be cut into patches of {patch_size}",
            "choose a patch size that divides both sides, or other windows",
        )
    layout = TokenLayout.of(
        chosen, rows=height // patch_size, columns=width // patch_size, timesteps=steps, patch_size=patch_size
    )
    pixels, visible = {}, []
    for block in layout.blocks:
        pixels[block.sensor.name], missing = _normalized(sample, block)
        visible.append(_visibility(sample, block, missing).flatten(1))
    visibility = torch.cat(visible, dim=1)
    if not bool((visibility == ENCODE).any()):
        raise UserError(
            "there is nothing to encode: every token is missing or kept from the encoder",
            "give pixels that are not all NaN or -99999, and 0 in the visibility of what is to be encoded",
        )
    return Batch(
        pixels=pixels,
        timestamps=sample.timestamps,
        layout=layout,
        visibility=visibility[None],
        grid_gsd=sensors.grid_gsd if sample.grid_gsd is None else float(sample.grid_gsd),
    )


def _chosen(sample: GeoSample, sensors: SensorSet) -> SensorSet:
    for name in sample.bands:
        if name not in sensors:
            question = did_you_mean(name, sensors.names)
            known = f"it takes {', '.join(sensors.names)}"
            raise UserError(f"the model was not made for sensor {name!r}", question or known)
    return SensorSet(tuple(spec for spec in sensors if spec.name in sample.bands))


def _window(sample: GeoSample, sensors: SensorSet, steps: int) -> tuple[int, int]:
    """Cells along the height and the width of the window, which all sensors agree upon."""
    found: dict[tuple[int, int], str] = {}
    for spec in sensors:
        shape = tuple(sample.bands[spec.name].shape[1:])
        height, width = _cells(shape, spec)
        if shape != spec.shape(height, width, steps) or 0 in shape:
            given = ", ".join(map(str, ("B", *shape)))
            raise UserError(
                f"pixels of {spec.name} have the shape [{given}], not {_expected(spec, steps)}",
                f"its {len(spec.bands)} bands are {', '.join(spec.bands)}; timestamps are of {steps} steps",
            )
        if spec.spatial:
            found.setdefault((height, width), spec.name)
    if len(found) > 1:
        listed = ", ".join(f"{name}: {height} x {width}" for (height, width), name in found.items())
        raise UserError(f"the sensors' windows differ in size, in cells of {sensors.grid_gsd:g} m: {listed}")
    return next(iter(found), (1, 1))


def _cells(shape: tuple[int, ...], spec: SensorSpec) -> tuple[int, int]:
    if not spec.spatial or len(shape) != 4:
        return 1, 1
    return shape[0] // spec.pixels_per_cell, shape[1] // spec.pixels_per_cell


def _expected(spec: SensorSpec, steps: int) -> str:
    side = f"*{spec.pixels_per_cell}" if spec.pixels_per_cell > 1 else ""
    space = [f"H{side}", f"W{side}"] if spec.spatial else []
    return f"[{', '.join(['B', *space, *map(str, spec.shape(1, 1, steps)[len(space) :])])}]"


def _normalized(sample: GeoSample, block: SensorBlock) -> tuple[Tensor, Tensor]:
    """A sensor's normalised pixels, float32 with 0 where missing, and its missing tokens, bool [B, h, w, T, groups]."""
    spec = block.sensor
    given = sample.bands[spec.name]
    values = given.double()
    present = ~(values.isnan() | (values == _missing_number(given.dtype)))
    if not sample.normalized:
        present &= ~_zeros(values, spec)
    largest = 255.0 if given.dtype == torch.uint8 else None
    check_values(values, present, spec, normalized=sample.normalized, largest=largest)
    missing = ~present
    if sample.normalized:
        return values.masked_fill(missing, 0.0).float(), missing_tokens(missing, block)
    if spec.normalization is None:
        raise UserError(f"sensor {spec.name} has no statistics", "normalise it and say normalized=True")
    scale, offset = (torch.from_numpy(part).to(values.device) for part in affine(spec.normalization, np.float64))
    return normalize(values, scale, offset, missing).float(), missing_tokens(missing, block)


def _missing_number(dtype: torch.dtype) -> float:
    """What becomes of -99999 in a type: bfloat16 holds -99840 for it, float16 no finite number."""
    return torch.tensor(NODATA).to(dtype).item() if dtype.is_floating_point else NODATA


def _zeros(values: Tensor, spec: SensorSpec) -> Tensor:
    """Pixels that lie outside of the image, because they are 0 in all bands: bool, like the values."""
    outside = (values == 0).all(dim=-1, keepdim=True) & spec.zeros_are_missing
    if bool(outside.any()):
        _say_zeros(spec.name)
    return outside


@lru_cache(maxsize=64)
def _say_zeros(name: str) -> None:
    log.warning("%s: pixels of 0 in all bands lie outside of its images, and count as missing", name)


def _visibility(sample: GeoSample, block: SensorBlock, missing: Tensor) -> Tensor:
    name = block.sensor.name
    given = (sample.visibility or {}).get(name)
    if given is None:
        given = torch.full(missing.shape, ENCODE, dtype=torch.uint8, device=missing.device)
    if given.shape != missing.shape:
        raise UserError(
            f"visibility of {name} has the shape {list(given.shape)}, not {list(missing.shape)}",
            "it is [B, rows of patches, columns of patches, T, band groups]",
        )
    numbers = not given.is_floating_point() and given.dtype != torch.bool
    if not numbers or bool((given < ENCODE).any()) or bool((given > MISSING).any()):
        raise UserError(
            f"visibility of {name} holds values that mean nothing", "0 encode, 1 target only, 2 decode, 3 missing"
        )
    return torch.where(missing, MISSING, given.to(missing.device)).to(torch.uint8)
