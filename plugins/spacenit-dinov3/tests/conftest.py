"""Samples that are made up, and a small network."""

from functools import partial

import numpy as np
import pytest

from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.sensors.selection import SensorSet
from spacenit_dinov3 import network

SENSORS = SensorSet.of(["sentinel2_l2a"])
SMALL = {"embed_dim": 32, "depth": 2, "num_heads": 2}


def sample(seed=0, side=32, dates=2, sensors=SENSORS):
    """A window of random pixels in stored units, one date a month."""
    rng = np.random.default_rng(seed)
    return SampleWindow(
        index=seed,
        bands={
            spec.name: rng.integers(low, low + 3500, spec.shape(side, side, dates)).astype(np.uint16)
            for spec, low in zip(sensors, (300, 6000), strict=False)
        },
        present={spec.name: np.ones(dates, bool) for spec in sensors},
        timestamps=np.array([(1, date, 2020) for date in range(dates)]),
        latlon=np.array([50.0, 4.0], np.float32),
    )


@pytest.fixture
def small(monkeypatch):
    """Networks of any size are small ones."""
    monkeypatch.setattr(network, "create", partial(network.create, **SMALL))
