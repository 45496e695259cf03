"""Streaming statistics equal those of all pixels at once."""

import json
import re
from pathlib import Path

import h5py
import numpy as np
import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from spacenit_core.errors import DataError, UserError
from spacenit_core.sensors.spec import MeanStd
from spacenit_data.cli.stats import stats
from spacenit_data.h5.writer import H5SetWriter, SampleArrays
from spacenit_data.stats import BandMoments, compute_statistics

TIMES = np.array([[1, 0, 2020], [1, 1, 2020]], np.int32)


@pytest.fixture(scope="module")
def pixels() -> list[np.ndarray]:
    # Small deviations far from zero, where sums of squares would lose all digits.
    rng = np.random.default_rng(0)
    arrays = [(1e5 + rng.normal(size=(8, 8, 2, 3)) * [1, 10, 0.1]).astype(np.float32) for _ in range(24)]
    arrays[1][:4] = -99999
    arrays[2][..., 1] = -99999
    arrays[3][0, 0, 0, 0] = np.nan
    return arrays


@pytest.fixture(scope="module")
def folder(tmp_path_factory, pixels) -> Path:
    writer = H5SetWriter(tmp_path_factory.mktemp("set"), ["plenty", "weather", "sentinel1"], count=24, tile_size=8)
    for index, values in enumerate(pixels):
        bands = {"plenty": values, "weather": np.full((2, 1), 7.0, np.float32)}
        if index % 2:
            bands["sentinel1"] = np.full((8, 8, 2, 2), -10.0 - index, np.float32)
        writer.write(index, SampleArrays(bands=bands, timestamps=TIMES, latlon=np.zeros(2, np.float32)))
    return writer.finish()


def test_numbers_equal_those_of_all_pixels(folder, pixels):
    values = np.concatenate([array.reshape(-1, 3) for array in pixels]).astype(np.float64)
    values[values == -99999] = np.nan
    plenty = next(item for item in compute_statistics(folder) if item.sensor == "plenty")
    assert plenty.bands == ("0", "1", "2") and plenty.samples == 24
    np.testing.assert_array_equal(plenty.count, np.isfinite(values).sum(axis=0))
    np.testing.assert_allclose(plenty.mean, np.nanmean(values, axis=0), rtol=1e-14)
    np.testing.assert_allclose(plenty.std, np.nanstd(values, axis=0), rtol=1e-9)
    np.testing.assert_array_equal([plenty.low, plenty.high], [np.nanmin(values, axis=0), np.nanmax(values, axis=0)])
    np.testing.assert_allclose(plenty.percentiles, np.nanpercentile(values, [1, 50, 99], axis=0), rtol=1e-12)
    assert plenty.missing == pytest.approx(1 - np.isfinite(values).mean())


def test_chosen_sensors_and_worker_processes(folder, monkeypatch):
    monkeypatch.setattr("spacenit_data.pool.ITEMS_PER_WORKER", 1)
    alone = compute_statistics(folder, ["SENTINEL1"])
    assert [item.sensor for item in alone] == ["sentinel1"] and alone[0].bands == ("vv", "vh")
    assert alone[0].samples == 12
    one, two = (compute_statistics(folder, ["plenty"], workers=workers)[0] for workers in (1, 2))
    for name in ("count", "mean", "std", "percentiles"):
        np.testing.assert_array_equal(getattr(one, name), getattr(two, name))


@settings(max_examples=50, deadline=None)
@given(st.lists(st.lists(st.floats(-1e6, 1e6), max_size=6), min_size=1, max_size=6))
def test_merging_is_adding(parts):
    columns = [np.array(part, float).reshape(-1, 1) for part in parts]
    total = BandMoments.of(columns[0])
    for column in columns[1:]:
        total = total.merge(BandMoments.of(column))
    whole = BandMoments.of(np.concatenate(columns))
    assert total.count[0] == whole.count[0]
    np.testing.assert_allclose(total.mean, whole.mean, atol=1e-6)
    np.testing.assert_allclose(total.m2, whole.m2, rtol=1e-9, atol=1e-3)
    np.testing.assert_array_equal([total.low, total.high], [whole.low, whole.high])


def test_the_line_for_the_sensor_can_be_pasted(folder):
    plenty = next(item for item in compute_statistics(folder) if item.sensor == "plenty")
    line = plenty.as_normalization()
    match = re.fullmatch(r"normalization=MeanStd\(mean=\((.*)\), std=\((.*)\)\),", line)
    assert match
    mean, std = (tuple(float(text) for text in group.split(",")) for group in match.groups())
    scale, offset = MeanStd(mean=mean, std=std).scale_and_offset()
    np.testing.assert_allclose(plenty.mean * scale + offset, 0.5, atol=1e-2)
    weather = next(item for item in compute_statistics(folder) if item.sensor == "weather")
    with pytest.raises(UserError, match="band 0 of weather has the same value everywhere"):
        weather.as_normalization()


def test_the_command_prints_a_table_or_json(folder):
    runner = CliRunner()
    shown = runner.invoke(stats, [str(folder), "--sensor", "plenty", "--workers", "1"])
    assert shown.exit_code == 0 and "normalization=MeanStd(mean=(99999.99" in shown.output
    data = json.loads(runner.invoke(stats, [str(folder), "--json", "--workers", "1"]).output)
    assert set(data) == {"plenty", "weather", "sentinel1"} and len(data["plenty"]["mean"]) == 3
    assert "cannot be normalised" in runner.invoke(stats, [str(folder), "--sensor", "weather", "--workers", "1"]).output


def test_what_cannot_be_measured(folder, tmp_path):
    with pytest.raises(UserError, match=r"no sample of .* has landsat"):
        compute_statistics(folder, ["landsat"])
    for name, bands in [("sample_0.h5", 2), ("sample_1.h5", 3)]:
        with h5py.File(tmp_path / name, "w") as file:
            file["plenty"] = np.ones((4, 4, 1, bands), np.float32)
    with pytest.raises(UserError, match="with 2 or 3 bands"):
        compute_statistics(tmp_path)
    (tmp_path / "sample_1.h5").write_text("damaged")
    with pytest.raises(DataError, match=r"sample_1\.h5 cannot be read"):
        compute_statistics(tmp_path)
