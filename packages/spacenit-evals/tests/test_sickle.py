"""SICKLE: masks of plots, seasons, sides and yields of the publisher's files."""

from pathlib import Path

import numpy as np
import pytest

from spacenit_core.contracts.build import build
from spacenit_core.errors import DataError, UserError
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.sensors.selection import SensorSet
from spacenit_evals import evaluate
from spacenit_evals.benchmarks.sickle.sickle import Sickle
from spacenit_evals.benchmarks.sickle.sickle_yield import SickleYield
from spacenit_evals.embedders.raw_pixels import RawPixels
from spacenit_evals.protocols.ridge import Ridge

from .sickle_files import BANDS, write_sickle


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    return write_sickle(tmp_path)


def inputs(*sensors: str) -> ModelInputs:
    return ModelInputs(sensors=SensorSet.of(sensors or ("sentinel2_l2a", "sentinel1")), patch_size=4)


def test_plots_of_the_own_side_count_and_nothing_else_does(folder: Path) -> None:
    benchmark = build(Sickle(folder=folder), inputs())
    labels = np.asarray(benchmark.labels)
    assert labels.shape == (12, 32, 32) and benchmark.facts.classes == ("paddy", "other crops")
    # Of 40 cells the first 20 are the upper 16 of 32.
    assert (labels[:, 16:] == -1).all() and (labels[0, :16, :16] == 0).all() and (labels[0, :16, 16:] == 1).all()
    # The neighbour of the last training plot is tested, that of the last plot of all is trained on.
    assert (labels[7, :16, :16] == 1).all() and (labels[7, :16, 16:] == -1).all() and (labels[11, :16, 16:] == -1).all()
    ((split,),) = benchmark.draws
    assert (int(split.train.sum()), split.validation, int(split.test.sum())) == (8, None, 4)
    assert "withheld" in str(benchmark.remarks()["test_samples"])
    assert benchmark.facts.group == "0.02 degrees of ground" and len(np.unique(benchmark.groups)) == 12


def test_months_of_the_season_are_means_of_fit_images(folder: Path) -> None:
    benchmark = build(Sickle(folder=folder), inputs())
    (_, samples) = next(iter(benchmark.samples(np.array([2]))))
    sample, bands = samples[0], benchmark.inputs.sensors["sentinel2_l2a"].bands
    # The image of June is half empty, and July lies behind the season.
    assert sample.present["sentinel2_l2a"].tolist() == [True, False, True, False, False, False]
    assert sample.present["sentinel1"].tolist() == [False, False, False, True, False, False]
    assert [tuple(date) for date in sample.timestamps] == [(15, month, 2019) for month in range(6)]
    root = folder / "images" / "S2" / "npy" / "102"
    january = [np.load(path) for path in sorted(root.glob("T44PKT_201901*.npz"))]
    cells = np.arange(32) * 40 // 32
    for band in BANDS:
        ours = f"B0{band[1]}" if len(band) == 2 else band
        expected = np.mean([image[band][np.ix_(cells, cells)] for image in january], axis=0)
        np.testing.assert_allclose(sample.bands["sentinel2_l2a"][:, :, 0, bands.index(ours)], expected, rtol=1e-6)
    assert sample.bands["sentinel1"][3, 4].tolist() == [[-10, -17]]
    assert abs(sample.latlon[0] - 10.85) < 0.05 and abs(sample.latlon[1] - 79.2) < 0.1


def test_yields_are_those_of_the_plot(folder: Path) -> None:
    benchmark = build(SickleYield(folder=folder), inputs())
    assert np.asarray(benchmark.labels).tolist() == [1500 - 400 * (number % 2) for number in range(12) if number != 5]
    assert benchmark.remarks()["samples_without_label"] == 1
    assert (benchmark.facts.task, benchmark.facts.unit, benchmark.facts.classes) == (
        "regression",
        "kg per acre",
        ("yield",),
    )
    report = evaluate(RawPixels(), SickleYield(folder=folder), Ridge())
    assert report.scores[0].metrics["RMSE"].value < 130


def test_mistakes_are_named(folder: Path) -> None:
    with pytest.raises(UserError, match="the plots have sentinel2_l2a and sentinel1, and the model takes landsat"):
        build(Sickle(folder=folder), inputs("landsat"))
    path = folder / "images" / "S2" / "npy" / "100" / "T44PKT_20190105T050000.npz"
    path.write_bytes(path.read_bytes()[:100])
    with pytest.raises(DataError, match=r"T44PKT_20190105T050000\.npz cannot be read"):
        list(build(Sickle(folder=folder), inputs()).samples())
    table = folder / "sickle_dataset_tabular.csv"
    table.write_text(table.read_text().replace("jan-jun", "kharif", 1))
    with pytest.raises(DataError, match=r"line 2: .*kharif"):
        build(Sickle(folder=folder), inputs())
    (folder / "masks" / "10m" / "103.tif").unlink()
    table.write_text(table.read_text().replace("kharif", "jan-jun", 1))
    with pytest.raises(DataError, match=r"103\.tif cannot be read"):
        build(Sickle(folder=folder), inputs())
