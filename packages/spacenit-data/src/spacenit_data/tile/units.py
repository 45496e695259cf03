"""Whether rasters hold what their sensors are stored in, found by looking at some pixels before any work is done."""

import datetime as dt
from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
from attrs import Factory, define, frozen
from rasterio.windows import Window

from spacenit_core.errors import DataError
from spacenit_core.sensors.plausible import UnitMismatch, columns_of, find_misfit
from spacenit_core.sensors.spec import SensorSpec
from spacenit_data.rasters.decibels import not_power
from spacenit_data.rasters.opening import OPEN
from spacenit_data.tile.dark_series import DarkSeries
from spacenit_data.tile.rasters import Raster
from spacenit_data.tile.settings import TileSettings
from spacenit_data.tile.values import has_undeclared_zeros, is_power, may_hold_zeros, read_values, to_stored
from spacenit_data.unit_mismatches import find_marker_of_files

_SIDE = 48
_ENOUGH = 4000
"""Pixels of a file after which no further window of it is read, besides its middle and corners."""

_MANY = 100
"""Files from which on a part of the corners will do: what is wrong is wrong in many of them."""

_FEWEST = 20
_SHOWN = 10


@frozen(kw_only=True)
class UnitReport:
    """What was found.

    Attributes:
        problems: what cannot be right, one line each.
        notes: what the user should look at.
    """

    problems: tuple[str, ...]
    notes: tuple[str, ...]

    def refuse(self) -> None:
        """Stop where something cannot be right.

        Raises:
            DataError: with all problems.
        """
        if self.problems:
            more = f"\n... and {len(self.problems) - _SHOWN} more" if len(self.problems) > _SHOWN else ""
            raise DataError(
                "\n".join(self.problems[:_SHOWN]) + more, "--trust-units takes the numbers for what they are said to be"
            )


@define
class _Image:
    """Pixels of one sensor and date, of one or more files."""

    spec: SensorSpec
    day: dt.date | None
    files: list[str] = Factory(list)
    columns: dict[int, list[np.ndarray]] = Factory(lambda: defaultdict(list))
    largest: float | None = None

    def all_columns(self) -> list[np.ndarray]:
        empty = np.zeros(0)
        return [np.concatenate([empty, *self.columns.get(band, ())]) for band in range(len(self.spec.bands))]

    def __str__(self) -> str:
        others = f" and {len(self.files) - 1} more" if len(self.files) > 1 else ""
        return f"{self.spec.name}{f' of {self.day}' if self.day else ''} ({self.files[0]}{others})"


@define
class _Zeros:
    """Files in which pixels of zeros are left out; those with some bands count where all of their date have some."""

    whole: dict[str, list[str]] = Factory(lambda: defaultdict(list))
    alone: dict[tuple[str, dt.date | None], list[tuple[str, bool]]] = Factory(lambda: defaultdict(list))

    def add(self, raster: Raster, has_zeros: bool, *, alone: bool) -> None:
        if alone:
            self.alone[raster.sensor.name, raster.date].append((raster.path, has_zeros))
        elif has_zeros:
            self.whole[raster.sensor.name].append(raster.path)

    def files(self) -> dict[str, list[str]]:
        found = {name: list(paths) for name, paths in self.whole.items()}
        for (name, _), bands in self.alone.items():
            if all(has_zeros for _, has_zeros in bands):
                found.setdefault(name, []).extend(path for path, _ in bands)
        return found


def check_units(rasters: Sequence[Raster], settings: TileSettings) -> UnitReport:
    """Look at some pixels of every raster.

    Raises:
        DataError: if a file cannot be read.
    """
    images: dict[tuple[str, dt.date | None], _Image] = {}
    whole: list[_Image] = []
    marked: list[tuple[_Image, UnitMismatch | None]] = []
    problems, zeros, dark = [], _Zeros(), DarkSeries()
    for raster in rasters:
        seen = _look(raster, settings, 5 if len(rasters) < _MANY else 2)
        zeros.add(raster, seen.has_zeros, alone=may_hold_zeros(raster, settings))
        if seen.not_power:
            option = "--linear-power" if settings.linear_power else "--amplitude"
            problems.append(
                f"{raster.path}: {option} was given, but most pixels are below 0: they are decibels already"
            )
            continue
        if seen.marker is not None and not settings.trust_units:
            marked.append((_Image(raster.sensor, raster.date, files=[raster.path]), seen.marker))
            continue
        dark.add(raster, seen.columns)
        image = images.setdefault((raster.sensor.name, raster.date), _Image(raster.sensor, raster.date))
        _add(image, raster, seen.columns, settings)
        # Where a file is whole, it is judged by itself: two files of one date may differ.
        if len(seen.columns) == len(raster.sensor.bands) > 0:
            whole.append(_Image(raster.sensor, raster.date))
            _add(whole[-1], raster, seen.columns, settings)
    judged = marked + [(image, _judge(image)) for image in (*images.values(), *whole)]
    mismatches = {str(image): (image, mismatch) for image, mismatch in judged if mismatch is not None}
    certain = {name: found for name, found in mismatches.items() if found[1].certain and not settings.trust_units}
    problems += _problems(certain)
    notes = [_note(name, found[1]) for name, found in mismatches.items() if name not in certain]
    notes += [_zeros_note(name, files) for name, files in zeros.files().items()]
    return UnitReport(problems=tuple(problems), notes=(*dict.fromkeys(notes), *dark.notes()))


