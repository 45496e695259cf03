"""Reading the images of a raw tile."""

import datetime as dt
from collections.abc import Sequence
from pathlib import Path

import numpy as np
from attrs import Factory, frozen
from rasterio.errors import RasterioError
from rasterio.io import DatasetReader

from spacenit_core.errors import DataError
from spacenit_core.sensors.spec import NODATA, BandGroup, SensorSpec
from spacenit_data.convert.band_order import order_of_bands
from spacenit_data.convert.catalog import Date, RawTile
from spacenit_data.convert.raw_layout import TILE_CELLS, csv_path, raster_path
from spacenit_data.rasters.quiet import open_quietly
from spacenit_data.rasters.stated import stated_conversion
from spacenit_data.rasters.validity import alpha_bands, missing_pixels


@frozen(kw_only=True)
class RawImages:
    """All images of one sensor of a tile.

    Attributes:
        values: [256*k, 256*k, T, C] with a grid, [T, C] with time only, [C] without either; as the rasters hold them.
        stated: scale and offset that the rasters state, ``[2, T, C]``; None where they state none.
        missing: bool, like the values; None where no pixel is missing.
        notes: kind of note -> what the user should know.
    """

    values: np.ndarray
    missing: np.ndarray | None
    stated: np.ndarray | None = None
    notes: dict[str, str] = Factory(dict)


def read_sensor(
    root: Path, spec: SensorSpec, tile: RawTile, *, nodata: Sequence[float] = (), apply_stated: bool = True
) -> RawImages:
    """All images of one sensor.

    Args:
        root: the folder of the raw layout.
        spec: the sensor.
        tile: the tile.
        nodata: numbers that mark missing pixels, besides those that the rasters and the sensor name.
        apply_stated: whether scale and offset that the rasters state are applied.

    Raises:
        DataError: naming the file that is missing, cannot be read, or is not what the CSV says.
    """
    dates = tile.dates[spec.name]
    numbers = (NODATA, *spec.raw_nodata, *nodata)
    groups = [_read_group(root, spec, group, tile, dates, numbers, apply_stated) for group in spec.band_groups]
    holes = [np.zeros(g.values.shape, bool) if g.missing is None else g.missing for g in groups]
    anywhere = any(group.missing is not None for group in groups)
    return RawImages(
        values=_arranged(spec, np.concatenate([group.values for group in groups], axis=1)),
        missing=_arranged(spec, np.concatenate(holes, axis=1)) if anywhere else None,
        stated=_all_stated(groups),
        notes={kind: note for group in groups for kind, note in group.notes.items()},
    )


def flaw(spec: SensorSpec, images: RawImages, *, store_missing: bool = False) -> str | None:
    """Why a sensor's images cannot be used, None if they can.

    Args:
        spec: the sensor.
        images: its images.
        store_missing: whether images may have missing pixels.
    """
    values, missing = images.values, images.missing
    if spec.raw_all_zero_is_absent and not values.any():
        return "all zero"
    if missing is not None and missing.all():
        return "no pixel"
    if missing is None or store_missing:
        return None
    return "NaN or infinite pixels" if not np.isfinite(values).all() else "nodata pixels"


def _arranged(spec: SensorSpec, images: np.ndarray) -> np.ndarray:
    """From [T, C, side, side] to the axes of a sample."""
    if spec.spatial:
        return np.ascontiguousarray(images.transpose(2, 3, 0, 1))
    return images[:, :, 0, 0] if spec.temporal else images[0, :, 0, 0]


