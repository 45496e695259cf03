"""Whether pixels can be in the units of their sensor: judged by their magnitude, by one rule for all commands.

What is judged is the bulk: clouds, water and interference are real. Some units cannot be told apart by magnitude, and
nothing here claims to: feet from metres, a surface's reflectance from that above the atmosphere.
"""

from collections.abc import Sequence

import numpy as np
from attrs import frozen

from spacenit_core.sensors.spec import MeanStd, MinMax, SensorSpec

Columns = Sequence[np.ndarray]
"""One array ``[n]`` of known values for each band; empty for bands that were not seen."""

MARKERS = (-9999.0, -32768.0, 65535.0)
"""What products write where a pixel is missing."""

FILL = 1e30
"""Floating-point numbers beyond it are fill values: the lowest float32, or 1e36."""

_REPEATED = 20
"""Pixels with one and the same number far out of the sensor's range, from which on that number says something."""

MOST_PIXELS = 20_000
"""More pixels, evenly taken, say nothing new about magnitudes."""

_SMALL = 1.5
"""Reflectances, normalised values and linear power mostly lie below it."""

_SMALL_SHARE = 0.1
"""In other units, all bands stay below this share of their usual value: deep water and shadow do not."""

_DIM_SHARE = 0.25
"""Below this share pixels are dim: an 8-bit picture, or night."""

_BULK = 0.9
_FAR = 15.0
"""Standard deviations from a band's mean that no weather reaches."""

_ELSEWHERE = 1.25
_NARROW = 0.25
"""Values this many deviations off in every band, and as narrow as this share of one, are normalised by another data
set's numbers: a single surface is seldom both, in all bands at once."""

_FLAT = 0.01
"""Values as narrow as this share of a deviation in every band are all one to a network, wherever they lie."""


@frozen(kw_only=True)
class UnitMismatch:
    """Why pixels are hardly in their sensor's units.

    Attributes:
        what: what was found, as the end of a sentence that begins with the pixels.
        guess: what they may be; empty where nothing suggests itself.
        option: the option of `data tile` that converts them; empty where there is none.
        certain: whether they cannot be in these units; otherwise they may be, but seldom are.
    """

    what: str
    guess: str = ""
    option: str = ""
    certain: bool = True


def columns_of(values: np.ndarray, present: np.ndarray | None = None, most: int = MOST_PIXELS) -> list[np.ndarray]:
    """The known values of each band, of some pixels.

    Args:
        values: ``[..., C]``.
        present: bool, like the values: which are not missing; all finite ones if None.
        most: how many pixels to take, evenly.
    """
    flat = values.reshape(-1, values.shape[-1])
    rows = slice(None)
    if len(flat) > most:
        rows = np.linspace(0, len(flat) - 1, most).astype(int)  # type: ignore[assignment]
    taken = flat[rows].astype(np.float64)
    known = np.isfinite(taken)
    if present is not None:
        known &= present.reshape(flat.shape)[rows]
    return [taken[mask, band] for band, mask in enumerate(known.T)]


def find_misfit(spec: SensorSpec, columns: Columns, *, largest: float | None = None) -> UnitMismatch | None:
    """Why values cannot be, or hardly are, in the units of their sensor; None where nothing speaks against it.

    Args:
        spec: the sensor.
        columns: values in what is claimed to be its units.
        largest: the largest number that the file they come from could hold, in the same units.
    """
    known = np.concatenate([np.zeros(0), *columns])
    if not known.size:
        return None
    return (
        find_marker(spec, known)
        or _out_of_range(spec, columns)
        or _out_of_band_range(spec, columns)
        or _fractions(spec, known)
        or _wrong_sign(spec, columns, known)
        or _too_small(spec, columns, known, largest)
        or _far(spec, columns)
    )


