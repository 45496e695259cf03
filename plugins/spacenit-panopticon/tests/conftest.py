"""Samples that are made up."""

import os
from pathlib import Path

import numpy as np
import pytest

from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.sensors.selection import SensorSet

SENSORS = SensorSet.of(["sentinel2_l2a", "sentinel1", "landsat"])


def sample(seed=0, side=8, dates=2, sensors=SENSORS):
    """A window of random pixels in stored units, one date a month."""
    rng = np.random.default_rng(seed)
    values = {
        "dB": lambda shape: rng.normal(-14, 3, shape).astype(np.float32),
        "digital number": lambda shape: rng.integers(6000, 14000, shape).astype(np.uint16),
    }
    optical = lambda shape: rng.integers(300, 4000, shape).astype(np.uint16)  # noqa: E731
    return SampleWindow(
        index=seed,
        bands={spec.name: values.get(spec.units, optical)(spec.shape(side, side, dates)) for spec in sensors},
        present={spec.name: np.ones(dates, bool) for spec in sensors},
        timestamps=np.array([(1, date, 2020) for date in range(dates)]),
        latlon=np.array([50.0, 4.0], np.float32),
    )


@pytest.fixture
def real_data():
    """The folder of m-eurosat, where SPACENIT_REAL_DATA points to (see CONTRIBUTING.md)."""
    default = Path(__file__).parents[3] / ".." / "shared" / "data"
    real = Path(os.environ.get("SPACENIT_REAL_DATA", default)) / "evals" / "geobench_v1_eurosat"
    folder = real / "classification_v1.0" / "m-eurosat"
    if not folder.is_dir():
        pytest.skip(f"no {folder}: set SPACENIT_REAL_DATA")
    return folder