def _read_group(
    root: Path,
    spec: SensorSpec,
    group: BandGroup,
    tile: RawTile,
    dates: Sequence[Date],
    numbers: Sequence[float],
    apply_stated: bool,
) -> RawImages:
    """The images of one band group: [T, C, side, side], side 1 without a grid."""
    path, listed = raster_path(root, spec, group, tile.crs, tile.column, tile.row), csv_path(root, spec)
    steps, count = len(dates), len(dates) * len(group.bands)
    with _opened(path, listed) as file:
        # Writers call the fourth of four bands alpha unless they are told otherwise: it is a mask where it is one more.
        masks = alpha_bands(file) if file.count > count else []
        bands = [band for band in file.indexes if band not in masks]
        values = file.read(bands)
        if len(bands) != count:
            file.read(1)  # A damaged file is called damaged, whatever else is wrong with it.
            expected = f"{steps} images of {len(group.bands)} bands" if spec.temporal else f"{len(group.bands)} bands"
            raise DataError(f"{path} has {file.count} bands, but {listed.name} lists {expected}")
        order = order_of_bands([file.descriptions[band - 1] for band in bands], spec, group, str(path))
        if order.positions != tuple(range(count)):
            bands, values = [bands[position] for position in order.positions], values[list(order.positions)]
        missing = missing_pixels(file, bands, values, numbers=numbers, alpha_is_data=not masks)
        stated, notes = _stated(file, path, bands, group, spec, dates) if apply_stated else (None, {})
        notes |= {f"{spec.name} {kind}": note for kind, note in order.notes.items()}
    height, width = values.shape[1:]
    side = TILE_CELLS * spec.pixels_per_cell if spec.spatial else 1
    if height != width or max(height, side) % min(height, side) or (not spec.spatial and height != 1):
        wanted = f"a square of {side} pixels, or of a multiple or fraction of it" if spec.spatial else "one pixel"
        raise DataError(f"{path} has {width} x {height} pixels", f"{spec.name} should have {wanted}")
    shape = steps, len(group.bands), side, side
    return RawImages(
        values=_resample(values, side).reshape(shape),
        missing=_resample(missing, side).reshape(shape) if missing.any() else None,
        stated=stated,
        notes=notes,
    )


def _opened(path: Path, listed_in: Path) -> "_Opened":
    if not path.is_file():
        raise DataError(f"{path} is missing, though {listed_in.name} lists it", "copy it again, or remove its lines")
    return _Opened(path)


class _Opened:
    """A raster that is read within a `with`; what is wrong with it becomes a message that names it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._file: DatasetReader | None = None

    def __enter__(self) -> DatasetReader:
        try:
            self._file = open_quietly(str(self._path))
        except (RasterioError, OSError, ValueError) as error:
            raise self._damaged(error) from error
        return self._file

    def __exit__(self, kind: object, error: BaseException | None, trace: object) -> None:
        if self._file is not None:
            self._file.close()
        if isinstance(error, RasterioError | OSError | ValueError):
            raise self._damaged(error) from error

    def _damaged(self, error: BaseException) -> DataError:
        return DataError(f"{self._path} cannot be read: {error.__cause__ or error}", "copy or download it again")


def _stated(
    file: DatasetReader, path: Path, bands: Sequence[int], group: BandGroup, spec: SensorSpec, dates: Sequence[Date]
) -> tuple[np.ndarray | None, dict[str, str]]:
    """Scale and offset that the file states, ``[2, T, C]`` of the group, and what to say of them."""
    if any(not 0 <= month < 12 for _, month, _ in dates):
        return None, {}
    channels = [spec.bands.index(band) for band in group.bands]
    notes: dict[str, str] = {}
    found = []
    for step, (day, month, year) in enumerate(dates):
        part = bands[step * len(channels) : (step + 1) * len(channels)]
        item = stated_conversion(file, str(path), part, channels, spec, dt.date(year, month + 1, day))
        found.append((item.scale, item.offset))
        if item.note:
            notes[f"{spec.name} kept"] = item.note
        if not item.is_none:
            notes[f"{spec.name} stated"] = f"{item} are applied, as stated by {item.source}"
    stated = np.array(found, np.float32).transpose(1, 0, 2)
    return stated if f"{spec.name} stated" in notes else None, notes


def _all_stated(groups: Sequence[RawImages]) -> np.ndarray | None:
    """What the rasters of all band groups state, ``[2, T, C]``; None where none states anything."""
    if all(group.stated is None for group in groups):
        return None
    parts = []
    for group in groups:
        steps, bands = group.values.shape[:2]
        neutral = np.stack([np.ones((steps, bands), np.float32), np.zeros((steps, bands), np.float32)])
        parts.append(neutral if group.stated is None else group.stated)
    return np.concatenate(parts, axis=2)


def _resample(image: np.ndarray, side: int) -> np.ndarray:
    """Nearest neighbour by a whole factor: the upper left pixel of each block, or each pixel repeated."""
    size = image.shape[-1]
    if size > side:
        return image[:, :: size // side, :: size // side]
    return image.repeat(side // size, axis=1).repeat(side // size, axis=2)