def find_marker(spec: SensorSpec, known: np.ndarray) -> UnitMismatch | None:
    """Whether some values mark missing pixels, and can be no values of this sensor.

    They are numbers that products write there, fill values, or one number again and again, far out of the sensor's
    range: clouds and interference, which may be somewhat out of it, differ from pixel to pixel.

    Args:
        spec: the sensor.
        known: values of any shape.
    """
    low, high = spec.value_range
    outside = known[(known < low) | (known > high)]
    for marker in (*spec.raw_nodata, *MARKERS):
        if ((known if marker in spec.raw_nodata else outside) == marker).any():
            return _marks(marker, "elsewhere marks missing ones")
    if outside.size and np.abs(outside).max() >= FILL:
        return _marks(float(outside[np.abs(outside).argmax()]), "is a fill value")
    margin = 0.0 if spec.categorical else 2 * (high - low)
    far = outside[(outside < low - margin) | (outside > high + margin)]
    if _REPEATED <= far.size <= known.size / 2:
        values, counts = np.unique(far, return_counts=True)
        if counts.max() >= max(_REPEATED, far.size / 2):
            return _marks(float(values[counts.argmax()]), f"is none {_in_units(spec)}, and seems to mark missing ones")
    return None


def _marks(number: float, why: str) -> UnitMismatch:
    return UnitMismatch(what=f"hold {number:.9g}, which {why}", option=f"--nodata {number:.9g}")


def find_foreign_statistics(spec: SensorSpec, columns: Columns) -> UnitMismatch | None:
    """Whether a sensor's statistics are another data set's: normalised by them, an image series is nearly a constant.

    Args:
        spec: the sensor.
        columns: values in its units.
    """
    found = _far(spec, columns)
    image = spec.spatial and (spec.temporal or spec.rgb) and not spec.categorical
    if found is not None or not image or not isinstance(spec.normalization, MeanStd):
        return found
    seen = [band for band, values in enumerate(columns) if values.size]
    mean, std = np.array(spec.normalization.mean), np.array(spec.normalization.std)
    off = [abs(np.median(columns[band]) - mean[band]) / std[band] for band in seen]
    width = [columns[band].std() / std[band] for band in seen]
    if not seen or not max(width) or max(width) > (_NARROW if min(off) >= _ELSEWHERE else _FLAT):
        return None
    return UnitMismatch(
        what=f"lie around {_listed(columns, seen)}, but its statistics say {_listed([mean[[b]] for b in seen])} with "
        f"deviations of {_listed([std[[b]] for b in seen])}: to a network they are nearly one value",
        guess="the statistics are another data set's",
    )


def zero_pixels(spec: SensorSpec, values: np.ndarray) -> np.ndarray | None:
    """Which pixels ``[..., C]`` lie outside of the image because they are 0 in all bands: bool ``[...]``.

    None where there are none, or where zeros of this sensor are pixels like others.
    """
    if not spec.zeros_are_missing:
        return None
    zeros = np.asarray((values == 0).all(axis=-1))
    return zeros if zeros.any() else None


def usual_values(spec: SensorSpec) -> np.ndarray | None:
    """What the bands of an image series usually hold, float64 ``[C]``; NaN where values near 0 are usual.

    None for maps, which may well be 0, and for sensors whose statistics do not lie in their own range.
    """
    if spec.categorical or not (spec.temporal or spec.rgb):
        return None
    if isinstance(spec.normalization, MeanStd):
        usual = np.array(spec.normalization.mean)
    elif isinstance(spec.normalization, MinMax):
        usual = np.array(spec.normalization.low) + 0.2 * np.subtract(spec.normalization.high, spec.normalization.low)
    else:
        return None
    low, high = spec.value_range
    usual[(np.abs(usual) <= 5) | (usual < low) | (usual > high)] = np.nan
    return usual if np.isfinite(usual).any() else None


