"""Rasters become samples: pixels, places, dates and what is missing."""

import datetime as dt
import json
from pathlib import Path

import h5py
import numpy as np
import pytest
import rasterio
from rasterio.crs import CRS
from rasterio.transform import from_origin
from rasterio.warp import transform

from spacenit_core.errors import UserError
from spacenit_core.sensors.spec import BandGroup, SensorSpec
from spacenit_data.tile import RasterRequest, TileSettings, from_csv, tile_rasters

DAY = dt.date(2020, 3, 5)
OPTICAL = SensorSpec(
    name="optical",
    band_groups=(BandGroup(bands=("red", "nir"), gsd=10.0),),
    temporal=True,
    value_range=(-1e9, 1e9),
)
RADAR = SensorSpec(
    name="radar", band_groups=(BandGroup(bands=("vv",), gsd=10.0),), temporal=True, raw_linear_power=True
)
CLASSES = SensorSpec(
    name="classes", band_groups=(BandGroup(bands=("code",), gsd=10.0),), temporal=False, categorical=True
)
FINE = SensorSpec(name="fine", band_groups=(BandGroup(bands=("grey",), gsd=5.0),), temporal=True, pixels_per_cell=2)


def write_raster(path: Path, values: np.ndarray, crs: str, left: float, top: float, pixel: float, **profile) -> Path:
    values = values if values.ndim == 3 else values[None]
    names = profile.pop("names", None)
    with rasterio.open(
        path,
        "w",
        driver="GTiff",
        count=values.shape[0],
        height=values.shape[1],
        width=values.shape[2],
        dtype=values.dtype,
        crs=crs,
        transform=from_origin(left, top, pixel, pixel),
        **profile,
    ) as file:
        file.write(values)
        for number, name in enumerate(names or (), start=1):
            file.set_band_description(number, name)
    return path


def request(sensor: SensorSpec, path: Path, day: dt.date | None = DAY, **more) -> RasterRequest:
    return RasterRequest(sensor=sensor, path=path, date=day, **more)


def read(folder: Path, index: int) -> dict[str, np.ndarray]:
    with h5py.File(folder / f"sample_{index}.h5") as file:
        found = {name: file[name][:] for name in file if name != "missing_timesteps_masks"}
        masks = {f"mask:{name}": mask[:] for name, mask in file["missing_timesteps_masks"].items()}
        places = {
            f"attr:{key}": value.decode() if isinstance(value, bytes) else value for key, value in file.attrs.items()
        }
        return found | masks | places


def mosaic(folder: Path, sensor: str, step: int = 0, pixels_per_cell: int = 1) -> np.ndarray:
    """All samples of a set put together by their stated places, NaN where nothing is."""
    samples = [read(folder, index) for index in range(len(list(folder.glob("sample_*.h5"))))]
    gsd = samples[0]["attr:gsd"] / pixels_per_cell
    left, top = min(s["attr:left"] for s in samples), max(s["attr:top"] for s in samples)
    places = [(round((top - s["attr:top"]) / gsd), round((s["attr:left"] - left) / gsd)) for s in samples]
    size = samples[0][sensor].shape[0]
    whole = np.full((max(r for r, _ in places) + size, max(c for _, c in places) + size), np.nan)
    for sample, (row, column) in zip(samples, places, strict=True):
        if sensor in sample:
            values = sample[sensor][:, :, step, 0].astype(float)
            whole[row : row + size, column : column + size] = np.where(values == -99999, np.nan, values)
    return whole


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


def test_nan_infinity_masks_and_extra_nodata_are_missing(tmp_path):
    values = np.arange(1, 257, dtype=np.float32).reshape(16, 16)
    values[0, :4] = np.nan, np.inf, -np.inf, -99999
    values[1, 0] = 7777
    path = write_raster(tmp_path / "a.tif", np.stack([values, values]), "EPSG:32633", 5e5, 5e6, 10.0)
    with rasterio.open(path, "r+") as file, rasterio.Env(GDAL_TIFF_INTERNAL_MASK=True):
        file.write_mask(np.where(np.indices((16, 16))[0] == 15, 0, 255).astype(np.uint8))
    report = tile_rasters([request(OPTICAL, path)], tmp_path / "out", TileSettings(tile_size=16, nodata=(7777.0,)))
    missing = read(report.folder, 0)["optical"][:, :, 0, 0] == -99999
    expected = np.zeros((16, 16), bool)
    expected[0, :4] = expected[1, 0] = expected[15] = True
    np.testing.assert_array_equal(missing, expected)


def test_geographic_input_comes_to_utm_at_its_true_place(tmp_path):
    # The pixels state their own longitude and latitude, so that a shift shows as a wrong number.
    # Pixels are coarser than the grid's, where bilinear interpolation repeats a ramp exactly.
    size, pixel = 200, 2e-4
    lon = 14.3 + (np.arange(size) + 0.5) * pixel
    lat = 46.1 - (np.arange(size) + 0.5) * pixel
    values = np.stack(np.broadcast_arrays(lon[None] - 14.3, lat[:, None] - 46.0)).astype(np.float32)
    path = write_raster(tmp_path / "a.tif", values, "EPSG:4326", 14.3, 46.1, pixel)
    report = tile_rasters([request(OPTICAL, path)], tmp_path / "out", TileSettings(tile_size=64))
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
        settings = TileSettings(tile_size=size, crs="EPSG:32633")
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


