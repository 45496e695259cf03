"""What the user asks to tile: files, each with its sensor, date and band."""

import csv
import datetime as dt
import itertools
import math
import re
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from attrs import evolve, field, frozen

from spacenit_core.errors import DataError, UserError
from spacenit_core.sensors.spec import SensorSpec
from spacenit_data.rasters.masks import Mask, parse_masks
from spacenit_data.rasters.offsets import DatedOffset, Offsets, as_offsets, parse_offset
from spacenit_data.rasters.source import below, exists, is_gdal_name, split_band_number

COLUMNS = ("sensor", "date", "path", "band", "bands", "scale", "offset", "mask")
"""The columns of a CSV manifest; only `path` must be there."""


@frozen(kw_only=True)
class RasterRequest:
    """One raster file as it was asked for.

    Attributes:
        sensor: an installed sensor's name, or the sensor itself.
        path: the file; ``scene.tif:3`` means its third band alone. Names of GDAL's are text (``netcdf:FILE:VARIABLE``).
        date: day of the image; None for sensors without a time axis, and for files with an axis of time.
        band: the one band of the sensor that the file holds; None for a file with several.
        bands: what the file's bands are, in its order, with ``-`` for those to leave out; empty where the file says it.
        scale: factor from the file's numbers to the sensor's units; None for what the file states.
        offset: added after the factor, each for some dates or all (a number is for all); where there is neither a scale
            nor an offset for a date, what the file states holds.
        masks: which pixels to leave out.
        origin: where the request was made, for messages.
    """

    sensor: str | SensorSpec
    path: Path | str
    date: dt.date | None = None
    band: str | None = None
    bands: tuple[str, ...] = ()
    scale: float | None = None
    offset: tuple[DatedOffset, ...] = field(default=(), converter=as_offsets)
    masks: tuple[Mask, ...] = ()
    origin: str = "the command line"


def parse_date(text: str, origin: str) -> dt.date | None:
    """A day in ISO notation, with or without a time of day; None for an empty text.

    Raises:
        UserError: for any other text.
    """
    if not text.strip():
        return None
    try:
        return dt.datetime.fromisoformat(text.strip()).date()
    except ValueError as error:
        raise UserError(f"{origin}: {text!r} is not a date", "write it as 2024-06-30") from error


def from_arguments(
    files: Iterable[str],
    sensor: str | None,
    day: str | None,
    scale: float | None = None,
    offset: Offsets = None,
    bands: str | None = None,
    masks: Sequence[str] = (),
) -> list[RasterRequest]:
    """Requests from ``FILE`` and ``BAND=FILE`` arguments, all of one sensor and date.

    Args:
        files: the arguments; ``key=value/scene.tif`` is a file where there is such a folder.
        sensor: their sensor.
        day: their date.
        scale: factor from their numbers to the sensor's units; None for what the files state.
        offset: added after the factor, as in `RasterRequest`.
        bands: what the bands of each file are, with commas.
        masks: which pixels to leave out, as `parse_masks` reads it.

    Raises:
        UserError: without a sensor, or for a date that is none.
    """
    files = list(files)
    if files and not sensor:
        raise UserError(
            "which sensor are the files from?", "name it: --sensor NAME (see `spacenit-run plugins list sensors`)"
        )
    when = parse_date(day or "", "--date")
    scale = None if scale is None else _scale(str(scale), "--scale")
    left_out = parse_masks(";".join(masks))
    requests = []
    for text in files:
        band, path = _band_and_file(text)
        if not path:
            raise UserError(f"{text!r} names no file", "write BAND=FILE, for instance B04=red.tif")
        requests.append(
            RasterRequest(
                sensor=sensor or "",
                path=path if is_gdal_name(path) else Path(path),
                date=when,
                band=band or None,
                bands=_names(bands or ""),
                scale=scale,
                offset=offset,
                masks=left_out,
                origin="the command line" + (f", where {text} is no file" if band and not exists(path) else ""),
            )
        )
    return requests


def _band_and_file(text: str) -> tuple[str, str]:
    """`BAND=FILE`; but `key=value/scene.tif` is a file where there is such a file or folder."""
    band, separator, path = text.partition("=")
    file, _ = split_band_number(text)
    folder = Path(text).parts[:1]
    is_file = exists(file) or (len(Path(text).parts) > 1 and "=" in folder[0] and Path(folder[0]).is_dir())
    return ("", text) if not separator or "/" in band or is_file else (band, path)


def _names(text: str) -> tuple[str, ...]:
    """Names of bands, separated by commas, semicolons or blanks."""
    return tuple(name for name in re.split(r"[,;\s]+", text.strip()) if name)


