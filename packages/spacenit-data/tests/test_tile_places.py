"""Where the pixels of tiled rasters lie: grids, reference systems, resampling, edges."""

import numpy as np
import pytest
import rasterio
from rasterio.crs import CRS
from rasterio.warp import transform

from spacenit_data.tile import TileSettings, tile_rasters

from .tiling import OPTICAL, mosaic, read, request, write_raster


@pytest.mark.parametrize("dtype", ["uint8", "int16", "float32", "float64"])
def test_a_projected_metric_grid_is_kept_pixel_by_pixel(tmp_path, dtype):
    rng = np.random.default_rng(0)
    values = rng.integers(1, 200, (2, 70, 45)).astype(dtype)
    values[0, 10:20, 5:9] = 0
    path = write_raster(tmp_path / "a.tif", values, "EPSG:32119", 630535.5, 228117.25, 10.0, nodata=0)
    report = tile_rasters([request(OPTICAL, path)], tmp_path / "out", TileSettings(tile_size=32))
    assert report.samples == 6
    sample = read(report.folder, 0)
    assert sample["optical"].shape == (32, 32, 1, 2) and sample["optical"].dtype == np.float32
    assert (sample["attr:crs"], sample["attr:left"], sample["attr:top"]) == ("EPSG:32119", 630535.5, 228117.25)
    assert (read(report.folder, 0)["optical"][10:20, 5:9, 0, 0] == -99999).all()
    expected = np.full((96, 64), np.nan)
    expected[:70, :45] = np.where(values[0] == 0, np.nan, values[0])
    np.testing.assert_array_equal(mosaic(report.folder, "optical"), expected)


def test_geographic_input_comes_to_utm_at_its_true_place(tmp_path):
    # The pixels state their own longitude and latitude, so that a shift shows as a wrong number.
    # Pixels are coarser than the grid's, where bilinear interpolation repeats a ramp exactly.
    size, pixel = 200, 2e-4
    lon = 14.3 + (np.arange(size) + 0.5) * pixel
    lat = 46.1 - (np.arange(size) + 0.5) * pixel
    values = np.stack(np.broadcast_arrays(lon[None] - 14.3, lat[:, None] - 46.0)).astype(np.float32)
    path = write_raster(tmp_path / "a.tif", values, "EPSG:4326", 14.3, 46.1, pixel)
    report = tile_rasters([request(OPTICAL, path)], tmp_path / "out", TileSettings(tile_size=64, allow_upsampling=True))
    checked = 0
    for index in range(report.samples):
        sample = read(report.folder, index)
        assert sample["attr:crs"] == "EPSG:32633" and sample["attr:gsd"] == 10.0
        x = sample["attr:left"] + (np.arange(64) + 0.5) * 10.0
        y = sample["attr:top"] - (np.arange(64) + 0.5) * 10.0
        xs, ys = np.meshgrid(x, y)
        true_lon, true_lat = transform("EPSG:32633", "EPSG:4326", xs.ravel().tolist(), ys.ravel().tolist())
        found = sample["optical"][:, :, 0].reshape(-1, 2)
        there = found[:, 0] != -99999
        inner = there & (np.abs(np.array(true_lon) - 14.32) < 0.019) & (np.abs(np.array(true_lat) - 46.08) < 0.019)
        tolerance = 0.02 * pixel
        np.testing.assert_allclose(found[inner, 0] + 14.3, np.array(true_lon)[inner], rtol=0, atol=tolerance)
        np.testing.assert_allclose(found[inner, 1] + 46.0, np.array(true_lat)[inner], rtol=0, atol=tolerance)
        checked += inner.sum()
        centre = transform("EPSG:32633", "EPSG:4326", [sample["attr:left"] + 320], [sample["attr:top"] - 320])
        np.testing.assert_allclose(sample["latlon"], [centre[1][0], centre[0][0]], atol=1e-5)
    assert checked > 100_000


