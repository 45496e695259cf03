"""Real rasters, read where SPACENIT_REAL_DATA points to (see CONTRIBUTING.md)."""

import datetime as dt
import os
from pathlib import Path

import h5py
import numpy as np
import pytest
import rasterio
from rasterio.warp import transform

from spacenit_core.errors import DataError
from spacenit_core.sensors.spec import BandGroup, SensorSpec
from spacenit_data import H5Tiles
from spacenit_data.stats import compute_statistics
from spacenit_data.tile import RasterRequest, TileSettings, tile_rasters
from spacenit_data.validate import validate_set
from spacenit_data.view import view_sample

FOLDER = Path(os.environ.get("SPACENIT_REAL_DATA", Path(__file__).parents[3] / ".." / "shared" / "data")) / "real-mini"
DAY = dt.date(2000, 7, 1)
BANDS = {"B1": 10, "B2": 20, "B3": 30, "B4": 40, "B5": 50, "B7": 70}

pytestmark = pytest.mark.skipif(
    not FOLDER.is_dir(), reason=f"no real data at {FOLDER}: set SPACENIT_REAL_DATA to the folder that holds real-mini"
)


def sensor(name: str, bands: str, gsd: float, **more) -> SensorSpec:
    groups = (BandGroup(bands=tuple(bands.split()), gsd=gsd),)
    return SensorSpec(**{"name": name, "band_groups": groups, "temporal": True, "grid_gsd": gsd, **more})


ETM = sensor("etm", " ".join(BANDS), 28.5, value_range=(0.0, 255.0), units="digital number")
LABELS = sensor("labels", "label", 28.5, temporal=False, categorical=True)


def etm_requests() -> list[RasterRequest]:
    folder = FOLDER / "landsat7_nc"
    return [
        RasterRequest(sensor=ETM, path=folder / f"lsat7_2000_{number}.tif", band=band, date=DAY)
        for band, number in BANDS.items()
    ]


def samples(folder: Path, name: str) -> list[tuple[np.ndarray, float, float]]:
    found = []
    for index in range(len(list(folder.glob("sample_*.h5")))):
        with h5py.File(folder / f"sample_{index}.h5") as file:
            if name in file:
                values = file[name][:, :, 0].astype(np.float64)
                values[values == -99999] = np.nan
                found.append((values, float(file.attrs["left"]), float(file.attrs["top"])))
    return found


@pytest.fixture(scope="module")
def landsat(tmp_path_factory) -> Path:
    labels = RasterRequest(sensor=LABELS, path=FOLDER / "landsat7_nc" / "landsat96_labelled_pixels.tif")
    report = tile_rasters([*etm_requests(), labels], tmp_path_factory.mktemp("etm"), TileSettings(tile_size=128))
    assert (report.samples, report.areas[0].grid.crs.to_epsg()) == (16, 32119)
    assert all("value_range" not in remark and "outside" not in remark for remark in report.remarks)
    return report.folder


def test_landsat_scene_is_kept_pixel_by_pixel(landsat):
    whole = np.full((512, 512, 6), np.nan)
    for values, left, top in samples(landsat, "etm"):
        row, column = round((228114.0 - top) / 28.5), round((left - 630534.0) / 28.5)
        whole[row : row + 128, column : column + 128] = values
    for channel, number in enumerate(BANDS.values()):
        with rasterio.open(FOLDER / "landsat7_nc" / f"lsat7_2000_{number}.tif") as file:
            expected = file.read(1, masked=True).astype(float).filled(np.nan)
        np.testing.assert_array_equal(whole[:443, :489, channel], expected)
    assert np.isnan(whole[443:]).all() and np.isnan(whole[:, 489:]).all()


def test_labels_of_another_reference_system_stay_on_their_pixels(landsat):
    with rasterio.open(FOLDER / "landsat7_nc" / "landsat96_labelled_pixels.tif") as file:
        expected = file.read(1, masked=True)
    found = np.concatenate([values.ravel() for values, *_ in samples(landsat, "labels")])
    assert expected.count() == 2872 == np.isfinite(found).sum()
    assert (
        np.bincount(found[np.isfinite(found)].astype(int)).tolist()
        == np.bincount(expected.compressed().astype(int)).tolist()
    )


