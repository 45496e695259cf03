"""From the numbers of rasters or other sets to those that samples store, checked on the way."""

import datetime as dt
import re
from collections.abc import Sequence

import numpy as np
from attrs import frozen

from spacenit_core.errors import DataError, UserError
from spacenit_core.sensors.plausible import zero_pixels
from spacenit_core.sensors.spec import NODATA, SensorSpec
from spacenit_data.rasters.decibels import not_power, to_decibels, to_power
from spacenit_data.rasters.masks import Mask
from spacenit_data.rasters.offsets import DatedOffset, offset_at, parse_offset
from spacenit_data.unit_mismatches import find_in_images, find_marker_of_files, lifted_dates, say

Date = tuple[int, int, int]
"""Day 1-31, month 0-11, year."""


@frozen(kw_only=True)
class UnitSettings:
    """What the user says of numbers and of missing pixels.

    Attributes:
        scale: sensor and factor from its numbers to stored units.
        offset: sensor and what is added after the factor.
        linear_power: whether radar comes as linear power; None for what is usual: yes in raw tiles, no in sets.
        amplitude: offset of radar that comes as digital numbers, stored as 20 log10(number) + offset decibels.
        nodata: numbers that mark missing pixels, besides those that files and sensors name.
        masks: sensor and mask of raw tiles that says which pixels to leave out.
        keep_zeros: whether pixels of 0 in all bands are data also of sensors where they lie outside of the image.
        store_missing: whether missing pixels are stored as such; else their sensor is left out of the sample.
        trust_units: whether numbers are taken for what they are said to be, whatever they look like.
    """

    scale: tuple[tuple[str, float], ...] = ()
    offset: tuple[tuple[str, DatedOffset], ...] = ()
    linear_power: bool | None = None
    amplitude: float | None = None
    nodata: tuple[float, ...] = ()
    masks: tuple[tuple[str, Mask], ...] = ()
    keep_zeros: bool = False
    store_missing: bool = False
    trust_units: bool = False

    def __attrs_post_init__(self) -> None:
        if self.linear_power and self.amplitude is not None:
            raise UserError("--linear-power and --amplitude exclude each other", "say what the radar images hold")

    def converts(self, spec: SensorSpec) -> bool:
        """Whether the user says what the numbers of a sensor are multiplied with, or what is added."""
        return spec.name in {name for name, _ in (*self.scale, *self.offset)}

    def masks_of(self, spec: SensorSpec) -> list[Mask]:
        """The masks of a sensor."""
        return [mask for name, mask in self.masks if name == spec.name]

    def is_power(self, spec: SensorSpec, *, usual: bool) -> bool:
        """Whether decibels are made of a sensor's numbers."""
        wanted = usual if self.linear_power is None else self.linear_power
        return spec.raw_linear_power and (wanted or self.amplitude is not None)


def parse_scale(text: str) -> tuple[str, float]:
    """A sensor and a factor: ``sentinel2_l2a=10000``.

    Raises:
        UserError: for any other text.
    """
    name, _, number = text.partition("=")
    try:
        factor = float(number)
    except ValueError:
        factor = 0.0
    if not name or not factor or not np.isfinite(factor):
        raise UserError(f"--scale: {text!r} is no factor of a sensor", "write SENSOR=FACTOR: sentinel2_l2a=10000")
    return name.strip().lower(), factor


def parse_sensor_offset(text: str) -> tuple[str, DatedOffset]:
    """A sensor and an offset, with its dates if it has some: ``sentinel2_l2a=-1000@2022-01-25..``.

    Raises:
        UserError: for any other text.
    """
    name, separator, number = text.partition("=")
    if not separator or not name:
        raise UserError(f"--offset: {text!r} names no sensor", "write SENSOR=NUMBER: sentinel2_l2a=-1000")
    return name.strip().lower(), parse_offset(number)


@frozen(kw_only=True)
class StoredImages:
    """A sensor's images as samples store them.

    Attributes:
        values: -99999 where missing.
        notes: kind of note -> what the user should know.
    """

    values: np.ndarray
    notes: dict[str, str]