def _out_of_range(spec: SensorSpec, columns: Columns) -> UnitMismatch | None:
    """Whether most values lie where the sensor has none: of all bands, or of one of which much is seen."""
    low, high = spec.value_range
    most = max(values.size for values in columns)
    seen = [(band, values) for band, values in enumerate(columns) if values.size >= most / 4]
    beyond = [(band, values) for band, values in seen if np.mean((values < low) | (values > high)) > 0.5]
    if not beyond:
        return None
    known = np.concatenate([values for _, values in beyond])
    where = "" if len(beyond) == len(seen) else f" in {', '.join(spec.bands[band] for band, _ in beyond)}"
    guess, option = "", "--scale and --offset"
    if spec.raw_linear_power and known.min() >= 0:
        guess, option = "they look like a radar's digital numbers", "--amplitude OFFSET"
    elif spec.raw_linear_power and known.max() <= 0:
        guess, option = "they look like decibels times a factor", "--scale"
    return UnitMismatch(
        what=f"lie between {_shown(known)}{where}; {_in_units(spec)} they lie between {low:g} and {high:g}",
        guess=guess,
        option=option,
    )


def _out_of_band_range(spec: SensorSpec, columns: Columns) -> UnitMismatch | None:
    for band, ((low, high), values) in enumerate(zip(spec.band_ranges, columns, strict=False)):
        if values.size and np.mean((values < low) | (values > high)) > 0.5:
            guess, option = "", "--scale and --offset"
            if low > 100 and -100 < np.median(values) < 70:
                guess, option = "they look like degrees Celsius", "--offset 273.15"
            elif low <= np.median(values) * 100 <= high:
                guess, option = "they look like hundreds of it", "--scale 100"
            return UnitMismatch(
                what=f"lie between {_shown(values)} in {spec.bands[band]}, where they lie between {low:g} and {high:g}",
                guess=guess,
                option=option,
            )
    return None


def _fractions(spec: SensorSpec, known: np.ndarray) -> UnitMismatch | None:
    if not spec.categorical or np.mean(known != np.rint(known)) <= 0.01:
        return None
    return UnitMismatch(what=f"hold fractions between {_shown(known)}, but class codes are whole numbers")


def _wrong_sign(spec: SensorSpec, columns: Columns, known: np.ndarray) -> UnitMismatch | None:
    usual = usual_values(spec)
    telling = [] if usual is None else [b for b, v in enumerate(columns) if v.size and np.isfinite(usual[b])]
    if usual is None or not telling or np.ptp(np.sign(usual[telling])) or np.abs(known).max() <= _SMALL:
        return None
    sign = np.sign(usual[telling[0]])
    other = [np.mean(columns[band][columns[band] != 0] * sign < 0) for band in telling if (columns[band] != 0).any()]
    if not other or min(other) <= _BULK:
        return None
    return UnitMismatch(
        what=f"lie between {_shown(known)}: {_in_units(spec)} most are {'below' if sign < 0 else 'above'} 0",
        guess="their sign was lost, or they are other units",
        option="--scale -1" if sign < 0 else "--scale",
    )


def _too_small(spec: SensorSpec, columns: Columns, known: np.ndarray, largest: float | None) -> UnitMismatch | None:
    """Whether the bulk of all bands lies where it does not: zeros, which may mark missing pixels, do not count."""
    usual = usual_values(spec)
    telling = [] if usual is None else [b for b, v in enumerate(columns) if v.size and np.isfinite(usual[b])]
    if usual is None or not telling:
        return None
    sizes = np.array([_size(columns[band]) for band in telling])
    expected = np.abs(usual[telling])
    tiny = [b for b, size in zip(telling, sizes, strict=True) if 0 < size <= _SMALL and _is_tiny(columns[b], usual[b])]
    if 0 < len(tiny) < len(telling):
        named = ", ".join(spec.bands[band] for band in tiny)
        guess, option = _small_units(spec, np.concatenate([columns[band] for band in tiny]))
        return UnitMismatch(
            what=f"of {named} are no values {_in_units(spec)}, other bands are", guess=guess, option=option
        )
    # Water is dark in the infrared, and in one band of light: without two of them only numbers near 0 are certain.
    share = _SMALL_SHARE if _sees_light(spec, telling) else 0.0
    small = sizes <= np.maximum(expected * share, _SMALL)
    what = f"lie between {_shown(known)}: these are no values {_in_units(spec)}"
    guess, option = _small_units(spec, known)
    if small.all() or (small & _steady(spec)[telling]).any():
        return UnitMismatch(what=what, guess=guess, option=option)
    if largest is not None and largest < expected.min():
        held = f"their file holds nothing above {largest:g}"
        return UnitMismatch(what=f"{what} ({held})", guess="it is an 8-bit picture, not a measurement", option="")
    if (sizes <= expected * _DIM_SHARE).all():
        dim = f"lie between {_shown(known)}, far below what is usual {_in_units(spec)}"
        return UnitMismatch(
            what=dim, guess=guess or "an 8-bit picture, or night", option=option or "--scale", certain=False
        )
    return None


