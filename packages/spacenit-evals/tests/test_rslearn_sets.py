"""Nandi, AWF and LFMC, in the layout of rslearn."""

import json
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spacenit_core.contracts.build import build
from spacenit_core.errors import DataError, UserError
from spacenit_evals.benchmarks.rslearn.awf import Awf
from spacenit_evals.benchmarks.rslearn.lfmc import Lfmc
from spacenit_evals.benchmarks.rslearn.nandi import Nandi

from .dense_files import all_samples, band, inputs
from .rslearn_files import COARSE, FINE, MIDDLE, PIXELS, labelled, write_awf, write_window

OPTICAL, BOTH = inputs("sentinel2_l2a"), inputs("sentinel2_l2a", "sentinel1")


def test_windows_are_read_with_their_own_dates(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    written = write_awf(tmp_path)
    monkeypatch.setenv("AWF_DIR", str(tmp_path))
    benchmark = build(Awf(), OPTICAL)
    assert len(benchmark.facts.classes) == 9 and benchmark.labels.shape == (4, 16, 16)
    assert benchmark.facts.dates == ("2023-01-10", "2023-03-01") and not benchmark.facts.dates_invented
    assert benchmark.facts.group == "1280 m of ground" and np.bincount(benchmark.groups).tolist() == [2, 1, 1]
    ((split,),) = benchmark.draws
    assert split.train.tolist() == [True, True, False, False] and split.validation is None
    assert benchmark.remarks()["split"] == "the set has none for testing: its validation is tested"
    labels = benchmark.labels[2]
    # 31 pixels around their middle: seven are cut off above, and the labelled one is the ninth.
    assert labels[8, 8] == 7 and (labels >= 0).sum() == 1
    sample = all_samples(benchmark)[2]
    assert sample.timestamps.tolist() == [[10, 0, 2023], [1, 2, 2023]]
    # The latest image comes first in the files.
    for time, folder in ((0, "sentinel2.1"), (1, "sentinel2")):
        for bands, step in ((FINE, 1), (MIDDLE, 2), (COARSE, 4)):
            stored = written[2][f"{folder}/{'_'.join(bands)}"]
            for place, name in enumerate(bands):
                expected = stored[place].repeat(step, 0).repeat(step, 1)[7:23, 7:23]
                np.testing.assert_array_equal(band(sample, "sentinel2_l2a", name)[..., time], expected)
    assert sample.latlon == pytest.approx((-0.0014, 32.10), abs=0.01)


def test_published_dates_are_made_up_by_name_alone(tmp_path: Path) -> None:
    write_awf(tmp_path)
    benchmark = build(Awf(folder=tmp_path, variant="as_published"), OPTICAL)
    sample = all_samples(benchmark)[2]
    assert sample.timestamps.tolist() == [[15, 8, 2022], [15, 9, 2022]]
    right = all_samples(build(Awf(folder=tmp_path), OPTICAL))[2]
    np.testing.assert_array_equal(sample.bands["sentinel2_l2a"], right.bands["sentinel2_l2a"])
    assert benchmark.facts.dates_invented and benchmark.facts.dates is None


def test_coarser_bands_lie_where_their_grid_has_them(tmp_path: Path) -> None:
    """A window may begin within a pixel of 40 m, and end after the last whole one."""
    written = write_awf(tmp_path)
    benchmark = build(Awf(folder=tmp_path, cells=31), OPTICAL)
    sample, stored = all_samples(benchmark)[1], written[1]["sentinel2/B01_B09"][0]
    left, top = 25_640, -999_990
    found = band(sample, "sentinel2_l2a", "B01")[..., 1]
    for row in range(PIXELS):
        for column in range(PIXELS):
            place = ((top + row) // 4 - top // 4, (left + column) // 4 - left // 4)
            inside = all(part < size for part, size in zip(place, stored.shape, strict=True))
            assert found[row, column] == (stored[place] if inside else -99999)


def test_larger_samples_are_filled_up(tmp_path: Path) -> None:
    write_awf(tmp_path)
    benchmark = build(Awf(folder=tmp_path, cells=40), OPTICAL)
    sample, labels = all_samples(benchmark)[0], benchmark.labels[0]
    there = band(sample, "sentinel2_l2a", "B02")[..., 0] != -99999
    assert there.sum() == PIXELS**2 and there[4:35, 4:35].all()
    assert labels[4 + 15, 4 + 15] == 5 and (labels >= 0).sum() == 1


def test_radar_comes_as_decibels_on_its_own_days(tmp_path: Path) -> None:
    written = write_awf(tmp_path, radar=True)
    benchmark = build(Awf(folder=tmp_path, sensors=("sentinel2", "sentinel1")), BOTH)
    sample = all_samples(benchmark)[0]
    assert [day for day, _, _ in sample.timestamps.tolist()] == [10, 11, 1, 2]
    assert sample.present["sentinel1"].tolist() == [False, True, False, True]
    power = written[0]["sentinel1/vv_vh"][:, 7:23, 7:23]
    np.testing.assert_allclose(band(sample, "sentinel1", "vh")[..., 1], 10 * np.log10(power[1]), rtol=1e-5)


def test_nandi_and_lfmc_say_what_they_predict(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    bounds = (25_600, -1_000_000, 25_632, -999_968)
    layer = ("label_raster", "label")
    for split in ("train", "val", "test"):
        label = np.full((32, 32), 10, np.int32)
        label[16, 16], label[14, 15] = 3, 0
        write_window(tmp_path / "nandi", split, split=split, bounds=bounds, label=label, layer=layer)
        moisture = np.zeros((32, 32), np.float32)
        moisture[16, 16], moisture[3, 4] = 87.5, 60.0
        settings: dict[str, Any] = {"layer": ("labels", "value"), "radar": True}
        write_window(tmp_path / "lfmc", split, split=split, bounds=bounds, label=moisture, **settings)
    for name in ("nandi", "lfmc"):
        monkeypatch.setenv(f"{name.upper()}_DIR", str(tmp_path / name))
    nandi = build(Nandi(), OPTICAL)
    assert nandi.facts.classes[nandi.labels[0].max()] == "maize"
    lfmc = build(Lfmc(), BOTH)
    assert lfmc.facts.task == "pixel_regression" and lfmc.facts.unit == "%" and len(lfmc.facts.classes) == 1
    labels = lfmc.labels[np.arange(3)]
    assert labels.dtype == np.float32 and np.isfinite(labels).sum() == 6 and np.nanmax(labels) == 87.5
    ((split,),) = lfmc.draws
    assert split.validation.sum() == split.test.sum() == 1


def rewrite(path: Path, change: Any) -> None:
    content = json.loads(path.read_text())
    change(content)
    path.write_text(json.dumps(content))


def first(root: Path, name: str) -> Path:
    return root / "windows/spatial_split/window_0" / name


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda root: first(root, "items.json").unlink(), "states no date of image 0 of sentinel2"),
        (
            lambda root: rewrite(first(root, "items.json"), lambda rows: rows[0]["serialized_item_groups"].pop()),
            "image 1",
        ),
        (lambda root: first(root, "items.json").write_text("["), "items.json cannot be read"),
        (lambda root: first(root, "metadata.json").write_text("{}"), "metadata.json cannot be read"),
        (
            lambda root: rewrite(first(root, "metadata.json"), lambda facts: facts["options"].update(split="x")),
            "split 'x'",
        ),
        (lambda root: first(root, "layers/label/category/geotiff.tif").unlink(), "window_0 has no label"),
        (lambda root: first(root, "layers/sentinel2.1/B01_B09/geotiff.tif").unlink(), "lacks the bands B01, B09"),
    ],
)
def test_damaged_windows_are_named(tmp_path: Path, change: Any, text: str) -> None:
    write_awf(tmp_path)
    change(tmp_path)
    with pytest.raises(DataError, match=text):
        build(Awf(folder=tmp_path), OPTICAL)


