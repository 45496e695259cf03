"""Raster files: what their headers say, checked against the sensor that they are said to be from."""

import datetime as dt
from collections import Counter
from collections.abc import Sequence

import numpy as np
import rasterio
from attrs import evolve, frozen
from rasterio import Affine
from rasterio.crs import CRS
from rasterio.enums import ColorInterp

from spacenit_core.errors import DataError, UserError
from spacenit_core.sensors.spec import SensorSpec
from spacenit_data.rasters.asked import band_named, bands_as_given, called, contradiction
from spacenit_data.rasters.axes import is_in_degrees
from spacenit_data.rasters.bands import Quantity, quantities_of
from spacenit_data.rasters.masks import Mask
from spacenit_data.rasters.matching import BandMatch, match_bands
from spacenit_data.rasters.opening import OPEN
from spacenit_data.rasters.source import split_band_number
from spacenit_data.rasters.stated import Conversion
from spacenit_data.tile.grid import WGS84, Box, at, project, project_bounds
from spacenit_data.tile.ground import is_local, local_name
from spacenit_data.tile.manifest import RasterRequest


@frozen(kw_only=True)
class Raster:
    """A readable, georeferenced file whose bands are known.

    Attributes:
        sensor: the sensor it is from.
        date: its day; None for sensors without a time axis.
        path: the file, or what else GDAL opens: a variable of a file, a member of an archive.
        channels: for each band read, its place among the sensor's bands.
        file_bands: for each band read, its number in the file, from 1.
        dtype: the type of its pixels.
        conversion: from the file's numbers to the sensor's units.
        masks: which pixels to leave out besides those that the file itself calls missing.
        crs: its reference system.
        transform: from pixels to coordinates.
        width: pixels.
        height: pixels.
        categorical: whether its values are codes that must not be interpolated.
        bounds: west, south, east, north in degrees; east is greater than 180 where it crosses the date line.
        alpha_is_data: whether a band that the file calls alpha is one of the sensor's, and no mask.
        nodata: the number that marks missing pixels in place of the one that GDAL reports; None where that is right.
    """

    sensor: SensorSpec
    date: dt.date | None
    path: str
    channels: tuple[int, ...]
    file_bands: tuple[int, ...]
    dtype: str
    conversion: Conversion
    crs: CRS
    transform: Affine
    width: int
    height: int
    categorical: bool
    bounds: Box
    masks: tuple[Mask, ...] = ()
    alpha_is_data: bool = False
    nodata: float | None = None

    @property
    def bands(self) -> tuple[str, ...]:
        """The sensor's bands that it holds."""
        return tuple(self.sensor.bands[channel] for channel in self.channels)

    @property
    def center(self) -> tuple[float, float]:
        """Coordinates of its centre, in its own reference system."""
        return at(self.transform, self.width / 2, self.height / 2)


@frozen(kw_only=True)
class Header:
    """What a request turned out to be.

    Attributes:
        rasters: one per date and variable.
        notes: what the user should know; each is completed by the file's name.
        unknown: names of bands that are none of the sensor's.
    """

    rasters: tuple[Raster, ...]
    notes: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


def read_header(request: RasterRequest, sensor: SensorSpec) -> Header:
    """Open a file and check that it can be what it was said to be.

    Raises:
        DataError: for a file that is missing, unreadable, without place on the ground, or with other bands.
        UserError: for a band that the sensor does not have, or a day that the file does not.
    """
    name, only = split_band_number(str(request.path))
    if request.band is not None:
        band_named(request.band, sensor, request.origin)
    quantities = quantities_of(name)
    match = _match(quantities, name, only, request, sensor)
    notes = [match.note] if match.note else []
    rasters: dict[tuple[str, dt.date | None, int], Raster] = {}
    for channel, quantity in match.found.items():
        steps, note = _steps(quantity, only, request, sensor)
        notes += [note] if note and note not in notes else []
        images = Counter[dt.date | None]()
        for number, day in steps:
            place = (quantity.source, day, images[day])
            images[day] += 1
            before = rasters.get(place)
            if before is None:
                rasters[place] = _raster(quantity, number, day, channel, request, sensor)
            else:
                rasters[place] = _with_band(before, quantity, number, channel)
    with OPEN.get(next(iter(rasters.values())).path) as file:
        if file.crs is None:
            notes.append("its axes are longitude and latitude, taken for those of WGS 84, in")
    return Header(rasters=tuple(rasters.values()), notes=tuple(notes), unknown=match.unknown)