def test_landsat_set_is_valid_and_can_be_read_measured_and_drawn(landsat, tmp_path):
    report = validate_set(landsat, specs=[ETM, LABELS])
    assert report.ok, report.problems.examples
    found = next(item for item in compute_statistics(landsat) if item.sensor == "etm")
    with rasterio.open(FOLDER / "landsat7_nc" / "lsat7_2000_70.tif") as file:
        band = file.read(1, masked=True).compressed().astype(np.float64)
    assert found.count[5] == band.size
    np.testing.assert_allclose([found.mean[5], found.std[5]], [band.mean(), band.std()], rtol=1e-12)
    window = H5Tiles(landsat, [ETM]).read_window(5, row=10, column=20, cells=32)
    assert window.bands["etm"].shape == (32, 32, 1, 6) and window.timestamps.tolist() == [[1, 6, 2000]]
    with h5py.File(landsat / "sample_5.h5") as file:
        np.testing.assert_array_equal(window.bands["etm"], file["etm"][10:42, 20:52])
    assert view_sample(landsat, 5, tmp_path / "etm.png").stat().st_size > 50_000


def test_a_file_that_opens_but_cannot_be_read(tmp_path):
    spec = sensor("rgb", "R G B", 0.5)
    request = RasterRequest(sensor=spec, path=FOLDER / "rasters" / "corrupt.tif", date=DAY)
    with pytest.raises(DataError, match=r"corrupt\.tif cannot be read") as caught:
        tile_rasters([request], tmp_path / "out")
    assert "damaged" in str(caught.value) and not (tmp_path / "out").exists()


def test_the_full_disk_of_a_geostationary_satellite_is_refused(tmp_path):
    request = RasterRequest(sensor=sensor("abi", "R G B", 2e4), path=FOLDER / "rasters" / "goes.tif", date=DAY)
    with pytest.raises(DataError, match=r"goes\.tif shows more than the ground"):
        tile_rasters([request], tmp_path / "out")
    assert not (tmp_path / "out").exists()


@pytest.mark.parametrize(
    ("path", "bands", "gsd", "epsg", "samples_expected"),
    [
        ("rasters/RGB.byte.tif", "R G B", 300.0, 32618, None),
        ("rasters/cogeo.tif", "R G B", 0.5, 32652, None),
        ("planet_rgbn/rgbn.tif", "R G B N", 5.0, 32618, 20),
        ("hls_chip/hls_10band.tif", "b1 b2 b3 b4 b5 b6 b7 b8 b9 b10", 30.0, 32614, 4),
    ],
)
def test_other_rasters_come_to_their_place(tmp_path, path, bands, gsd, epsg, samples_expected):
    spec = sensor("image", bands, gsd)
    report = tile_rasters([RasterRequest(sensor=spec, path=FOLDER / path, date=DAY)], tmp_path)
    assert report.areas[0].grid.crs.to_epsg() == epsg
    assert samples_expected in (None, report.samples)
    with rasterio.open(FOLDER / path) as file:
        image, there = file.read(1).astype(float), file.read_masks(1) > 0
        inverse, crs = ~file.transform, file.crs
    differences, compared = [], 0
    for values, left, top in samples(report.folder, "image"):
        rows, columns = np.nonzero(np.isfinite(values[..., 0]))
        x, y = left + (columns + 0.5) * gsd, top - (rows + 0.5) * gsd
        xs, ys = transform(report.areas[0].grid.crs, crs, x.tolist(), y.tolist())
        column = (inverse.a * np.array(xs) + inverse.b * np.array(ys) + inverse.c).astype(int)
        row = (inverse.d * np.array(xs) + inverse.e * np.array(ys) + inverse.f).astype(int)
        inside = (row >= 0) & (row < image.shape[0]) & (column >= 0) & (column < image.shape[1])
        assert inside.mean() > 0.97
        near = there[row[inside], column[inside]]
        differences.append(np.abs(values[rows, columns, 0][inside] - image[row[inside], column[inside]])[near])
        compared += near.sum()
    assert compared > 0.9 * there.sum() * min(1.0, (0.47 / 0.5) ** 2 if epsg == 32652 else 1.0) * 0.95
    # Bilinear pixels lie near the nearest one; a shift by one pixel would be several times farther off.
    error = np.concatenate(differences).mean()
    shifted = np.abs(np.diff(image, axis=1))[there[:, 1:] & there[:, :-1]].mean()
    assert error <= 0.45 * shifted
