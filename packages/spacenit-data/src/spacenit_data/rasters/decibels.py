"""Radar backscatter: from what files hold to power, in which pixels are averaged, and to decibels, which are stored."""

import numpy as np

LOWEST_POWER = 1e-10
"""Linear power below which decibels stay at -100."""


def to_power(values: np.ndarray, amplitude: float | None) -> np.ndarray:
    """From linear power (`amplitude` is None) or digital numbers to linear power.

    Args:
        values: of any shape; NaN is missing.
        amplitude: the offset in decibels of digital numbers: dB = 20 log10(number) + offset. A number of 0 is missing.
    """
    if amplitude is None:
        return values
    numbers = np.where(values == 0, np.nan, values.astype(np.float64))
    return numbers**2 * 10.0 ** (amplitude / 10.0)


def from_decibels(values: np.ndarray) -> np.ndarray:
    """Linear power of decibels; NaN is missing."""
    # Absurd numbers stay finite here, so that those who look for them still see them.
    return 10.0 ** (np.minimum(values, 300.0) / 10.0)


def to_decibels(power: np.ndarray) -> np.ndarray:
    """Ten times the decimal logarithm of linear power, of the same type; at least -100."""
    # Rounded, the lowest power would come out a little lower.
    return np.maximum(10.0 * np.log10(np.maximum(power, power.dtype.type(LOWEST_POWER))), power.dtype.type(-100.0))


def not_power(values: np.ndarray) -> bool:
    """Whether the bulk of some values ``[n]`` is negative, as decibels are and power and amplitude never."""
    return bool(values.size) and float(np.mean(values < 0)) > 0.5
