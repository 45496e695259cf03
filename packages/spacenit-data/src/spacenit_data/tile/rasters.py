"""Raster files: what their headers say, checked against the sensor that they are said to be from."""

import datetime as dt
import re
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import rasterio
from attrs import frozen
from rasterio import Affine
from rasterio.crs import CRS
from rasterio.enums import ColorInterp

from spacenit_core.errors import DataError, UserError
from spacenit_core.sensors.spec import SensorSpec
from spacenit_core.text import did_you_mean
from spacenit_data.rasters.opening import OPEN
from spacenit_data.tile.grid import WGS84, Box, at, project, project_bounds
from spacenit_data.tile.ground import is_local, local_name
from spacenit_data.tile.manifest import RasterRequest


@frozen(kw_only=True)
class Raster:
    """A readable, georeferenced file whose bands are known.

    Attributes:
        sensor: the sensor it is from.
        date: its day; None for sensors without a time axis.
        path: the file.
        channels: for each band read, its place among the sensor's bands.
        file_bands: for each band read, its number in the file, from 1.
        scale: factor from the file's numbers to the sensor's units.
        offset: added after the factor.
        crs: its reference system.
        transform: from pixels to coordinates.
        width: pixels.
        height: pixels.
        categorical: whether its values are codes that must not be interpolated.
        bounds: west, south, east, north in degrees; east is greater than 180 where it crosses the date line.
        alpha_is_data: whether a band that the file calls alpha is one of the sensor's, and no mask.
        declared_scale: whether the file itself states a scale or an offset (which is not applied).
    """

    sensor: SensorSpec
    date: dt.date | None
    path: Path
    channels: tuple[int, ...]
    file_bands: tuple[int, ...]
    scale: float
    offset: float
    crs: CRS
    transform: Affine
    width: int
    height: int
    categorical: bool
    bounds: Box
    declared_scale: bool
    alpha_is_data: bool = False

    @property
    def center(self) -> tuple[float, float]:
        """Coordinates of its centre, in its own reference system."""
        return at(self.transform, self.width / 2, self.height / 2)


def read_header(request: RasterRequest, sensor: SensorSpec) -> Raster:
    """Open a file and check that it can be what it was said to be.

    Raises:
        DataError: for a file that is missing, unreadable, without place on the ground, or with other bands.
        UserError: for a band that the sensor does not have.
    """
    path, only = _split_band_number(request.path)
    with OPEN.get(path) as file:
        if file.crs is None or file.transform == Affine.identity():
            raise DataError(
                f"{path} does not say where it lies on the ground",
                "give it a place first, for instance with `gdal_translate -a_srs ... -a_ullr ...` or `gdalwarp`",
            )
        if is_local(file.crs):
            raise DataError(
                f"{path} is in a local system ({local_name(file.crs)}): nothing says where on the ground that lies",
                "give the file its true reference system, for instance with `gdalwarp` and ground control points",
            )
        if any("complex" in kind or kind == "cint16" for kind in file.dtypes):
            raise DataError(f"{path} holds complex numbers", "compute an intensity image from it first")
        channels, file_bands = _match_bands(file, path, only, request, sensor)
        interpretations = file.colorinterp
        return Raster(
            sensor=sensor,
            date=request.date,
            path=path,
            channels=channels,
            file_bands=file_bands,
            scale=request.scale,
            offset=request.offset,
            crs=file.crs,
            transform=file.transform,
            width=file.width,
            height=file.height,
            categorical=sensor.categorical or interpretations[file_bands[0] - 1] == ColorInterp.palette,
            bounds=_footprint(file, path),
            alpha_is_data=any(interpretations[n - 1] == ColorInterp.alpha for n in file_bands),
            declared_scale=any(file.scales[n - 1] != 1.0 or file.offsets[n - 1] != 0.0 for n in file_bands),
        )


def _split_band_number(path: Path) -> tuple[Path, int | None]:
    match = re.fullmatch(r"(.+):(\d+)", str(path))
    if match and not path.exists():
        return Path(match[1]), int(match[2])
    return path, None


def _footprint(file: rasterio.DatasetReader, path: Path) -> Box:
    corners = [at(file.transform, x, y) for x in (0, file.width) for y in (0, file.height)]
    xs, ys = zip(*corners, strict=True)
    # `transform_bounds` passes over points without a place, so the corners are asked for by themselves.
    if not np.isfinite(project(file.crs, WGS84, xs, ys)).all():
        raise DataError(
            f"{path} shows more than the ground (its corners have no longitude and latitude)",
            "cut a part out first, for instance with `gdalwarp -t_srs EPSG:4326 -te WEST SOUTH EAST NORTH IN OUT`",
        )
    west, south, east, north = project_bounds(file.crs, WGS84, (min(xs), min(ys), max(xs), max(ys)))
    return west, south, east + (360.0 if east < west else 0.0), north


def _match_bands(
    file: rasterio.DatasetReader, path: Path, only: int | None, request: RasterRequest, sensor: SensorSpec
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    numbers = [n for n, role in enumerate(file.colorinterp, start=1) if role != ColorInterp.alpha]
    # Writers call the fourth of four bands alpha unless they are told otherwise, infrared or not.
    if len(numbers) != len(sensor.bands) == file.count:
        numbers = list(file.indexes)
    if only is not None and only not in file.indexes:
        raise DataError(f"{path} has no band {only}", f"it has {file.count}")
    if request.band is not None or only is not None:
        if request.band is None and len(sensor.bands) > 1:
            raise UserError(
                f"{request.origin}: {path}:{only} is which band of {sensor.name}?",
                f"write BAND={path}:{only} with one of {', '.join(sensor.bands)}",
            )
        channel = 0 if request.band is None else _channel(request.band, request, sensor)
        if only is None and len(numbers) != 1:
            raise DataError(
                f"{path} has {len(numbers)} bands, but was given as {request.band} alone",
                f"say which of them it is: {request.band}={path}:1",
            )
        return (channel,), (numbers[0] if only is None else only,)
    return _all_bands(numbers, [file.descriptions[n - 1] for n in numbers], path, sensor)


def _all_bands(
    numbers: Sequence[int], descriptions: Sequence[str | None], path: Path, sensor: SensorSpec
) -> tuple[tuple[int, ...], tuple[int, ...]]:
    named = {(text or "").strip().lower(): number for text, number in zip(descriptions, numbers, strict=True)}
    wanted = [band.lower() for band in sensor.bands]
    # Names are safer than positions: products keep their bands in various orders.
    if all(band in named for band in wanted):
        return tuple(range(len(wanted))), tuple(named[band] for band in wanted)
    if len(numbers) != len(wanted):
        raise DataError(
            f"{path} has {len(numbers)} band{'s' * (len(numbers) != 1)}, but {sensor.name} has {len(wanted)}: "
            f"{', '.join(sensor.bands)}",
            f"give single bands as BAND=FILE, or as BAND=FILE:NUMBER, for instance {sensor.bands[0]}={path}:1",
        )
    return tuple(range(len(wanted))), tuple(numbers)


def _channel(band: str, request: RasterRequest, sensor: SensorSpec) -> int:
    lower = [name.lower() for name in sensor.bands]
    if band.lower() in lower:
        return lower.index(band.lower())
    question = did_you_mean(band, sensor.bands)
    raise UserError(
        f"{request.origin}: {sensor.name} has no band {band!r}",
        f"{question}{' ' * bool(question)}its bands are {', '.join(sensor.bands)}",
    )
