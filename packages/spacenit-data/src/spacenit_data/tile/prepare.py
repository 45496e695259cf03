"""From what the user asks for to what will be tiled: everything that headers and some pixels tell."""

from collections.abc import Sequence

from attrs import frozen

from spacenit_core.errors import SpaceNitError, UserError
from spacenit_data.rasters.opening import OPEN
from spacenit_data.tile.areas import make_areas
from spacenit_data.tile.checks import (
    Headers,
    check_bands,
    check_dates,
    chosen_sensors,
    notes_on_missing,
    read_headers,
)
from spacenit_data.tile.cut import Cutter
from spacenit_data.tile.manifest import RasterRequest
from spacenit_data.tile.meaning import check_radar_options
from spacenit_data.tile.placement_notes import placement_notes
from spacenit_data.tile.settings import TileSettings
from spacenit_data.tile.size import SetSize
from spacenit_data.tile.units import UnitReport, check_units
from spacenit_data.tile.upsampling import Upsampled, check_upsampling, find_upsampled


@frozen(kw_only=True)
class Tiling:
    """What will be tiled.

    Attributes:
        headers: the rasters, and what was noted about them.
        cutter: the grids with the rasters on them.
        size: what the set holds at most.
        upsampled: sensors whose files are far coarser.
        units: whether the numbers can be what the sensors are stored in.
    """

    headers: Headers
    cutter: Cutter
    size: SetSize
    upsampled: tuple[Upsampled, ...]
    units: UnitReport

    @property
    def notes(self) -> tuple[str, ...]:
        """What the user should know beforehand."""
        missing = notes_on_missing(self.headers) if self.cutter.settings.allow_missing_bands else []
        return (
            *self.headers.notes,
            *missing,
            *self.units.notes,
            *placement_notes(self.cutter.areas),
            *(f"{found}: {self.size}" for found in self.upsampled),
        )

    def check(self) -> None:
        """Refuse what must be asked for by name.

        Raises:
            UserError: naming the option.
            DataError: for numbers that cannot be in the sensor's units.
        """
        settings = self.cutter.settings
        if not settings.allow_missing_bands:
            check_bands(self.headers)
        self.units.refuse()
        if not self.size.samples:
            cells = f"{settings.tile_size} x {settings.tile_size} cells"
            raise UserError(
                f"no image is as large as one tile of {cells}", "choose a smaller --tile-size, or --edges pad"
            )
        check_upsampling(self.upsampled, str(self.size), allowed=settings.allow_upsampling)


def prepare(requests: Sequence[RasterRequest], settings: TileSettings) -> Tiling:
    """Read all headers and some pixels, and choose the grids. The files stay open for what comes next.

    Raises:
        DataError: for a file that is missing, damaged or not what it was said to be.
        UserError: for a request that makes no sense.
    """
    if not requests:
        raise UserError("no files were given")
    sensors = chosen_sensors(requests)
    try:
        headers = read_headers(requests)
        check_dates(headers.rasters)
        check_radar_options(headers.rasters, settings)
        areas = tuple(make_areas(headers.rasters, settings))
        units = check_units(headers.rasters, settings)
    except SpaceNitError:
        OPEN.close()
        raise
    return Tiling(
        headers=headers,
        cutter=Cutter(areas, sensors, settings),
        size=SetSize.of(areas, sensors, settings),
        upsampled=find_upsampled(areas),
        units=units,
    )
