"""Sen1Floods11, in its publisher's layout and in OlmoEarth's."""

import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import rasterio

from spacenit_core.contracts.build import build
from spacenit_core.errors import DataError, UserError
from spacenit_evals import evaluate
from spacenit_evals.benchmarks.sen1floods11.config import S2_BANDS, Sen1Floods11
from spacenit_evals.embedders.random_convolutions import RandomConvolutions
from spacenit_evals.protocols.linear_probe import LinearProbe

from .dense_files import all_samples, assert_equal_samples, band, inputs
from .sen1floods11_files import Chips, write_chips, write_tensors

RADAR = inputs("sentinel1")
BOTH = inputs("sentinel1", "sentinel2")
S2 = ("sentinel1", "sentinel2")


@pytest.fixture(scope="module")
def chips(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Chips]:
    root = tmp_path_factory.mktemp("floods")
    return root, write_chips(root)


def test_all_tiles_are_kept_dry_ones_included(chips: tuple[Path, Chips], monkeypatch: pytest.MonkeyPatch) -> None:
    root, found = chips
    monkeypatch.setenv("FLOODS_DIR", str(root))
    benchmark = build(Sen1Floods11(sensors=S2), BOTH)
    assert benchmark.facts.classes == ("dry", "water") and benchmark.facts.group == "chip"
    assert benchmark.facts.dates == ("2018-09-18", "2018-09-19") and not benchmark.facts.dates_invented
    assert benchmark.labels.shape == (20, 64, 64) and np.bincount(benchmark.groups).tolist() == [4] * 5
    ((split,),) = benchmark.draws
    assert [side.sum() for side in (split.train, split.validation, split.test)] == [8, 4, 8]
    samples = all_samples(benchmark)
    s1, s2, labels = found["India_2"]
    for number, (row, column) in enumerate(((0, 0), (0, 64), (64, 0), (64, 64)), start=4):
        inside = slice(row, row + 64), slice(column, column + 64)
        np.testing.assert_array_equal(benchmark.labels[number], labels[0][inside])
        radar = np.nan_to_num(s1[:, *inside], nan=-99999)
        np.testing.assert_array_equal(band(samples[number], "sentinel1", "vv")[..., 0], radar[0])
        np.testing.assert_array_equal(band(samples[number], "sentinel1", "vh")[..., 0], radar[1])
        for place, name in enumerate(S2_BANDS):
            np.testing.assert_array_equal(band(samples[number], "sentinel2", name)[..., 0], s2[place][inside])
        assert samples[number].timestamps.tolist() == [[18, 8, 2018], [19, 8, 2018]]
        assert samples[number].present["sentinel1"].tolist() == [True, False]
        assert samples[number].latlon == pytest.approx((47 - (row + 32) * 9e-5, 8 + (column + 32) * 9e-5))


def test_it_is_evaluated_tile_by_tile(chips: tuple[Path, Chips]) -> None:
    embedder, protocol = RandomConvolutions(kernels=8), LinearProbe(epochs=60, learning_rates=(0.1,), seeds=1)
    report = evaluate(embedder, Sen1Floods11(folder=chips[0], test_split="bolivia"), protocol, patch_size=1)
    assert report.scores[0].metrics["accuracy"].value > 0.95
    assert report.facts["layout"] == "the publisher's chips" and report.facts["tested"] == "bolivia"


def test_the_flood_of_bolivia_is_tested_by_name(chips: tuple[Path, Chips]) -> None:
    root, found = chips
    benchmark = build(Sen1Floods11(folder=root, test_split="bolivia"), RADAR)
    ((split,),) = benchmark.draws
    assert np.flatnonzero(split.test).tolist() == [12, 13, 14, 15]
    np.testing.assert_array_equal(benchmark.labels[12], found["Bolivia_6"][2][0, :64, :64])
    assert benchmark.setup()["tested"] == "bolivia"
    assert benchmark.facts.version != build(Sen1Floods11(folder=root), RADAR).facts.version


def test_both_layouts_hold_equal_samples(chips: tuple[Path, Chips], tmp_path: Path) -> None:
    _, found = chips
    undated = tmp_path / "chips"
    write_chips(undated, dated=False)
    write_tensors(tmp_path / "tensors", found)
    settings: dict[str, Any] = {"variant": "as_published", "sensors": S2}
    tensors = build(Sen1Floods11(folder=tmp_path / "tensors", **settings), BOTH)
    assert tensors.setup()["layout"] == "tensors made by OlmoEarth"
    assert_equal_samples(build(Sen1Floods11(folder=undated, **settings), BOTH), tensors)
    # Of four tiles, one is dry, one has no label, and one has a missing pixel.
    assert len(tensors.labels) == 5 and tensors.remarks()["tiles_left_out"].startswith("5 of 10")
    assert len(build(Sen1Floods11(folder=tmp_path / "tensors"), RADAR).labels) == 10
    told = build(Sen1Floods11(folder=undated, **settings), BOTH).remarks()
    assert told["tiles_left_out"].startswith("15 of 20") and "stands for all" in told["dates"]