def _is_tiny(values: np.ndarray, usual: float) -> bool:
    """Whether a band of numbers near 0 tells by itself: it is usually far from there, or on the other side of it."""
    return abs(usual) > 500 or bool(np.mean(values * np.sign(usual) < 0) > _BULK)


def _far(spec: SensorSpec, columns: Columns) -> UnitMismatch | None:
    """Whether a band lies where no weather reaches."""
    if usual_values(spec) is None or not isinstance(spec.normalization, MeanStd):
        return None
    for band, values in enumerate(columns):
        mean, std = spec.normalization.mean[band], spec.normalization.std[band]
        # Quantiles cost: where all values are near, none is asked for.
        if values.size and np.abs(values - mean).max() > _FAR * std:
            low, high = np.quantile(values, (1.0 - _BULK, _BULK))
            if low > mean + _FAR * std or high < mean - _FAR * std:
                return UnitMismatch(
                    what=f"lie between {_shown(values)} in {spec.bands[band]}, but its statistics say {mean:.4g} "
                    f"with a deviation of {std:.3g}",
                    guess="they are in other units, or the statistics are another data set's",
                    option="--scale and --offset",
                )
    return None


def _size(values: np.ndarray) -> float:
    sizes = np.abs(values[values != 0])
    return float(np.quantile(sizes, 0.95)) if sizes.size else 0.0


def _sees_light(spec: SensorSpec, bands: Sequence[int]) -> bool:
    """Whether there are two bands of visible light at least; True for sensors that have none."""
    return spec.rgb is None or sum(spec.bands[band] in spec.rgb for band in bands) >= 2


def _steady(spec: SensorSpec) -> np.ndarray:
    """Bands that never come near 0, such as temperatures in kelvin: each of them tells by itself."""
    if not isinstance(spec.normalization, MeanStd):
        return np.zeros(len(spec.bands), bool)
    return np.array(spec.normalization.std) < np.abs(spec.normalization.mean) / 4


def _small_units(spec: SensorSpec, known: np.ndarray) -> tuple[str, str]:
    """What small values may be, and the option that converts them."""
    high = float(np.quantile(np.abs(known), 0.99))
    if spec.raw_linear_power:
        return "they look like linear power (or amplitude)", "--linear-power (or --amplitude 0)"
    factor = spec.stored_per_unit
    if factor is None or factor == 1.0:
        return "", "--scale"
    for unit, most in ((1.0, 2.0), (100.0, 120.0)):
        if high <= most:
            called = "fractions of 1" if unit == 1.0 else "per cent"
            return f"they look like {called}", f"--scale {factor / unit:g}"
    return "", "--scale"


def _in_units(spec: SensorSpec) -> str:
    return f"in {spec.units or 'stored units'}"


def _listed(columns: Columns, bands: Sequence[int] | None = None) -> str:
    chosen = list(columns) if bands is None else [columns[band] for band in bands]
    return ", ".join(f"{np.median(values):.4g}" for values in chosen[:4]) + (" ..." if len(chosen) > 4 else "")


def _shown(known: np.ndarray) -> str:
    return f"{float(known.min()):.4g} and {float(known.max()):.4g}"
