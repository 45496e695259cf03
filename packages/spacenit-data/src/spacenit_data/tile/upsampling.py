"""Pixels that are coarser than the sensor's: a set of them is mostly invented, and much larger than the files."""

from collections.abc import Sequence

from attrs import frozen

from spacenit_core.errors import UserError
from spacenit_core.sensors.spec import SensorSpec
from spacenit_core.text import listed
from spacenit_data.tile.areas import Area
from spacenit_data.tile.placed import PlacedRaster

MOST = 2.0
"""How much coarser than the sensor's own bands pixels may be without being asked for."""

ROUNDING = 1.01


@frozen(kw_only=True)
class Upsampled:
    """The files of one sensor whose pixels are far coarser than its own.

    Attributes:
        sensor: the sensor.
        factor: how often a pixel is repeated along a side, at most.
        example: the file with that factor.
        metres: the width of its pixels.
        files: how many such files there are.
        of: how many files of the sensor there are.
    """

    sensor: SensorSpec
    factor: float
    example: str
    metres: float
    files: int
    of: int

    def __str__(self) -> str:
        name, gsd, times = self.sensor.name, self.sensor.gsd, f"{self.factor:.3g}"
        return (
            f"{name}: pixels of about {self.metres:.3g} m are written as pixels of {gsd:g} m, each {times} x {times} "
            f"times ({self.files} of {self.of} files, such as {self.example})"
        )


def find_upsampled(areas: Sequence[Area]) -> tuple[Upsampled, ...]:
    """Sensors with files that are upsampled beyond twice what the sensor's own band groups imply."""
    placed: dict[str, list[PlacedRaster]] = {}
    for area in areas:
        for item in area.placed:
            placed.setdefault(item.raster.sensor.name, []).append(item)
    found = []
    for items in placed.values():
        coarse = [item for item in items if max(item.ratio) > MOST * ROUNDING * _implied(item)]
        if coarse:
            worst = max(coarse, key=lambda item: max(item.ratio))
            sensor, factor = worst.raster.sensor, max(worst.ratio)
            paths = {item.raster.path for item in coarse}
            found.append(
                Upsampled(
                    sensor=sensor,
                    factor=factor,
                    example=worst.raster.path,
                    metres=factor * sensor.gsd,
                    files=len(paths),
                    of=len({item.raster.path for item in items}),
                )
            )
    return tuple(found)


def check_upsampling(found: Sequence[Upsampled], size: str, *, allowed: bool) -> None:
    """Refuse upsampling that was not asked for.

    Raises:
        UserError: with the factor, the size on disk, and how to ask for it.
    """
    if found and not allowed:
        raise UserError(
            "\n".join([*map(str, found), f"the set would take {size}"]),
            f"--allow-upsampling asks for it; otherwise take finer files of {listed([f.sensor.name for f in found])}, "
            "or a sensor whose pixels are those of the files",
        )


def _implied(item: PlacedRaster) -> float:
    """By how much the sensor's own groups are coarser than its stored pixels, for the finest band that a file holds."""
    sensor, bands = item.raster.sensor, set(item.raster.bands)
    finest = min(group.gsd for group in sensor.band_groups if bands & set(group.bands))
    return max(1.0, finest / sensor.gsd)
