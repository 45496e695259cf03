"""Points of the WorldCereal project: units, months, missing numbers, blocks."""

from pathlib import Path

import numpy as np
import pyarrow
import pyarrow.parquet
import pytest

from spacenit_core.contracts.build import build
from spacenit_core.errors import DataError, UserError
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.sensors.selection import SensorSet
from spacenit_evals import evaluate
from spacenit_evals.benchmarks.grouped_folds import grouped_folds
from spacenit_evals.benchmarks.worldcereal.worldcereal_points import FILE, WorldCerealPoints, columns
from spacenit_evals.embedders.image_statistics import ImageStatistics
from spacenit_evals.protocols.knn import KNN
from spacenit_evals.protocols.logistic_blocks import LogisticBlocks

POINTS = 40


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Forty points on a line of longitudes, four to a block; crops are bright in B08."""
    rng = np.random.default_rng(0)
    crops = np.arange(POINTS) % 2 == 0
    table = {name: rng.integers(500, 900, POINTS).astype(np.uint16) for name in columns()}
    for name in table:
        if "-B08-" in name:
            table[name] = table[name] + np.where(crops, 2000, 0).astype(np.uint16)
    table |= {"lat": np.full(POINTS, 5.0, np.float32), "lon": (np.arange(POINTS) // 4 * 10 - 50).astype(np.float32)}
    table |= {"LANDCOVER_LABEL": np.where(crops, 11, 20).astype(np.uint16)}
    dates = {"start_date": ["2020-10-28"] * POINTS, "end_date": ["2021-10-27"] * POINTS}
    table["OPTICAL-B02-ts3-10m"][1] = 65535
    table["SAR-VH-ts0-20m"][1] = 0
    pyarrow.parquet.write_table(pyarrow.table(table | dates), tmp_path / FILE)
    return tmp_path


def inputs(*sensors: str) -> ModelInputs:
    return ModelInputs(sensors=SensorSet.of(sensors or ("sentinel2_l2a", "sentinel1")), patch_size=4)


def test_numbers_come_in_the_units_of_the_sensors(folder: Path) -> None:
    benchmark = build(WorldCerealPoints(folder=folder), inputs())
    (_, samples) = next(iter(benchmark.samples()))
    table = pyarrow.parquet.read_table(folder / FILE)
    optical, radar = samples[1].bands["sentinel2_l2a"], samples[1].bands["sentinel1"]
    bands = benchmark.inputs.sensors["sentinel2_l2a"].bands
    assert optical.shape == (1, 1, 12, 12) and radar.shape == (1, 1, 12, 2)
    assert optical[0, 0, 5, bands.index("B12")] == table["OPTICAL-B12-ts5-20m"][1].as_py()
    assert optical[0, 0, 3, bands.index("B02")] == -99999 and (optical[..., bands.index("B09")] == -99999).all()
    vv = benchmark.inputs.sensors["sentinel1"].bands.index("vv")
    assert radar[0, 0, 4, vv] == pytest.approx(20 * np.log10(table["SAR-VV-ts4-20m"][1].as_py()) - 83, abs=1e-4)
    assert radar[0, 0, 0, 1 - vv] == -99999


@pytest.mark.parametrize(("rule", "first"), [("start", (28, 9, 2020)), ("middle", (12, 10, 2020))])
def test_the_month_of_a_step_follows_the_rule(folder: Path, rule: str, first: tuple[int, int, int]) -> None:
    benchmark = build(WorldCerealPoints(folder=folder, month_rule=rule), inputs())
    (_, samples) = next(iter(benchmark.samples()))
    assert tuple(samples[0].timestamps[0]) == first
    assert np.diff([month + 12 * year for _, month, year in samples[0].timestamps]).tolist() == [1] * 11
    assert benchmark.setup()["month_rule"] == rule


def test_blocks_of_the_globe_are_tested_whole(folder: Path) -> None:
    benchmark = build(WorldCerealPoints(folder=folder), inputs())
    assert np.bincount(benchmark.groups).tolist() == [4] * 10 and len(benchmark.draws) == 5
    for draw in benchmark.draws:
        assert (np.sum([split.test for split in draw], axis=0) == 1).all()
        for split in draw:
            assert not {*benchmark.groups[split.train]} & {*benchmark.groups[split.test]}
    report = evaluate(ImageStatistics(), WorldCerealPoints(folder=folder), KNN(k=5, standardise=False))
    assert report.scores[0].metrics["balanced accuracy"].value > 0.8
    assert report.facts["test_blocks"] == 10


def test_folds_are_of_about_one_size_and_differ_between_draws() -> None:
    rng = np.random.default_rng(0)
    groups, labels = rng.integers(0, 60, 500), rng.integers(0, 3, 500)
    draws = grouped_folds(groups, labels, folds=5, draws=4, seed=0)
    sizes = [[int(split.test.sum()) for split in draw] for draw in draws]
    assert all(max(row) - min(row) < 25 for row in sizes)
    assert len({draw[0].test.tobytes() for draw in draws}) == 4
    again = grouped_folds(groups, labels, folds=5, draws=4, seed=0)
    for one, other in zip(draws, again, strict=True):
        assert all(np.array_equal(first.test, second.test) for first, second in zip(one, other, strict=True))
    with pytest.raises(UserError, match="3 groups cannot be dealt into 4 folds"):
        grouped_folds(np.arange(6) // 2, np.arange(6) % 2, folds=4, draws=1, seed=0)


def test_mistakes_are_named(folder: Path, tmp_path: Path) -> None:
    with pytest.raises(UserError, match="the points have sentinel2_l2a and sentinel1, and the model takes landsat"):
        build(WorldCerealPoints(folder=folder), inputs("landsat"))
    (tmp_path / "other").mkdir()
    with pytest.raises(DataError, match=r"worldcereal_testdf\.parquet cannot be read"):
        build(WorldCerealPoints(folder=tmp_path / "other"), inputs())
    (folder / FILE).write_bytes(b"PAR1")
    with pytest.raises(DataError, match="cannot be read"):
        build(WorldCerealPoints(folder=folder), inputs())


def test_real_points_give_the_score_that_was_measured_elsewhere(real_evals: Path) -> None:
    protocol = LogisticBlocks(strengths=(0.05,))
    report = evaluate(
        ImageStatistics(), WorldCerealPoints(folder=real_evals / "worldcereal_points", draws=2), {"logistic": protocol}
    )
    # 0.741 with a deviation of 0.017 over eight draws of folds, by other code.
    assert report.scores[0].metrics["balanced accuracy"].value == pytest.approx(0.741, abs=0.03)
    assert report.facts["test_blocks"] == 89
