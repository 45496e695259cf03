"""Radar whose publisher stores linear power."""

import numpy as np


def decibels_of(power: np.ndarray) -> np.ndarray:
    """10 log10 of linear power, float32 of its shape; NaN where there is no power."""
    there = np.isfinite(power) & (power > 0)
    return np.where(there, 10.0 * np.log10(np.where(there, power, 1.0)), np.nan).astype(np.float32)
