"""What a raster's numbers mean: the conversion to its sensor's units and the masks, as the user or the file says."""

from collections.abc import Sequence

from attrs import evolve

from spacenit_core.errors import DataError, UserError
from spacenit_data.rasters.bands import quantities_of
from spacenit_data.rasters.masks import Mask, check_mask
from spacenit_data.rasters.offsets import offset_at
from spacenit_data.rasters.opening import OPEN
from spacenit_data.rasters.source import split_band_number
from spacenit_data.rasters.stated import Conversion, stated_conversion
from spacenit_data.tile.manifest import RasterRequest
from spacenit_data.tile.rasters import Raster
from spacenit_data.tile.settings import TileSettings


def give_meaning(raster: Raster, request: RasterRequest, dates: int = 1) -> tuple[Raster, list[str]]:
    """The raster with its conversion and masks, and notes that are completed by the file's name.

    What the user says of scale or offset holds alone; without it, what the file or its sidecar states.

    Args:
        raster: the raster.
        request: how it was asked for.
        dates: how many the file has.

    Raises:
        UserError: for a mask that is no band of the file, or of one date where the file has several.
        DataError: for a mask of another place or day.
    """
    masks = tuple(_of_day(_of_file(mask, raster, request), raster, dates) for mask in request.masks)
    bands, count = raster.file_bands, len(raster.file_bands)
    offset = offset_at(request.offset, raster.date)
    with OPEN.get(raster.path) as file:
        for mask in masks:
            check_mask(mask, file)
        stated = stated_conversion(file, raster.path, bands, raster.channels, raster.sensor, raster.date)
    given = request.scale is not None or offset is not None
    chosen = Conversion.of(count, 1.0 if request.scale is None else request.scale, offset or 0.0) if given else stated
    notes = []
    if (
        given
        and stated.source
        and not stated.is_none
        and (stated.scale, stated.offset) != (chosen.scale, chosen.offset)
    ):
        notes.append(f"{stated.source} ({stated}) give way to {chosen}, as asked for, in")
    elif not given and not stated.is_none:
        notes.append(f"{stated} are applied, as stated by {stated.source}, in")
    if stated.note and not given:
        notes.append(f"{stated.note}, of")
    return evolve(raster, conversion=chosen, masks=masks), notes


def _of_file(mask: Mask, raster: Raster, request: RasterRequest) -> Mask:
    """The mask in the variable that it names, where the image's own is another variable of the same file."""
    name, _ = split_band_number(str(request.path))
    if mask.source or raster.path == name:
        return mask
    named = [item for item in quantities_of(name) if str(mask.band).lower() in map(str.lower, item.names)]
    return evolve(mask, source=named[0].source, band=1) if named else mask


def _of_day(mask: Mask, raster: Raster, dates: int) -> Mask:
    """The band of a mask's file for the day of an image, where that file has an axis of time as the image's may."""
    if not mask.source:
        return mask
    steps = [step for quantity in quantities_of(mask.source) for step in quantity.steps]
    days = {day: number for number, day in steps if day is not None}
    if len(days) == len(steps) and raster.date is not None:
        if raster.date not in days:
            raise DataError(f"the mask {mask.source} has no image of {raster.date}", "give the mask of this series")
        return evolve(mask, band=days[raster.date])
    if dates > 1:
        raise UserError(
            f"the mask {mask.source} is of one date, but {raster.path} has {dates}", "give a mask with an axis of time"
        )
    return mask


def check_radar_options(rasters: Sequence[Raster], settings: TileSettings) -> None:
    """Check that there is radar to convert where decibels are asked for.

    Raises:
        UserError: if there is none.
    """
    option = "--linear-power" if settings.linear_power else "--amplitude" if settings.amplitude is not None else None
    if option and not any(raster.sensor.raw_linear_power for raster in rasters):
        names = ", ".join(dict.fromkeys(raster.sensor.name for raster in rasters))
        raise UserError(
            f"{option} is for radar that is stored in decibels, but the files are of {names}", "leave it out"
        )
