"""What `--dry-run` shows: bands, units, nodata, dates, grids and size, as headers tell them."""

import sys
from collections.abc import Iterator, Sequence
from pathlib import PurePath

from spacenit_core.sensors.spec import SensorSpec
from spacenit_core.text import columns, folded, listed
from spacenit_data.rasters.opening import OPEN
from spacenit_data.rasters.source import file_of, is_gdal_name
from spacenit_data.rasters.validity import ways_of_missing
from spacenit_data.tile.areas import Area
from spacenit_data.tile.prepare import Tiling
from spacenit_data.tile.rasters import Raster
from spacenit_data.tile.settings import TileSettings
from spacenit_data.tile.size import SetSize

MOST_LISTED = 4


def described(tiling: Tiling) -> str:
    """What will be tiled, as text of several lines."""
    settings, lines = tiling.cutter.settings, []
    for spec in tiling.cutter.sensors:
        rasters = [raster for raster in tiling.headers.rasters if raster.sensor.name == spec.name]
        lines += [*_about_sensor(spec, rasters, settings), ""]
    lines += [describe_grid(area) for area in tiling.cutter.areas]
    lines += [_about_size(tiling.size, settings)]
    lines += [folded(f"note: {note}", sys.stdout) for note in tiling.notes]
    return "\n".join([*lines, "nothing was written: this was a dry run"])


def describe_grid(area: Area) -> str:
    """One line about an area's grid."""
    grid = area.grid
    crs = grid.crs.to_string() if len(grid.crs.to_string()) < 40 else "a reference system without a code"
    resampled = [item for item in area.placed if not item.kept]
    how = f"{len(resampled)} of {len(area.placed)} images resampled" if resampled else "pixels kept as they are"
    return f"grid: {grid.rows} x {grid.columns} cells of {grid.gsd:g} m in {crs}; {how}"


def _about_sensor(spec: SensorSpec, rasters: Sequence[Raster], settings: TileSettings) -> Iterator[str]:
    days = sorted({raster.date for raster in rasters if raster.date is not None})
    when = "no date" if not days else f"{days[0]}" if len(days) == 1 else f"{len(days)} dates, {days[0]} to {days[-1]}"
    files = {file_of(raster.path) or raster.path for raster in rasters}
    yield f"{spec.name}: {when}, in {len(files)} file{'s' * (len(files) > 1)}"
    yield columns(
        [(band, *_about_band(channel, rasters, settings)) for channel, band in enumerate(spec.bands)],
        heading=("band", "images", "read from", "pixel type", "nodata"),
    )
    yield (
        f"stored as {spec.units or 'they are'}: {_conversion(spec, rasters, settings)}; "
        f"plausible are {spec.value_range[0]:g} to {spec.value_range[1]:g}"
    )
    besides = ["pixels of 0 in all bands"] if spec.zeros_are_missing and not settings.keep_zeros else []
    besides += dict.fromkeys(str(mask) for raster in rasters for mask in raster.masks)
    if besides:
        yield f"missing besides: {_few(besides)}"


def _conversion(spec: SensorSpec, rasters: Sequence[Raster], settings: TileSettings) -> str:
    """From the files' numbers to what is stored."""
    how = list(dict.fromkeys(str(raster.conversion) for raster in rasters if not raster.conversion.is_none))
    if spec.raw_linear_power and settings.linear_power:
        how.append("10 log10 of linear power")
    if spec.raw_linear_power and settings.amplitude is not None:
        how.append(f"20 log10(number) + {settings.amplitude:g}")
    return _few(how) or "numbers as they are"


def _about_band(channel: int, rasters: Sequence[Raster], settings: TileSettings) -> tuple[str, str, str, str]:
    """Images that have a band, where it comes from, its pixel type and what marks missing pixels."""
    holding = [raster for raster in rasters if channel in raster.channels]
    if not holding:
        return "0", "nowhere: missing", "", ""
    places, kinds, nodata = (dict[str, None]() for _ in range(3))
    for raster in {raster.path: raster for raster in holding}.values():
        number = raster.file_bands[raster.channels.index(channel)]
        with OPEN.get(raster.path) as file:
            ways = ways_of_missing(file, number, nodata=raster.nodata, alpha_is_data=raster.alpha_is_data)
            kinds[file.dtypes[number - 1]] = None
            nodata |= dict.fromkeys(ways or ["none stated"])
            places[_place(raster.path, number, file.descriptions[number - 1] or "")] = None
    nodata |= dict.fromkeys(f"{value:g}" for value in (*rasters[0].sensor.raw_nodata, *settings.nodata))
    paths = list({raster.path: None for raster in holding})
    source = f"{PurePath(paths[0]).name}: " if len(paths) == 1 and not _variable(paths[0]) else ""
    return str(len(holding)), source + _few(list(places)), ", ".join(kinds), ", ".join(nodata)


def _place(path: str, number: int, name: str) -> str:
    """Where a band is: the variable, or the number and name of a band."""
    return _variable(path) or f"band {number}{f' ({name})' if name else ''}"


def _variable(path: str) -> str:
    """The variable that a name of GDAL's means; empty for files."""
    is_part = is_gdal_name(path) and "://" not in path and not path.startswith("/vsi")
    return path.rsplit(":", 1)[-1] if is_part else ""


def _few(texts: Sequence[str]) -> str:
    return ", ".join(texts[:MOST_LISTED]) + (" ..." if len(texts) > MOST_LISTED else "")


def _about_size(size: SetSize, settings: TileSettings) -> str:
    images = listed([f"{count} of {name}" for name, count in size.images.items()])
    return f"size: up to {size.samples} samples of {settings.tile_size} x {settings.tile_size} cells ({images}), {size}"