def _match(
    quantities: Sequence[Quantity], name: str, only: int | None, request: RasterRequest, sensor: SensorSpec
) -> BandMatch:
    """Which of the sensor's bands the file holds, as the request says it or else as the file does."""
    if only is None and request.band is None:
        if request.bands:
            return bands_as_given(quantities, request.bands, sensor, name)
        return match_bands(quantities, sensor, name)
    if only is not None:
        chosen = [item for item in quantities if only in (number for number, _ in item.steps)]
        if len({item.source for item in quantities}) > 1:
            raise DataError(f"{name} holds variables, not numbered bands", f"name one of them: {quantities[0].source}")
        if not chosen:
            raise DataError(f"{name} has no band {only}", f"it has {sum(len(item.steps) for item in quantities)}")
    else:
        chosen = [item for item in quantities if not item.is_alpha or len(quantities) == 1]
    if request.band is None:
        return _single(chosen[0], f"{name}:{only}", request, sensor)
    channel = band_named(request.band, sensor, request.origin)
    if len(chosen) > 1:
        chosen = called(chosen, channel, sensor) or chosen
    if len(chosen) == 1:
        return BandMatch(found={channel: chosen[0]}, note=contradiction(chosen[0], channel, sensor))
    several = len({item.source for item in chosen}) > 1
    raise DataError(
        f"{name} has {len(chosen)} {'variables' if several else 'bands'}, but was given as {request.band} alone",
        f"say which of them it is: {request.band}={chosen[0].source if several else f'{name}:1'}",
    )


def _single(quantity: Quantity, name: str, request: RasterRequest, sensor: SensorSpec) -> BandMatch:
    """One band of a file, of which the request does not say which of the sensor's it is."""
    if len(sensor.bands) == 1:
        return BandMatch(found={0: quantity}, note=contradiction(quantity, 0, sensor))
    if quantity.names:
        return match_bands([quantity], sensor, name)
    raise UserError(
        f"{request.origin}: {name} is which band of {sensor.name}?",
        f"write BAND={name} with one of {', '.join(sensor.bands)}",
    )


def _steps(
    quantity: Quantity, only: int | None, request: RasterRequest, sensor: SensorSpec
) -> tuple[list[tuple[int, dt.date | None]], str]:
    """The bands to read of one quantity, each with its day, and what to say about it."""
    steps = [(number, day) for number, day in quantity.steps if only is None or number == only]
    days = [day for _, day in steps if day is not None]
    if not days:
        return [(number, request.date) for number, _ in steps], ""
    if request.date is not None and sensor.temporal:
        steps = [(number, day) for number, day in steps if day == request.date]
        if not steps:
            raise UserError(
                f"{quantity.source} has no image of {request.date}: its {len(days)} dates reach from {min(days)} to "
                f"{max(days)}",
                "leave the date out for all of them",
            )
    if sensor.temporal:
        several = len(days) > len(set(days))
        return steps, "several images of one day, of which the first has a pixel that it shows, in" if several else ""
    note = f"{sensor.name} has no time axis: the first of {len(steps)} dates is taken, in" if len(steps) > 1 else ""
    return [(steps[0][0], request.date)], note


def _raster(
    quantity: Quantity, number: int, day: dt.date | None, channel: int, request: RasterRequest, sensor: SensorSpec
) -> Raster:
    source = quantity.source
    with OPEN.get(source) as file:
        crs = file.crs or (WGS84 if is_in_degrees(file.tags()) else None)
        if crs is None or file.transform == Affine.identity():
            raise DataError(
                f"{source} does not say where it lies on the ground",
                "give it a place first, for instance with `gdal_translate -a_srs ... -a_ullr ...` or `gdalwarp`",
            )
        if is_local(crs):
            raise DataError(
                f"{source} is in a local system ({local_name(crs)}): nothing says where on the ground that lies",
                "give the file its true reference system, for instance with `gdalwarp` and ground control points",
            )
        if any("complex" in kind or kind == "cint16" for kind in file.dtypes):
            raise DataError(f"{source} holds complex numbers", "compute an intensity image from it first")
        return Raster(
            sensor=sensor,
            date=day,
            path=source,
            channels=(channel,),
            file_bands=(number,),
            dtype=file.dtypes[number - 1],
            conversion=Conversion.of(1),
            crs=crs,
            transform=file.transform,
            width=file.width,
            height=file.height,
            categorical=sensor.categorical or file.colorinterp[number - 1] == ColorInterp.palette,
            bounds=_footprint(file, crs, source),
            alpha_is_data=quantity.is_alpha,
            nodata=quantity.nodata,
        )


def _with_band(raster: Raster, quantity: Quantity, number: int, channel: int) -> Raster:
    """The raster with one more band of the same file and date."""
    return evolve(
        raster,
        channels=(*raster.channels, channel),
        file_bands=(*raster.file_bands, number),
        conversion=Conversion.of(len(raster.file_bands) + 1),
        alpha_is_data=raster.alpha_is_data or quantity.is_alpha,
    )


def _footprint(file: rasterio.DatasetReader, crs: CRS, path: str) -> Box:
    corners = [at(file.transform, x, y) for x in (0, file.width) for y in (0, file.height)]
    xs, ys = zip(*corners, strict=True)
    # `transform_bounds` passes over points without a place, so the corners are asked for by themselves.
    if not np.isfinite(project(crs, WGS84, xs, ys)).all():
        raise DataError(
            f"{path} shows more than the ground (its corners have no longitude and latitude)",
            "cut a part out first, for instance with `gdalwarp -t_srs EPSG:4326 -te WEST SOUTH EAST NORTH IN OUT`",
        )
    west, south, east, north = project_bounds(crs, WGS84, (min(xs), min(ys), max(xs), max(ys)))
    return west, south, east + (360.0 if east < west else 0.0), north