def test_what_cannot_be_is_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"AWF_DIR\) holds no folder windows\n  unpack dataset.tar"):
        build(Awf(folder=tmp_path), OPTICAL)
    write_awf(tmp_path, days=(date(2023, 5, 1),))
    with pytest.raises(UserError, match="has no group of windows 'spatial'"):
        build(Awf(folder=tmp_path, window_group="spatial"), OPTICAL)
    with pytest.raises(DataError, match="window_0 has no layer sentinel1 or"):
        build(Awf(folder=tmp_path, sensors=("sentinel1",)), BOTH)
    with pytest.raises(DataError, match="has the label 9, and the classes are 0 to 8"):
        build(_Odd(folder=tmp_path), OPTICAL).labels[:]


class _Odd(Awf):
    """Takes the number for no label for a class."""

    unlabelled = ()


def test_windows_without_split_are_left_out_and_counted(tmp_path: Path) -> None:
    write_awf(tmp_path)
    bounds = (60_000, 0, 60_000 + PIXELS, PIXELS)
    write_window(tmp_path, "other", split="", bounds=bounds, label=labelled(1))
    benchmark = build(Awf(folder=tmp_path), OPTICAL)
    assert len(benchmark.labels) == 4 and benchmark.remarks()["windows_without_split"] == 1


def test_one_group_of_windows_is_read(tmp_path: Path) -> None:
    write_awf(tmp_path)
    write_awf(tmp_path, group="random_split")
    assert len(build(Awf(folder=tmp_path), OPTICAL).labels) == 4
    benchmark = build(Awf(folder=tmp_path, window_group="random_split"), OPTICAL)
    assert len(benchmark.labels) == 4 and benchmark.setup()["window_groups"] == "random_split"
