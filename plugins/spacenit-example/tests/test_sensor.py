"""Sensor `landsat7_etm`, found by its name, and its statistics on the real scene."""

import os
from pathlib import Path

import numpy as np
import pytest

from spacenit_core.kinds.sensors import SENSORS
from spacenit_core.sensors.selection import SensorSet

SCENE = Path(os.environ.get("SPACENIT_REAL_DATA", "../shared/data")) / "real-mini" / "landsat7_nc"


def test_it_is_found_in_any_case_and_keeps_its_grid():
    sensors = SensorSet.of(["LANDSAT7_ETM"])

    assert sensors.names == ("landsat7_etm",)
    assert sensors.grid_gsd == sensors["landsat7_etm"].gsd == 28.5
    assert sensors["landsat7_etm"].bands == ("B1", "B2", "B3", "B4", "B5", "B7")


def test_its_statistics_are_those_of_the_scene():
    rasterio = pytest.importorskip("rasterio")
    if not SCENE.is_dir():
        pytest.skip("SPACENIT_REAL_DATA does not point to the real rasters")
    sensor = SENSORS.get("landsat7_etm")
    bands = []
    for band in sensor.bands:
        with rasterio.open(SCENE / f"lsat7_2000_{band.removeprefix('B')}0.tif") as raster:
            bands.append(raster.read(1, masked=True).compressed().astype(np.float64))

    np.testing.assert_allclose(sensor.normalization.mean, [values.mean() for values in bands], atol=1e-6)
    np.testing.assert_allclose(sensor.normalization.std, [values.std() for values in bands], atol=1e-6)
    assert all(values.min() >= 0 and values.max() <= 255 for values in bands)