def to_stored(
    spec: SensorSpec,
    values: np.ndarray,
    missing: np.ndarray | None,
    dates: Sequence[Date],
    settings: UnitSettings,
    *,
    power_is_usual: bool,
    stated: np.ndarray | None = None,
) -> StoredImages:
    """Bring images to stored units: missing pixels first, then scale and offset, then decibels.

    Args:
        spec: the sensor.
        values: ``[..., T, C]``, ``[T, C]`` or ``[C]``.
        missing: bool, like the values: which pixels are none; None for nowhere.
        dates: of the T images.
        settings: what the user says.
        power_is_usual: whether radar is linear power unless the user says otherwise.
        stated: scale and offset that hold where the user says neither, ``[2, T, C]``.

    Raises:
        DataError: for numbers that cannot be in the sensor's units.
    """
    notes: dict[str, str] = {}
    zeros = None if settings.keep_zeros else zero_pixels(spec, values)
    if zeros is not None:
        missing = zeros[..., None] | (np.zeros(values.shape, bool) if missing is None else missing)
        notes["zeros"] = (
            "pixels of 0 in all bands count as missing, because they lie outside of such images (--keep-zeros stores "
            "them)"
        )
    days, raw, power = _days(dates), values, settings.is_power(spec, usual=power_is_usual)
    values = _convert(spec, values, days, settings, stated)
    if power:
        values, missing = _decibels(spec, values, missing, settings)
    values = with_missing(values, missing)
    mismatch = find_marker_of_files(spec, raw, values, power=power) or find_in_images(spec, values)
    if mismatch is not None and mismatch.certain and not settings.trust_units:
        option = re.sub(r"--(scale|offset) (-?[0-9])", rf"--\1 {spec.name}=\2", mismatch.option)
        remedy = f"{option} converts them; " if option != mismatch.option else ""
        raise DataError(f"{spec.name}: {say(mismatch)}", f"{remedy}--trust-units takes them as they are")
    if mismatch is not None:
        notes["units"] = f"{say(mismatch)}: are these the sensor's units?"
    lifted = lifted_dates(spec, values, days)
    if lifted:
        notes["offset"] = (
            f"some dates (first {lifted[0]}) lie about {spec.product_offset:g} above the others in all bands, as if "
            f"products with and without an offset were mixed; nothing was subtracted: --offset "
            f"{spec.name}={-spec.product_offset:g}@{lifted[0]}.. does so"
        )
    return StoredImages(values=values, notes={f"{spec.name} {kind}": note for kind, note in notes.items()})


def with_missing(values: np.ndarray, missing: np.ndarray | None) -> np.ndarray:
    """The values with -99999 where they are missing, in float32 where their own type cannot hold that."""
    if missing is None or not missing.any():
        return values
    fits = values.dtype.kind == "f" or (values.dtype.kind == "i" and values.dtype.itemsize > 2)
    return np.where(missing, values.dtype.type(NODATA) if fits else np.float32(NODATA), values)


def _convert(
    spec: SensorSpec,
    values: np.ndarray,
    days: Sequence[dt.date],
    settings: UnitSettings,
    stated: np.ndarray | None,
) -> np.ndarray:
    if not settings.converts(spec):
        if stated is None:
            return values
        scale, added = stated if values.ndim > 1 else stated[:, 0]
    else:
        scale = np.array(dict(settings.scale).get(spec.name, 1.0), np.float32)
        added = _offsets(spec, days, [offset for name, offset in settings.offset if name == spec.name])
    there = values != NODATA
    return np.where(there, values.astype(np.float32) * scale + added, np.float32(NODATA))


def _offsets(spec: SensorSpec, days: Sequence[dt.date], offsets: Sequence[DatedOffset]) -> np.ndarray:
    """What is added to the images of each day, ``[T, 1]``, or to all of them, ``[]``."""
    if any(offset.first or offset.last for offset in offsets) and not days:
        raise DataError(f"{spec.name}: its images have no dates", "give --offset without dates")
    if not spec.temporal or not days:
        return np.array(offset_at(offsets, None) or 0.0, np.float32)
    return np.array([offset_at(offsets, day) or 0.0 for day in days], np.float32)[:, None]


def _days(dates: Sequence[Date]) -> list[dt.date]:
    """The dates as days; none where one of them is impossible."""
    try:
        return [dt.date(int(year), int(month) + 1, int(day)) for day, month, year in dates]
    except ValueError:
        return []


def _decibels(
    spec: SensorSpec, values: np.ndarray, missing: np.ndarray | None, settings: UnitSettings
) -> tuple[np.ndarray, np.ndarray | None]:
    there = np.isfinite(values) & (values != NODATA)
    if missing is not None:
        there &= ~missing
    if not_power(values[there]):
        option = "--no-linear-power" if settings.amplitude is None else "no --amplitude"
        raise DataError(f"{spec.name}: most pixels are below 0: they are decibels already", f"say so: {option}")
    power = to_power(values.astype(np.float32, copy=False), settings.amplitude)
    nothing = ~there | ~np.isfinite(power)
    return to_decibels(np.where(nothing, 1.0, power).astype(np.float32)), nothing if nothing.any() else None
