"""Conversion of raw tiles in this process, and what should come of it."""

from pathlib import Path

import numpy as np
from attrs import evolve

from spacenit_data.convert.conversion import run
from spacenit_data.convert.prepare import from_raw
from spacenit_data.convert.report import ConversionReport
from spacenit_data.convert.settings import ConvertSettings
from spacenit_data.convert.units import UnitSettings

PIXELS = {"naip_10": 1024}
# The numbers of the world that the tests convert are made up: no sensor has such units.
MADE_UP = UnitSettings(trust_units=True)
SMALL = ConvertSettings(sensors=("sentinel2_l2a", "worldcover"), tile_size=256, min_steps=9, units=MADE_UP)


def convert(root: Path, out: Path, settings: ConvertSettings) -> ConversionReport:
    """Convert in this process."""
    return run(from_raw(root, out, evolve(settings, units=MADE_UP)))


def content(folder: Path) -> dict[str, bytes]:
    """All files of a folder."""
    return {path.name: path.read_bytes() for path in sorted(folder.iterdir())}


def expected_array(sensor: str, groups: list[np.ndarray]) -> np.ndarray:
    """[side, side, T, C] by picking, for each output pixel, the pixel of the raster that covers it."""
    side, parts = PIXELS.get(sensor, 256), []
    for group in groups:
        pick = np.arange(side) * group.shape[-1] // side
        parts.append(group[:, :, pick][:, :, :, pick])
    whole = np.moveaxis(np.concatenate(parts, axis=1), (0, 1), (2, 3))
    return 10 * np.log10(np.maximum(whole, 1e-10)) if sensor == "sentinel1" else whole