def triangle(values: np.ndarray, columns: np.ndarray, rows: np.ndarray, ratio: tuple[float, float]) -> np.ndarray:
    """Bilinear interpolation at places in pixels, widened where pixels are finer than the grid's (ratio below 1)."""
    middles = np.arange(len(values)) + 0.5
    across = np.clip(1 - np.abs(middles - columns[:, None]) * min(ratio[0], 1.0), 0, None)
    down = np.clip(1 - np.abs(middles - rows[:, None]) * min(ratio[1], 1.0), 0, None)
    weights = down.sum(axis=1) * across.sum(axis=1)
    return np.einsum("nr,rc,nc->n", down, values, across) / np.where(weights > 0, weights, np.nan)


@pytest.mark.parametrize(("pixel", "crs"), [(37.0, "EPSG:32633"), (4.0, "EPSG:32633"), (3e-5, "EPSG:4326")])
def test_resampling_is_bilinear_and_does_not_depend_on_the_tile_size(tmp_path, pixel, crs):
    values = np.kron(np.random.default_rng(1).normal(size=(8, 8)), np.ones((4, 4))).astype(np.float32)
    left, top = (5e5 + 3.0, 5e6 + 4.0) if crs != "EPSG:4326" else (15.0, 45.1)
    path = write_raster(tmp_path / "a.tif", np.stack([values, -values]), crs, left, top, pixel)
    wholes = []
    for size in (16, 48):
        settings = TileSettings(tile_size=size, allow_upsampling=True, crs="EPSG:32633")
        report = tile_rasters([request(OPTICAL, path)], tmp_path / str(size), settings)
        wholes.append(mosaic(report.folder, "optical"))
    height, width = (min(a, b) for a, b in zip(wholes[0].shape, wholes[1].shape, strict=True))
    small, large = (whole[:height, :width] for whole in wholes)
    np.testing.assert_allclose(small, large, rtol=0, atol=2e-3)
    first = read(report.folder, 0)
    xs, ys = np.meshgrid(
        first["attr:left"] + (np.arange(width) + 0.5) * 10, first["attr:top"] - (np.arange(height) + 0.5) * 10
    )
    x, y = transform("EPSG:32633", crs, xs.ravel().tolist(), ys.ravel().tolist())
    columns, rows = (np.array(x) - left) / pixel, (top - np.array(y)) / pixel
    metres = (pixel, pixel) if crs != "EPSG:4326" else (pixel * 78_680.0, pixel * 111_090.0)
    expected = triangle(values, columns, rows, (metres[0] / 10, metres[1] / 10)).reshape(height, width)
    inside = ((columns > 0) & (columns < 32) & (rows > 0) & (rows < 32)).reshape(height, width)
    assert np.isfinite(large)[inside].all() and inside.sum() > 60
    np.testing.assert_allclose(large[inside], expected[inside], rtol=0, atol=5e-3)


def test_pixels_of_whole_cells_are_repeated(tmp_path):
    coarse = np.arange(100, dtype=np.uint16).reshape(10, 10)
    fine = np.arange(400, dtype=np.uint16).reshape(20, 20)
    red = write_raster(tmp_path / "red.tif", fine, "EPSG:32633", 5e5, 5e6, 10.0)
    nir = write_raster(tmp_path / "nir.tif", coarse, "EPSG:32633", 5e5, 5e6, 20.0)
    requests = [request(OPTICAL, red, band="RED"), request(OPTICAL, nir, band="nir")]
    report = tile_rasters(requests, tmp_path / "out", TileSettings(tile_size=20))
    sample = read(report.folder, 0)["optical"][:, :, 0]
    np.testing.assert_array_equal(sample[..., 0], fine)
    np.testing.assert_array_equal(sample[..., 1], np.kron(coarse, np.ones((2, 2))))


def test_places_far_apart_get_their_own_grids(tmp_path):
    values = np.ones((2, 20, 20), np.float32)
    a = write_raster(tmp_path / "a.tif", values, "EPSG:4326", 10.0, 50.0, 1e-4)
    b = write_raster(tmp_path / "b.tif", values, "EPSG:4326", -70.0, -40.0, 1e-4)
    across = write_raster(tmp_path / "c.tif", values, "EPSG:4326", 179.999, 10.0, 1e-4)
    requests = [request(OPTICAL, path) for path in (a, b, across)]
    report = tile_rasters(requests, tmp_path / "out", TileSettings(tile_size=32))
    assert [area.grid.crs.to_epsg() for area in report.areas] == [32632, 32719, 32601]
    latlon = [read(report.folder, index)["latlon"] for index in range(report.samples)]
    np.testing.assert_allclose(latlon[0], [50.0, 10.0], atol=0.01)
    assert abs(latlon[-1][1]) > 179.99


