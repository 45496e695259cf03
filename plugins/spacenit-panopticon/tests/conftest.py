"""Samples that are made up."""

import numpy as np

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
