"""Where images lie."""

from pathlib import Path

import numpy as np
import pytest
import rasterio

from spacenit_evals.benchmarks.middles import degrees_of, middle_of


def test_the_middle_of_an_image_in_degrees(tmp_path: Path) -> None:
    profile = {"driver": "GTiff", "width": 10, "height": 20, "count": 1, "dtype": "uint8"}
    # On the middle meridian of zone 33, and a degree of latitude above the equator: 110,574.4 m times 0.9996.
    grid = rasterio.Affine(10, 0, 499_950, 0, -10, 110_530.2 + 100)
    with rasterio.open(tmp_path / "a.tif", "w", **profile, crs="EPSG:32633", transform=grid) as file:
        file.write(np.zeros((1, 20, 10), np.uint8))
    with rasterio.open(tmp_path / "a.tif") as file:
        lat, lon = middle_of(file)
    assert lat == pytest.approx(1.0, abs=1e-5) and lon == pytest.approx(15.0, abs=1e-5)


def test_what_is_not_known_is_nan(tmp_path: Path) -> None:
    assert np.isnan(degrees_of("EPSG:32633", np.inf, 0)).all()
    assert np.isnan(degrees_of("no system", 0, 0)).all()