def test_grids_that_are_not_metric_on_the_ground_are_left(tmp_path):
    values = np.ones((2, 40, 40), np.float32)
    mercator = write_raster(tmp_path / "m.tif", values, "EPSG:3857", 1.6e6, 8.4e6, 10.0)
    feet = write_raster(tmp_path / "f.tif", values, "EPSG:2264", 2e6, 7e5, 32.8)
    for path, epsg in [(mercator, 32633), (feet, 32617)]:
        report = tile_rasters([request(OPTICAL, path)], tmp_path / path.stem, TileSettings(tile_size=16))
        assert report.areas[0].grid.crs.to_epsg() == epsg


def test_edges_stride_and_valid_share(tmp_path):
    values = np.ones((2, 40, 40), np.uint8)
    values[:, :, 32:] = 0
    path = write_raster(tmp_path / "a.tif", values, "EPSG:32633", 5e5, 5e6, 10.0, nodata=0)

    def places(**settings) -> list[tuple[int, int]]:
        out = tmp_path / str(len(list(tmp_path.iterdir())))
        report = tile_rasters([request(OPTICAL, path)], out, TileSettings(tile_size=16, **settings))
        samples = [read(report.folder, index) for index in range(report.samples)]
        return [(round((5e6 - s["attr:top"]) / 10), round((s["attr:left"] - 5e5) / 10)) for s in samples]

    # The last column of tiles holds no pixel at all.
    padded = tile_rasters([request(OPTICAL, path)], tmp_path / "padded", TileSettings(tile_size=64))
    assert any("69% of its pixels are missing" in remark for remark in padded.remarks)
    assert places() == [(r, c) for r in (0, 16, 32) for c in (0, 16)]
    assert places(edges="drop") == [(r, c) for r in (0, 16) for c in (0, 16)]
    assert places(edges="shift") == [(r, c) for r in (0, 16, 24) for c in (0, 16, 24)]
    assert places(min_valid=0.6) == [(r, c) for r in (0, 16) for c in (0, 16)]
    assert places(stride=8, edges="drop", min_valid=1.0) == [(r, c) for r in (0, 8, 16, 24) for c in (0, 8, 16)]


def test_rotated_images_lie_where_their_header_says(tmp_path):
    sine, cosine = 5.0, 5.0 * np.sqrt(3.0)
    angle = rasterio.Affine(cosine, sine, 5e5, sine, -cosine, 5e6)
    rows, columns = np.indices((60, 60)) + 0.5
    x, y = 5e5 + cosine * columns + sine * rows, 5e6 + sine * columns - cosine * rows
    values = np.stack([x - 5e5, y - 5e6]).astype(np.float32)
    path = tmp_path / "r.tif"
    profile = {
        "driver": "GTiff",
        "count": 2,
        "height": 60,
        "width": 60,
        "dtype": "float32",
        "crs": CRS.from_epsg(32633),
    }
    with rasterio.open(path, "w", transform=angle, **profile) as file:
        file.write(values)
    report = tile_rasters([request(OPTICAL, path)], tmp_path / "out", TileSettings(tile_size=32))
    for index in range(report.samples):
        sample = read(report.folder, index)
        there = sample["optical"][:, :, 0, 0] != -99999
        # Beyond the outermost pixel centres there is nothing to interpolate between.
        for axis in (0, 1):
            there &= np.roll(there, 1, axis) & np.roll(there, -1, axis)
        xs = sample["attr:left"] + (np.arange(32) + 0.5) * 10 - 5e5
        ys = sample["attr:top"] - (np.arange(32) + 0.5) * 10 - 5e6
        np.testing.assert_allclose(
            sample["optical"][:, :, 0, 0][there], np.broadcast_to(xs, (32, 32))[there], rtol=0, atol=0.05
        )
        np.testing.assert_allclose(
            sample["optical"][:, :, 0, 1][there], np.broadcast_to(ys[:, None], (32, 32))[there], rtol=0, atol=0.05
        )