def test_other_names_of_the_same_layout(chips: tuple[Path, Chips], tmp_path: Path) -> None:
    root, _ = chips
    place = root / "data/flood_events/HandLabeled"
    for own, other in (("LabelHand", "LabelHand"), ("S1Hand", "s1"), ("S2Hand", "s2")):
        shutil.copytree(place / own, tmp_path / other)
    for path in (root / "splits/flood_handlabeled").glob("*.csv"):
        shutil.copy(path, tmp_path)
    shutil.copy(root / "Sen1Floods11_Metadata.geojson", tmp_path)
    config = Sen1Floods11(folder=root, sensors=S2)
    assert_equal_samples(build(config, BOTH), build(Sen1Floods11(folder=tmp_path, sensors=S2), BOTH))


def test_a_model_of_surface_reflectance_is_told_what_it_gets(chips: tuple[Path, Chips]) -> None:
    config = Sen1Floods11(folder=chips[0], sensors=("sentinel2",))
    benchmark = build(config, inputs("sentinel2_l2a"))
    assert benchmark.remarks()["sensor"] == "sentinel2 is handed on as sentinel2_l2a"
    with pytest.raises(UserError, match="is evaluated with sentinel1, and the model takes sentinel2"):
        build(Sen1Floods11(folder=chips[0]), inputs("sentinel2"))
    with pytest.raises(UserError, match=r"Sen1Floods11 has no sensor 'sentinel3'\n  did you mean"):
        build(Sen1Floods11(folder=chips[0], sensors=("sentinel3",)), RADAR)


@pytest.mark.parametrize(
    ("change", "text"),
    [
        (
            "data/flood_events/HandLabeled/S1Hand/India_4_S1Hand.tif",
            "lacks 1 of 10 files, first S1Hand/India_4_S1Hand.tif",
        ),
        ("splits/flood_handlabeled/flood_valid_data.csv", "lacks 1 of 3 files, first .*flood_valid_data.csv"),
        ("data/flood_events/HandLabeled/LabelHand", "FLOODS_DIR.* holds neither data/flood_events"),
    ],
)
def test_what_is_not_complete_is_named(chips: tuple[Path, Chips], tmp_path: Path, change: str, text: str) -> None:
    root = tmp_path / "floods"
    shutil.copytree(chips[0], root)
    path = root / change
    shutil.rmtree(path) if path.is_dir() else path.unlink()
    with pytest.raises(DataError, match=text):
        build(Sen1Floods11(folder=root), RADAR)


def test_damaged_lists_and_chips_are_named(chips: tuple[Path, Chips], tmp_path: Path) -> None:
    root = tmp_path / "floods"
    shutil.copytree(chips[0], root)
    image = root / "data/flood_events/HandLabeled/S1Hand/Ghana_1_S1Hand.tif"
    shutil.copy(root / "data/flood_events/HandLabeled/LabelHand/Ghana_1_LabelHand.tif", image)
    with pytest.raises(DataError, match=r"Ghana_1_S1Hand.tif has the shape \(1, 128, 128\) and not \(2, 128, 128\)"):
        all_samples(build(Sen1Floods11(folder=root), RADAR))
    (root / "splits/flood_handlabeled/flood_test_data.csv").write_text("Ghana_1\n")
    with pytest.raises(DataError, match="has the row Ghana_1"):
        build(Sen1Floods11(folder=root), RADAR)


def test_the_real_chip_is_read(real_evals: Path) -> None:
    folder = real_evals / "sen1floods11_spain"
    benchmark = build(Sen1Floods11(folder=folder, sensors=S2), BOTH)
    assert benchmark.labels.shape == (64, 64, 64)
    counts = [(benchmark.labels[:] == label).sum() for label in (-1, 0, 1)]
    assert counts == [99, 192_010, 70_035]
    samples = all_samples(benchmark)
    with rasterio.open(folder / "S1Hand/Spain_7370579_S1Hand.tif") as file:
        s1 = file.read()
    with rasterio.open(folder / "S2Hand/Spain_7370579_S2Hand.tif") as file:
        s2, names = file.read(), file.descriptions
    assert [name if len(name) > 2 else f"B0{name[1]}" for name in names] == list(S2_BANDS)
    for number in (0, 9, 63):
        row, column = (64 * part for part in divmod(number, 8))
        inside = slice(row, row + 64), slice(column, column + 64)
        for place, name in enumerate(("vv", "vh")):
            np.testing.assert_array_equal(band(samples[number], "sentinel1", name)[..., 0], s1[place][inside])
        for place, name in enumerate(S2_BANDS):
            np.testing.assert_array_equal(band(samples[number], "sentinel2", name)[..., 0], s2[place][inside])
    assert samples[0].latlon == pytest.approx((38.1259, -0.7790), abs=1e-4)
    assert len(benchmark.draws) == 5 and len(benchmark.draws[0]) == 5
    assert sum(split.test.sum() for split in benchmark.draws[0]) == 64
    assert benchmark.facts.group == "640 m of ground" and benchmark.facts.dates_invented
    with pytest.raises(UserError, match="no lists of chips, and so no split bolivia"):
        build(Sen1Floods11(folder=folder, test_split="bolivia"), RADAR)
