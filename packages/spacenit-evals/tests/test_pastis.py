"""PASTIS-R, in its publisher's layout and in OlmoEarth's."""

import json
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from attrs import evolve

from spacenit_core.contracts.build import build
from spacenit_core.errors import DataError, UserError
from spacenit_core.kinds.benchmarks import BENCHMARKS
from spacenit_evals.benchmarks.pastis.classes import CLASSES
from spacenit_evals.benchmarks.pastis.config import S2_BANDS
from spacenit_evals.benchmarks.pastis.entries import (
    Pastis128Sentinel2,
    PastisBoth,
    PastisSentinel1,
    PastisSentinel2,
)

from .dense_files import all_samples, assert_equal_samples, band, inputs
from .pastis_files import S1_DATES, S2_DATES, PatchArrays, quarters, write_patches, write_tensors

OPTICAL, RADAR = inputs("sentinel2_l2a"), inputs("sentinel1")
BOTH = inputs("sentinel2_l2a", "sentinel1")


@pytest.fixture(scope="module")
def patches(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[int, PatchArrays]]:
    root = tmp_path_factory.mktemp("pastis")
    return root, write_patches(root)


@pytest.fixture(scope="module")
def tensors(patches: tuple[Path, dict[int, PatchArrays]], tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("tensors")
    write_tensors(root, patches[1])
    return root


def month_mean(stack: np.ndarray, dates: tuple[int, ...], month: int) -> np.ndarray:
    return np.mean(
        [image.astype(float) for image, date in zip(stack, dates, strict=True) if date // 100 == month], axis=0
    )


def test_quarters_have_twelve_months_by_the_dates_of_each_sensor(
    patches: tuple[Path, dict[int, PatchArrays]], monkeypatch: pytest.MonkeyPatch
) -> None:
    root, found = patches
    monkeypatch.setenv("PASTIS_DIR", str(root))
    benchmark = build(PastisBoth(), BOTH)
    assert benchmark.facts.classes == CLASSES and len(CLASSES) == 19
    assert benchmark.facts.dates == ("2018-09-05", "2019-10-25") and not benchmark.facts.dates_invented
    assert benchmark.labels.shape == (24, 64, 64)
    ((split,),) = benchmark.draws
    assert [side.sum() for side in (split.train, split.validation, split.test)] == [16, 4, 4]
    # Folds come in order: 10001 (1), 10000 and 10005 (2), 10003 (3), 10004 (4), 10002 (5).
    number, patch = 4 * 2 + 1, found[10_005]
    (sample,) = next(benchmark.samples(np.array([number])))[1]
    months = [(2018 + month // 12, month % 12) for month in range(8, 20)]
    assert sample.timestamps.tolist() == [[15, month, year] for year, month in months]
    assert sample.present["sentinel2_l2a"].all()
    assert sample.present["sentinel1"].tolist() == [False] + [True] * 11
    expected = quarters(month_mean(patch.s2, S2_DATES, 201902))[1]
    for place, name in enumerate(S2_BANDS):
        np.testing.assert_allclose(band(sample, "sentinel2_l2a", name)[..., 5], expected[place], rtol=1e-6)
    assert (band(sample, "sentinel2_l2a", "B01") == -99999).all()
    radar = quarters(month_mean(patch.s1, S1_DATES, 201902))[1]
    for place, name in enumerate(("vv", "vh")):
        # September has no image of Sentinel-1: February is its fifth.
        np.testing.assert_allclose(band(sample, "sentinel1", name)[..., 4], radar[place], rtol=1e-5)
    label = quarters(patch.target[0].astype(int))[1]
    np.testing.assert_array_equal(benchmark.labels[number], np.where(label == 19, -1, label))
    assert sample.latlon == pytest.approx((45.5, 4.9), abs=0.2)


def test_neighbours_are_one_group(patches: tuple[Path, dict[int, PatchArrays]]) -> None:
    fine, coarse = (build(PastisSentinel2(folder=patches[0], block=metres), OPTICAL) for metres in (1280.0, 100_000.0))
    assert np.bincount(fine.groups).tolist() == [4] * 6 and fine.facts.group == "1280 m of ground"
    assert len(np.unique(coarse.groups)) == 1


def test_all_dates_are_there_by_name(patches: tuple[Path, dict[int, PatchArrays]]) -> None:
    root, found = patches
    config = PastisBoth(folder=root, series="dates")
    (sample,) = next(build(config, BOTH).samples(np.array([0])))[1]
    days = sorted({*S1_DATES, *S2_DATES})
    assert [year * 10_000 + (month + 1) * 100 + day for day, month, year in sample.timestamps.tolist()] == days
    at = sample.present["sentinel1"].nonzero()[0].tolist()
    assert [days[place] for place in at] == list(S1_DATES)
    np.testing.assert_array_equal(
        band(sample, "sentinel1", "vh")[..., 7], quarters(found[10_001].s1[7, 1].astype(np.float32))[0]
    )
    short = inputs("sentinel2_l2a", "sentinel1", max_timesteps=10)
    (cut,) = next(build(config, short).samples(np.array([0])))[1]
    assert len(cut.timestamps) == 10 and cut.timestamps[0].tolist() == [5, 8, 2018]


def test_both_layouts_hold_equal_samples(
    patches: tuple[Path, dict[int, PatchArrays]], tensors: Path, tmp_path: Path
) -> None:
    root, found = patches
    one, other = (build(PastisSentinel2(folder=folder), OPTICAL) for folder in (root, tensors))
    assert (one.setup()["layout"], other.setup()["layout"]) == ("the publisher's arrays", "tensors made by OlmoEarth")
    assert_equal_samples(one, other, rtol=1e-6)
    assert np.bincount(other.groups).tolist() == [4] * 6 and other.facts.group == "patch"
    one, other = (build(PastisSentinel1(folder=folder, variant="as_published"), RADAR) for folder in (root, tensors))
    for mine, theirs in zip(all_samples(one), all_samples(other), strict=True):
        np.testing.assert_allclose(mine.bands["sentinel1"], theirs.bands["sentinel1"], rtol=1e-5)
        np.testing.assert_array_equal(mine.timestamps, theirs.timestamps)
    write_tensors(tmp_path, found, quartered=False)
    one, other = (build(Pastis128Sentinel2(folder=folder), OPTICAL) for folder in (root, tmp_path))
    assert_equal_samples(one, other, rtol=1e-6)


def test_radar_in_wrong_months_is_refused(patches: tuple[Path, dict[int, PatchArrays]], tensors: Path) -> None:
    with pytest.raises(UserError, match=r"under the dates of Sentinel-2, and so in wrong months\n  set PASTIS_DIR"):
        build(PastisSentinel1(folder=tensors), RADAR)
    right, wrong = (
        all_samples(build(PastisSentinel1(folder=patches[0], variant=name), RADAR))[0]
        for name in ("corrected", "as_published")
    )
    assert right.timestamps[0].tolist() == [15, 9, 2018] and wrong.timestamps[0].tolist() == [15, 8, 2018]
    assert not np.allclose(right.bands["sentinel1"][..., 0, :], wrong.bands["sentinel1"][..., 0, :])


@pytest.mark.parametrize(
    ("config", "text"),
    [
        (PastisSentinel2(series="dates"), "holds means of months, and no images by date"),
        (Pastis128Sentinel2(), r"PASTIS_DIR_ORIG\) holds tiles of 64 pixels, and not of 128"),
    ],
)
def test_tensors_that_are_not_what_was_asked_for(tensors: Path, config: Any, text: str) -> None:
    with pytest.raises(UserError, match=text):
        build(evolve(config, folder=tensors), OPTICAL)


def copied(source: Path, target: Path) -> Path:
    shutil.copytree(source, target, copy_function=lambda a, b: Path(b).hardlink_to(a))
    return target


def edited(root: Path, change: Any) -> None:
    path = root / "metadata.geojson"
    content = json.loads(path.read_text())
    change(content["features"])
    path.unlink()
    path.write_text(json.dumps(content))


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (lambda root: (root / "DATA_S2/S2_10003.npy").unlink(), "lacks 1 of 12 files, first DATA_S2/S2_10003.npy"),
        (lambda root: edited(root, lambda rows: rows[0]["properties"].update(Fold=7)), "patch 10000 into fold 7"),
        (
            lambda root: edited(root, lambda rows: rows[0]["properties"].pop("dates-S2")),
            "10000 has no dates of sentinel2",
        ),
        (lambda root: edited(root, lambda rows: rows.pop(2)), "none in fold 5"),
        (
            lambda root: edited(root, lambda rows: rows[1]["properties"]["dates-S2"].update({"0": 20191305})),
            "cannot be read",
        ),
    ],
)
def test_damaged_sets_are_named(
    patches: tuple[Path, dict[int, PatchArrays]], tmp_path: Path, change: Any, text: str
) -> None:
    root = copied(patches[0], tmp_path / "pastis")
    change(root)
    with pytest.raises(DataError, match=text):
        build(PastisSentinel2(folder=root), OPTICAL)


def test_arrays_that_do_not_fit_their_dates(patches: tuple[Path, dict[int, PatchArrays]], tmp_path: Path) -> None:
    root = copied(patches[0], tmp_path / "pastis")
    path = root / "DATA_S2/S2_10001.npy"
    path.unlink()
    np.save(path, np.ones((3, 10, 128, 128), np.int16))
    with pytest.raises(DataError, match=r"has the shape \(3, 10, 128, 128\), and 28 dates of 10 bands"):
        all_samples(build(PastisSentinel2(folder=root), OPTICAL))
    path.write_bytes(path.read_bytes()[:1000])
    with pytest.raises(DataError, match=r"S2_10001.npy cannot be read"):
        all_samples(build(PastisSentinel2(folder=root), OPTICAL))
    np.save(path, np.array([{}], dtype=object), allow_pickle=True)
    with pytest.raises(DataError, match=r"S2_10001.npy cannot be read"):
        all_samples(build(PastisSentinel2(folder=root), OPTICAL))


def test_damaged_tensors_are_named(tensors: Path, tmp_path: Path) -> None:
    root = copied(tensors, tmp_path / "tensors")
    (root / "pastis_r_test/s2_images/2.pt").unlink()
    with pytest.raises(DataError, match=r"lacks 1 of 24 files, first pastis_r_test/s2_images/2.pt"):
        build(PastisSentinel2(folder=root), OPTICAL)
    torch.save(torch.zeros(12, 9, 64, 64), root / "pastis_r_test/s2_images/2.pt")
    with pytest.raises(DataError, match=r"has the shape \(12, 9, 64, 64\) and not \(12, 13, 64, 64\)"):
        all_samples(build(PastisSentinel2(folder=root), OPTICAL))


def test_the_guides_names_are_installed() -> None:
    for size, variable in (("pastis", "PASTIS_DIR"), ("pastis128", "PASTIS_DIR_ORIG")):
        for sensors in ("sentinel2", "sentinel1", "sentinel1_sentinel2"):
            config = BENCHMARKS.get(f"{size}_{sensors}")
            assert config.variable == variable and "_".join(config().used) == sensors
