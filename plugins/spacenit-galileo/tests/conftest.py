"""Samples that are made up, a small labelled set, and the real weights where they are."""

import os
from pathlib import Path

import numpy as np
import pytest
from small_set import write_labels, write_set

from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.sensors.selection import SensorSet

REAL = Path(os.environ.get("SPACENIT_REAL_DATA", Path(__file__).parents[3] / ".." / "shared" / "data"))
WEIGHTS = REAL / "weights" / "galileo_nano"
GOLDEN = REAL / "golden"

needs_real_data = pytest.mark.skipif(not WEIGHTS.is_dir(), reason=f"no {WEIGHTS}: set SPACENIT_REAL_DATA")

SENSORS = SensorSet.of(["sentinel2_l2a", "sentinel1"])


def sample(seed=0, side=8, dates=5, sensors=SENSORS, first_month=3):
    """A window of random pixels in stored units, one date a month."""
    rng = np.random.default_rng(seed)
    values = {"dB": lambda shape: rng.normal(-14, 3, shape).astype(np.float32)}
    optical = lambda shape: rng.integers(300, 4000, shape).astype(np.uint16)  # noqa: E731
    return SampleWindow(
        index=seed,
        bands={spec.name: values.get(spec.units, optical)(spec.shape(side, side, dates)) for spec in sensors},
        present={spec.name: np.ones(dates, bool) for spec in sensors},
        timestamps=np.array([(1, (first_month + date) % 12, 2020) for date in range(dates)]),
        latlon=np.array([50.0, 4.0], np.float32),
    )


@pytest.fixture(scope="session")
def h5py_dir(tmp_path_factory):
    return write_set(tmp_path_factory.mktemp("set"))


@pytest.fixture(scope="session")
def labels(tmp_path_factory):
    return write_labels(tmp_path_factory.mktemp("labels"))