def from_csv(
    manifest: Path,
    *,
    sensor: str | None = None,
    day: str | None = None,
    scale: float | None = None,
    offset: Offsets = None,
    bands: str | None = None,
    masks: Sequence[str] = (),
) -> list[RasterRequest]:
    """Requests from a CSV manifest; empty cells and absent columns take the values given here.

    Args:
        manifest: columns as in `COLUMNS`; paths are relative to its folder.
        sensor: the sensor of rows that name none.
        day: the date of rows that name none.
        scale: the factor of rows that name none.
        offset: the offset of rows that name none.
        bands: what the bands of the files are, for rows that do not say it.
        masks: which pixels to leave out, for rows that do not say it.

    Raises:
        DataError: if the file cannot be read.
        UserError: for unknown columns and for rows that make no sense, all of them at once.
    """
    rows = _rows(manifest)
    defaults = {"sensor": sensor or "", "date": day or "", "scale": "" if scale is None else str(scale)}
    left_out = parse_masks(";".join(masks))
    stated = {"offset": as_offsets(offset), "masks": left_out}
    defaults["bands"] = bands or ""
    requests, problems = [], []
    for number, row in enumerate(rows, start=2):
        origin = f"{manifest}, line {number}"
        if not any(row.values()):
            continue
        try:
            filled = {**row, **{key: value for key, value in defaults.items() if not row.get(key)}}
            requests.append(evolve(_from_row(filled, manifest, origin), **_absent(row, stated)))
        except UserError as error:
            problems.append(error)
    if problems:
        more = f" (and {len(problems) - 10} more)" if len(problems) > 10 else ""
        raise UserError("\n".join(str(problem) for problem in problems[:10]) + more)
    _check_shared_masks(requests, left_out)
    if not requests:
        raise UserError(f"{manifest} lists no files", f"it needs a header with some of {', '.join(COLUMNS)}, and rows")
    return requests


def _check_shared_masks(requests: Sequence[RasterRequest], masks: Sequence[Mask]) -> None:
    """Refuse one mask file for images of several dates, unless the rows name it themselves."""
    days = {request.date for request in requests if masks and request.masks == masks}
    of_files = [mask.source for mask in masks if mask.source]
    if of_files and len(days) > 1:
        raise UserError(
            f"the mask {of_files[0]} is of one date, but would be applied to images of {len(days)}",
            "name each image's own in the column 'mask'; a band's name, as in --mask scl=SCL, is found in each image",
        )


def _absent(row: dict[str, str], stated: dict[str, Any]) -> dict[str, Any]:
    """What holds for a row that does not say it by itself."""
    return {key: value for key, value in stated.items() if not row.get("mask" if key == "masks" else key)}


def _rows(manifest: Path) -> Sequence[dict[str, str]]:
    try:
        with manifest.open(newline="", encoding="utf-8-sig") as file:
            lines = [[cell.strip() for cell in line] for line in csv.reader(file)]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        reason = error.strerror if isinstance(error, OSError) and error.strerror else error
        raise DataError(f"{manifest} cannot be read: {reason}", "give a CSV file in UTF-8") from error
    header, *rows = [[name.lower() for name in lines[0]], *lines[1:]] if lines else [[]]
    wrong = [f"unknown column {name!r}" for name in header if name not in COLUMNS]
    wrong += [f"column {name!r} is there twice" for name in COLUMNS if header.count(name) > 1]
    if wrong or "path" not in header:
        given = wrong[0] if wrong else "no column 'path'"
        raise UserError(f"{manifest}: {given}", f"valid columns are {', '.join(COLUMNS)}, separated by commas")
    for number, row in enumerate(rows, start=2):
        if any(row[len(header) :]):
            raise UserError(
                f"{manifest}, line {number}: {len(row)} cells below {len(header)} columns",
                'write what holds a comma in quotes: "B02,B03"',
            )
    return [dict(itertools.zip_longest(header, row[: len(header)], fillvalue="")) for row in rows]


def _from_row(row: dict[str, str], manifest: Path, origin: str) -> RasterRequest:
    if not row["path"]:
        raise UserError(f"{origin}: no path")
    if not row["sensor"]:
        raise UserError(f"{origin}: no sensor", "add a column 'sensor', or --sensor NAME for all rows")
    return RasterRequest(
        sensor=row["sensor"],
        path=below(manifest.parent, row["path"]) if is_gdal_name(row["path"]) else manifest.parent / row["path"],
        date=parse_date(row["date"], origin),
        band=row.get("band") or None,
        bands=_names(row.get("bands") or ""),
        scale=_scale(row["scale"], origin) if row["scale"] else None,
        offset=tuple(parse_offset(text, origin) for text in (row.get("offset") or "").split(";") if text),
        masks=parse_masks(row.get("mask") or "", manifest.parent, origin),
        origin=origin,
    )


def _scale(text: str, origin: str) -> float:
    try:
        value = float(text)
    except ValueError as error:
        raise UserError(f"{origin}: scale {text!r} is not a number") from error
    if not math.isfinite(value) or value == 0:
        raise UserError(f"{origin}: scale {text!r} cannot be used", "give a finite number that is not 0")
    return value