def test_classes_are_never_interpolated(tmp_path):
    codes = np.random.default_rng(2).choice(np.array([10, 40, 90], np.uint8), (90, 90))
    path = write_raster(tmp_path / "map.tif", codes, "EPSG:4326", 15.0, 45.0, 1.3e-4)
    report = tile_rasters([request(CLASSES, path)], tmp_path / "out", TileSettings(tile_size=32, resampling="bilinear"))
    found = np.unique(np.concatenate([read(report.folder, i)["classes"].ravel() for i in range(report.samples)]))
    assert set(found) <= {10, 40, 90, -99999} and len(found) >= 3


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


def test_sensors_and_dates_become_one_time_axis_with_masks(tmp_path):
    rng = np.random.default_rng(3)
    days = [dt.date(2021, 1, 31), dt.date(2021, 2, 1), dt.date(2021, 12, 9)]
    paths = {}
    for sensor, day in [(OPTICAL, days[2]), (OPTICAL, days[0]), (RADAR, days[1]), (RADAR, days[2])]:
        values = rng.normal(size=(len(sensor.bands), 32, 32)).astype(np.float32)
        path = tmp_path / f"{sensor.name}{day}.tif"
        paths[sensor.name, day] = (write_raster(path, values, "EPSG:32633", 5e5, 5e6, 10.0), values)
    codes = np.full((64, 64), 3, np.uint8)
    codes_path = write_raster(tmp_path / "codes.tif", codes, "EPSG:32633", 5e5 - 160, 5e6 + 160, 10.0)
    half = rng.normal(size=(1, 64, 64)).astype(np.float32)
    fine_path = write_raster(tmp_path / "fine.tif", half, "EPSG:32633", 5e5, 5e6, 5.0)
    requests = [
        request(SENSOR, path, day)
        for SENSOR in (OPTICAL, RADAR)
        for (name, day), (path, _) in paths.items()
        if name == SENSOR.name
    ]
    requests += [request(CLASSES, codes_path, None), request(FINE, fine_path, days[1])]
    report = tile_rasters(requests, tmp_path / "out", TileSettings(tile_size=32))
    assert report.samples == 1
    sample = read(report.folder, 0)
    np.testing.assert_array_equal(sample["timestamps"], [[31, 0, 2021], [1, 1, 2021], [9, 11, 2021]])
    assert sample["mask:optical"].tolist() == [True, False, True]
    assert sample["mask:radar"].tolist() == [False, True, True]
    assert sample["mask:fine"].tolist() == [False, True, False]
    assert "mask:classes" not in sample
    assert sample["optical"].shape == (32, 32, 2, 2) and sample["fine"].shape == (64, 64, 1, 1)
    for step, day in enumerate([days[0], days[2]]):
        np.testing.assert_array_equal(np.moveaxis(sample["optical"][:, :, step], -1, 0), paths["optical", day][1])
    np.testing.assert_array_equal(sample["fine"][..., 0, 0], half[0])
    assert (sample["classes"] == 3).all()


def test_a_date_without_pixels_in_a_tile_is_absent_from_it(tmp_path):
    requests = []
    for number, (day, left) in enumerate([(DAY, 5e5), (dt.date(2020, 4, 1), 5e5 + 160)]):
        values = np.full((2, 16, 32), number + 1, np.uint8)
        requests.append(
            request(OPTICAL, write_raster(tmp_path / f"{number}.tif", values, "EPSG:32633", left, 5e6, 10.0), day)
        )
    report = tile_rasters(requests, tmp_path / "out", TileSettings(tile_size=16))
    stamps = [read(report.folder, index)["timestamps"].tolist() for index in range(report.samples)]
    assert stamps == [[[5, 2, 2020]], [[5, 2, 2020], [1, 3, 2020]], [[1, 3, 2020]]]


def test_images_of_one_date_are_put_together_and_the_first_wins(tmp_path):
    first = np.full((2, 16, 20), 1, np.uint8)
    first[:, 4, 4] = 0
    second = np.full((2, 16, 32), 2, np.uint8)
    a = write_raster(tmp_path / "a.tif", first, "EPSG:32633", 5e5, 5e6, 10.0, nodata=0)
    b = write_raster(tmp_path / "b.tif", second, "EPSG:32633", 5e5, 5e6, 10.0, nodata=0)
    report = tile_rasters([request(OPTICAL, a), request(OPTICAL, b)], tmp_path / "out", TileSettings(tile_size=16))
    whole = mosaic(report.folder, "optical")
    assert (whole[:, 20:] == 2).all() and whole[4, 4] == 2 and (whole[:, :20] == 1).sum() == 319


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


