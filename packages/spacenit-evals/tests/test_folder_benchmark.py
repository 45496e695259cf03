"""A folder of labelled images: what the table may say, and what the images hold."""

import json
from pathlib import Path

import numpy as np
import pytest
import rasterio

from spacenit_core.cli.main import run as spacenit_run
from spacenit_core.contracts.build import build
from spacenit_core.errors import DataError, UserError
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.sensors.selection import SensorSet
from spacenit_evals import evaluate
from spacenit_evals.benchmarks.folder.config import LabelledFolder
from spacenit_evals.embedders.image_statistics import ImageStatistics
from spacenit_evals.protocols.knn import KNN

BANDS = ("B02", "B03", "B04", "B08")
SIDE = 8


def write_image(path: Path, pixels: np.ndarray, names: tuple[str, ...] = BANDS, nodata: float | None = None) -> None:
    profile = {"driver": "GTiff", "width": SIDE, "height": SIDE, "count": len(pixels), "dtype": pixels.dtype}
    profile["transform"] = rasterio.Affine(10, 0, 5e5, 0, -10, 5e6)
    with rasterio.open(path, "w", **profile, nodata=nodata) as file:
        file.write(pixels)
        if names:
            file.descriptions = names


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Twenty-four images, two to a site; forests are bright in B08."""
    rng = np.random.default_rng(0)
    (tmp_path / "images").mkdir()
    lines = ["file,label,group,date"]
    for number in range(24):
        label = ("forest", "water")[number // 2 % 2]
        pixels = rng.integers(200, 400, (4, SIDE, SIDE)).astype(np.uint16)
        pixels[3] += 2000 if label == "forest" else 0
        write_image(tmp_path / f"images/{number}.tif", pixels)
        lines.append(f"images/{number}.tif,{label},site {number // 2},2021-0{number % 9 + 1}-15")
    (tmp_path / "labels.csv").write_text("\n".join(lines))
    return tmp_path


def inputs(*sensors: str) -> ModelInputs:
    return ModelInputs(sensors=SensorSet.of(sensors or ("sentinel2_l2a",)), patch_size=4)


def rewrite(folder: Path, old: str, new: str, count: int = 1) -> None:
    path = folder / "labels.csv"
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new, count))


def test_images_come_with_classes_dates_and_sites(folder: Path) -> None:
    benchmark = build(LabelledFolder(folder=folder, scale=2.0), inputs())
    assert benchmark.facts.classes == ("forest", "water") and benchmark.facts.dates == ("2021-01-15", "2021-09-15")
    assert benchmark.labels.tolist() == [number // 2 % 2 for number in range(24)]
    assert len(np.unique(benchmark.groups)) == 12 and len(benchmark.draws) == 5
    (_, samples) = next(iter(benchmark.samples()))
    bands = benchmark.inputs.sensors["sentinel2_l2a"].bands
    with rasterio.open(folder / "images/5.tif") as file:
        for place, band in enumerate(BANDS, start=1):
            found = samples[5].bands["sentinel2_l2a"][:, :, 0, bands.index(band)]
            np.testing.assert_array_equal(found, 2.0 * file.read(place))
    assert samples[5].timestamps.tolist() == [[15, 5, 2021]]
    assert benchmark.remarks() == {"bands_absent": "B05, B06, B07, B8A, B11, B12, B01, B09"}


def test_sites_are_tested_whole_where_the_table_does_not_divide(folder: Path) -> None:
    report = evaluate(ImageStatistics(), LabelledFolder(folder=folder), KNN(k=3, standardise=False))
    assert report.scores[0].metrics["accuracy"].value == 1.0
    assert report.facts["folds"] == 5 and report.facts["test_blocks"] == 12


def test_the_split_of_the_table_prevails(folder: Path) -> None:
    lines = (folder / "labels.csv").read_text().splitlines()
    sides = ["split"] + ["train", "test", "validation"] * 8
    (folder / "labels.csv").write_text("\n".join(f"{line},{side}" for line, side in zip(lines, sides, strict=True)))
    ((split,),) = build(LabelledFolder(folder=folder), inputs()).draws
    assert (split.train.sum(), split.test.sum(), split.validation.sum()) == (8, 8, 8)


def test_pixels_without_a_number_are_missing_whatever_stands_for_them(folder: Path) -> None:
    pixels = np.full((4, SIDE, SIDE), 500, np.float32)
    pixels[0, 0, 0], pixels[1, 0, 1] = -1, np.nan
    write_image(folder / "images/0.tif", pixels, nodata=-1)
    benchmark = build(LabelledFolder(folder=folder), inputs())
    (_, samples) = next(iter(benchmark.samples()))
    found = samples[0].bands["sentinel2_l2a"][:, :, 0]
    bands = benchmark.inputs.sensors["sentinel2_l2a"].bands
    assert found[0, 0, bands.index("B02")] == found[0, 1, bands.index("B03")] == -99999
    assert (found[..., bands.index("B02")] == 500).sum() == SIDE * SIDE - 1


def test_bands_without_names_are_named_in_the_order_of_the_files(folder: Path) -> None:
    for number in range(24):
        write_image(folder / f"images/{number}.tif", np.full((4, SIDE, SIDE), number, np.uint16), names=())
    with pytest.raises(DataError, match=r"does not say which of its 4 bands are .*\n.*--benchmark.bands=\["):
        build(LabelledFolder(folder=folder), inputs())
    benchmark = build(LabelledFolder(folder=folder, bands=("B04", "B03", "B02", "x")), inputs())
    assert "B08" in str(benchmark.remarks()["bands_absent"])
    with pytest.raises(DataError, match="has 4 bands, and 2 are named"):
        build(LabelledFolder(folder=folder, bands=("B04", "B03")), inputs())


@pytest.mark.parametrize(
    ("old", "new", "text"),
    [
        ("file,label", "path,label", "has no column file, only path"),
        ("images/3.tif,water", "images/3.tif,", "line 5: it has no label"),
        ("images/3.tif", "images/333.tif", r"line 5: there is no file .*333\.tif"),
        ("images/3.tif", "../3.tif", "lies outside of the folder"),
        ("images/3.tif", "images/2.tif", r"lists .*2\.tif twice"),
        (",site 3,", ",,", "has no group, and others have one"),
        ("2021-04-15", "15.4.2021", r"the date '15\.4\.2021' is no day"),
    ],
)
def test_mistakes_in_the_table_are_named_with_their_line(folder: Path, old: str, new: str, text: str) -> None:
    rewrite(folder, old, new)
    with pytest.raises(DataError, match=text):
        build(LabelledFolder(folder=folder), inputs())


def test_other_mistakes_are_named(folder: Path) -> None:
    with pytest.raises(UserError, match="no folder of labelled images is named"):
        build(LabelledFolder(), inputs())
    with pytest.raises(UserError, match="the images are of sentinel2_l2a, and the model takes sentinel1"):
        build(LabelledFolder(folder=folder), inputs("sentinel1"))
    with pytest.raises(DataError, match=r"labels\.csv cannot be read"):
        build(LabelledFolder(folder=folder / "images"), inputs())
    rewrite(folder, "forest", "water", count=-1)
    with pytest.raises(DataError, match="24 images of 1 classes"):
        build(LabelledFolder(folder=folder), inputs())


def test_an_image_that_cannot_be_read_is_named(folder: Path) -> None:
    benchmark = build(LabelledFolder(folder=folder), inputs())
    assert len(list(benchmark.samples())) == 1
    (folder / "images/23.tif").write_bytes(b"II*\0")
    with pytest.raises(DataError, match=r"23\.tif cannot be read"):
        list(benchmark.samples())


def test_the_command_takes_it(folder: Path, run_folder: Path, tmp_path: Path) -> None:
    command = ["evaluate", str(run_folder), "--benchmark", "folder", f"--benchmark.folder={folder}"]
    assert spacenit_run([*command, "--protocol", "knn", "--out", str(tmp_path / "out")]) == 0
    facts = json.loads((tmp_path / "out/results.json").read_text())["facts"]
    assert facts["class_names"] == ["0 forest", "1 water"] and facts["points"] == 24