@frozen(kw_only=True)
class _Seen:
    """Some pixels of a file.

    Attributes:
        columns: channel -> known values in stored units.
        has_zeros: whether pixels of zeros were left out.
        not_power: whether they cannot be the power or amplitude that they are said to be.
        marker: a number in the file that marks missing pixels, and was converted.
    """

    columns: dict[int, np.ndarray]
    has_zeros: bool
    not_power: bool
    marker: UnitMismatch | None


def _look(raster: Raster, settings: TileSettings, fewest: int) -> _Seen:
    found: list[np.ndarray] = []
    known: list[np.ndarray] = []
    zeros, marker, power = False, None, is_power(raster, settings)
    with OPEN.get(raster.path) as file:
        for number, window in enumerate(_windows(raster)):
            if number >= fewest and sum(values.shape[1] for values in found) >= _ENOUGH:
                break
            values = read_values(file, raster, window, settings)
            raw = file.read(list(raster.file_bands), window=window)
            zeros |= not settings.keep_zeros and has_undeclared_zeros(file, raster, raw, window, settings)
            known.append(raw[np.isfinite(values)])
            stored = to_stored(values, raster, settings)
            marker = marker or find_marker_of_files(raster.sensor, raw, stored, power=power)
            stored = stored.reshape(len(raster.channels), -1)
            found.append(stored[:, np.isfinite(stored).any(axis=0)])
    columns = columns_of(np.concatenate(found, axis=1).T)
    return _Seen(
        columns=dict(zip(raster.channels, columns, strict=True)),
        has_zeros=zeros,
        not_power=power and not_power(np.concatenate(known)),
        marker=marker,
    )


def _windows(raster: Raster) -> Iterator[Window]:
    """The middle and the corners of a raster, then places in between."""
    height, width = min(_SIDE, raster.height), min(_SIDE, raster.width)
    shares = [(0.5, 0.5), (0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (1.0, 1.0)]
    steps = np.linspace(0.0, 1.0, 7)
    shares += [(down, across) for down in steps for across in steps if (down, across) not in shares]
    seen = set()
    for down, across in shares:
        place = round(down * (raster.height - height)), round(across * (raster.width - width))
        if place not in seen:
            seen.add(place)
            yield Window(place[1], place[0], width, height)


def _add(image: _Image, raster: Raster, columns: dict[int, np.ndarray], settings: TileSettings) -> None:
    image.files.append(raster.path)
    for channel, values in columns.items():
        image.columns[channel].append(values)
    largest = np.inf
    if raster.dtype in ("uint8", "int8") and not is_power(raster, settings):
        top = float(np.iinfo(raster.dtype).max)
        pairs = zip(raster.conversion.scale, raster.conversion.offset, strict=True)
        largest = max(scale * top + offset for scale, offset in pairs)
    image.largest = largest if image.largest is None else max(image.largest, largest)


def _judge(image: _Image) -> UnitMismatch | None:
    columns = image.all_columns()
    if max(values.size for values in columns) < _FEWEST:
        return None
    largest = image.largest
    return find_misfit(image.spec, columns, largest=None if largest is None or np.isinf(largest) else largest)


def _problems(certain: dict[str, tuple[_Image, UnitMismatch]]) -> list[str]:
    """One line for each sensor and kind of mismatch, with the first image of it."""
    alike: dict[tuple[str, str, str], list[str]] = defaultdict(list)
    for name, (image, mismatch) in certain.items():
        alike[image.spec.name, mismatch.guess, mismatch.option].append(name)
    out = []
    for names in alike.values():
        others = f", and {len(names) - 1} more images" if len(names) > 1 else ""
        out.append(f"{names[0]}: {_sentence(certain[names[0]][1])}{others}")
    return out


def _sentence(mismatch: UnitMismatch) -> str:
    guess = f"; {mismatch.guess}" if mismatch.guess else ""
    option = f" ({mismatch.option})" if mismatch.option else ""
    return f"pixels {mismatch.what}{guess}{option}"


def _note(name: str, mismatch: UnitMismatch) -> str:
    return f"{name}: {_sentence(mismatch)}: are these the sensor's units?"


def _zeros_note(name: str, files: Sequence[str]) -> str:
    where = files[0] if len(files) == 1 else f"{files[0]} and {len(files) - 1} more files"
    return (
        f"{name}: pixels of 0 in all bands of {where} count as missing, because they lie outside of such images "
        "(--keep-zeros stores them)"
    )