def test_scale_offset_decibels_and_the_remark_about_units(tmp_path):
    spec = SensorSpec(
        name="reflectance",
        band_groups=(BandGroup(bands=("red",), gsd=10.0),),
        temporal=True,
        value_range=(1.0, 10000.0),
        units="reflectance x 10000",
    )
    values = np.full((16, 16), 0.25, np.float32)
    path = write_raster(tmp_path / "a.tif", values, "EPSG:32633", 5e5, 5e6, 10.0)
    plain = tile_rasters([request(spec, path)], tmp_path / "plain", TileSettings(tile_size=16))
    assert any("100.00% of the pixels of red" in remark and "--scale" in remark for remark in plain.remarks)
    scaled = tile_rasters([request(spec, path, scale=10000.0, offset=5.0)], tmp_path / "s", TileSettings(tile_size=16))
    assert not any("--scale" in remark for remark in scaled.remarks)
    assert (read(scaled.folder, 0)["reflectance"] == 2505.0).all()
    settings = TileSettings(tile_size=16, linear_power=True)
    decibels = tile_rasters([request(RADAR, path)], tmp_path / "db", settings)
    np.testing.assert_allclose(read(decibels.folder, 0)["radar"], 10 * np.log10(0.25), rtol=1e-6)


def test_bands_are_found_by_name_and_by_number(tmp_path):
    values = np.stack([np.full((16, 16), number, np.uint8) for number in (1, 2, 3)])
    path = write_raster(tmp_path / "a.tif", values, "EPSG:32633", 5e5, 5e6, 10.0, names=["NIR", "green", "Red"])
    report = tile_rasters([request(OPTICAL, path)], tmp_path / "named", TileSettings(tile_size=16))
    assert read(report.folder, 0)["optical"][0, 0, 0].tolist() == [3, 1]
    requests = [request(OPTICAL, Path(f"{path}:{number}"), band=band) for number, band in [(2, "red"), (3, "nir")]]
    report = tile_rasters(requests, tmp_path / "numbered", TileSettings(tile_size=16))
    assert read(report.folder, 0)["optical"][0, 0, 0].tolist() == [2, 3]


def test_an_interrupted_run_continues_and_other_inputs_are_refused(tmp_path):
    values = np.random.default_rng(4).integers(1, 99, (2, 64, 64)).astype(np.uint8)
    path = write_raster(tmp_path / "a.tif", values, "EPSG:32633", 5e5, 5e6, 10.0)
    settings = TileSettings(tile_size=16)
    report = tile_rasters([request(OPTICAL, path)], tmp_path / "out", settings)
    whole = {file.name: file.read_bytes() for file in report.folder.iterdir()}
    for name in ("sample_3.h5", "sample_9.h5", "sample_metadata.csv"):
        (report.folder / name).unlink()
    again = tile_rasters([request(OPTICAL, path)], tmp_path / "out", settings)
    assert (again.written, again.samples) == (2, 16)
    assert {file.name: file.read_bytes() for file in report.folder.iterdir()} == whole
    assert tile_rasters([request(OPTICAL, path)], tmp_path / "out", settings).written == 0
    with pytest.raises(UserError, match="other files or with other settings"):
        tile_rasters([request(OPTICAL, path, scale=2.0)], tmp_path / "out", settings)
    assert json.loads((report.folder / "tiling.json").read_text())["files"][0]["path"] == str(path.resolve())


def test_worker_processes_write_the_same_files(tmp_path, monkeypatch):
    monkeypatch.setattr("spacenit_data.pool.ITEMS_PER_WORKER", 1)
    values = np.random.default_rng(5).integers(1, 99, (2, 64, 64)).astype(np.uint8)
    path = write_raster(tmp_path / "a.tif", values, "EPSG:32633", 5e5, 5e6, 10.0)
    settings = TileSettings(tile_size=16)
    one, two = (
        tile_rasters([request(OPTICAL, path)], tmp_path / str(workers), settings, workers=workers).folder
        for workers in (1, 2)
    )
    for file in one.iterdir():
        assert file.read_bytes() == (two / file.name).read_bytes(), file.name


def test_csv_manifest(tmp_path):
    manifest = tmp_path / "scenes.csv"
    manifest.write_text(
        "Sensor, date ,path,band,scale\noptical,2020-01-02,a.tif,,\n,2020-01-03T10:00:00,sub/b.tif,red,2\n\n",
        encoding="utf-8",
    )
    first, second = from_csv(manifest, sensor="radar", offset=1.0)
    assert (first.sensor, first.date, first.path) == ("optical", dt.date(2020, 1, 2), tmp_path / "a.tif")
    assert (first.band, first.scale, first.offset) == (None, 1.0, 1.0)
    assert (second.sensor, second.date, second.band, second.scale) == ("radar", dt.date(2020, 1, 3), "red", 2.0)
    assert second.path == tmp_path / "sub" / "b.tif" and "line 3" in second.origin


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
