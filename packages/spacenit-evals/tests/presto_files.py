"""Fuel moisture as Presto's authors keep it, written small."""

from pathlib import Path

import numpy as np

POINTS = 12


def write_fuel_moisture(folder: Path) -> Path:
    """Twelve points of four sites, the last of which is tested."""
    rng = np.random.default_rng(0)
    parts = {
        "target": rng.uniform(50, 200, POINTS),
        "is_test": (np.arange(POINTS) >= 9).astype(np.int64),
        "latlon": rng.uniform(30, 45, (POINTS, 2)),
        "month": np.tile([10, 11, 0], (POINTS, 1)),
        "s1_s2_era5_srtm": rng.uniform(200, 3000, (POINTS, 3, 18)),
        "site": np.array([f"site {number // 3}" for number in range(POINTS)]),
    }
    for name, values in parts.items():
        np.save(folder / f"{name}.npy", values)
    return folder
