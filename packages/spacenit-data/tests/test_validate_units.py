"""`data validate` and `data stats` say what stands in other units, in zeros, or with and without an offset."""

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from spacenit_data.cli.stats import stats
from spacenit_data.cli.validate import validate
from spacenit_data.h5.writer import H5SetWriter, SampleArrays
from spacenit_data.stats import compute_statistics
from spacenit_data.validate import validate_set

RNG = np.random.default_rng(0)
DAYS = np.array([[1, 5, 2021], [1, 5, 2022], [1, 6, 2022]], np.int32)
S2 = RNG.normal(1800, 300, (16, 16, 3, 12)).astype(np.float32)
S1 = RNG.normal(-15, 2, (16, 16, 3, 2)).astype(np.float32)


def make(root: Path, *samples, **bands) -> Path:
    samples = samples or (bands,)
    names = sorted({name for sample in samples for name in sample})
    writer = H5SetWriter(root, names, count=len(samples), tile_size=16)
    for number, arrays in enumerate(samples):
        latlon = np.array([48.0 + number, -123.0], np.float32)
        writer.write(number, SampleArrays(bands=arrays, present={}, timestamps=DAYS, latlon=latlon))
    return writer.finish()


def checks(folder: Path) -> dict[str, str]:
    found = validate_set(folder).problems.examples
    return {name: problems[0].what for name, problems in found.items() if name != "repeated-sample"}


def test_a_good_set_has_no_such_problem(tmp_path):
    assert checks(make(tmp_path, sentinel2_l2a=S2, sentinel1=S1)) == {}


@pytest.mark.parametrize(
    ("bands", "words"),
    [
        ({"sentinel2_l2a": S2 / 10000}, "fractions of 1"),
        ({"sentinel2_l2a": S2 / 100}, "per cent"),
        ({"sentinel1": 10 ** (S1 / 10)}, "linear power"),
        ({"sentinel2_l2a": np.where(np.arange(3)[:, None] == 1, S2 / 10000, S2)}, "fractions of 1"),
        ({"sentinel2_l2a": (S2 / 10).astype(np.uint8)}, "8-bit"),
        ({"era5_10": np.full((3, 6), 20.0, np.float32)}, "--offset 273.15"),
        ({"worldcover": RNG.uniform(10, 80, (16, 16, 1, 1))}, "class codes are whole"),
    ],
)
def test_other_units_are_an_error_of_their_own(tmp_path, bands, words):
    folder = make(tmp_path, **bands)
    assert words in checks(folder)["units"]
    done = CliRunner().invoke(validate, [str(folder), "--workers", "1"])
    assert done.exit_code == 1 and "error: units" in done.output


def test_pixels_that_look_dim_are_a_warning(tmp_path):
    folder = make(tmp_path, sentinel2_l2a=(S2 / 10).round())
    assert set(checks(folder)) == {"odd-units"}
    assert CliRunner().invoke(validate, [str(folder), "--workers", "1"]).exit_code == 0
    assert CliRunner().invoke(validate, [str(folder), "--workers", "1", "--strict"]).exit_code == 1


def test_zeros_outside_of_images_are_said_by_both_commands(tmp_path):
    values = S2.copy()
    values[:4] = 0
    folder = make(tmp_path, sentinel2_l2a=values, srtm=np.zeros((16, 16, 1, 1), np.float32))
    assert checks(folder) == {"zeros": "sentinel2_l2a: 0.25 of its pixels"}
    done = CliRunner().invoke(stats, [str(folder), "--workers", "1"])
    assert "25.0% of the pixels are 0 in all bands" in done.output


def test_a_step_between_dates_is_a_warning_where_many_series_have_it(tmp_path):
    lifted = S2 + np.where(np.arange(3) > 0, 1000, 0)[:, None]
    assert "2022-06-01" in checks(make(tmp_path / "one", sentinel2_l2a=lifted.astype(np.float32)))["offset"]
    few = [{"sentinel2_l2a": S2}] * 9 + [{"sentinel2_l2a": lifted.astype(np.float32)}]
    assert "offset" not in checks(make(tmp_path / "few", *few))


def test_one_type_where_pixels_are_missing_and_another_where_none_is(tmp_path):
    whole, holed = S2.astype(np.uint16), S2.copy()
    holed[0, 0] = -99999
    assert checks(make(tmp_path / "a", {"sentinel2_l2a": whole}, {"sentinel2_l2a": holed})) == {}
    assert set(checks(make(tmp_path / "b", {"sentinel2_l2a": whole}, {"sentinel2_l2a": S2}))) == {"mixed-types"}


def test_statistics_of_other_units_are_said(tmp_path):
    folder = make(tmp_path, {"sentinel1": 10 ** (S1 / 10)}, {"sentinel1": S1})
    (found,) = compute_statistics(folder)
    assert any("1 of 2 samples" in note and "linear power" in note for note in found.notes)
    done = CliRunner().invoke(stats, [str(folder), "--workers", "1"])
    assert "note: 1 of 2 samples: pixels lie between" in done.output
