"""Maps of a pretraining set as what is predicted."""

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from attrs import evolve

from spacenit_core.contracts.build import build
from spacenit_core.errors import DataError, UserError
from spacenit_core.kinds.benchmarks import BENCHMARKS
from spacenit_data.h5.writer import H5SetWriter, SampleArrays
from spacenit_evals.benchmarks.map_targets.config import MapClasses, MapValues
from spacenit_evals.benchmarks.map_targets.entries import (
    MapCanopyHeight,
    MapCropland,
    MapElevation,
    MapOpenStreetMap,
    MapWorldCereal,
    MapWorldCover,
)

from .dense_files import all_samples, inputs

OPTICAL = inputs("sentinel2_l2a")
TILE, COUNT = 16, 30
MAPS = ("worldcover", "openstreetmap_raster", "cdl", "worldcereal", "srtm", "wri_canopy_height_map", "eurocrops")


@pytest.fixture(scope="module")
def maps(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[dict[str, np.ndarray]]]:
    """Tiles in six squares of 5 degrees; the last lacks the maps."""
    rng = np.random.default_rng(5)
    writer = H5SetWriter(tmp_path_factory.mktemp("maps"), ("sentinel2_l2a", *MAPS), count=COUNT, tile_size=TILE)
    found = []
    grid = (TILE, TILE, 1)
    for index in range(COUNT):
        held = {
            "worldcover": rng.choice(np.array([0, 10, 40, 95, 100], np.uint8), (*grid, 1)),
            "openstreetmap_raster": (rng.random((*grid, 30)) > 0.9).astype(np.uint8),
            "cdl": rng.integers(0, 256, (*grid, 1)).astype(np.uint8),
            "worldcereal": rng.choice(np.array([0, 100, 255], np.uint8), (*grid, 8)),
            "srtm": rng.integers(-5, 900, (*grid, 1)).astype(np.int16),
            "wri_canopy_height_map": rng.choice(np.array([0, 7, 255], np.uint8), (*grid, 1)),
            "eurocrops": rng.choice(np.array([0, 3301, 51000], np.uint16), (*grid, 1)),
        }
        optical = rng.integers(1, 4000, (TILE, TILE, 3, 12)).astype(np.uint16)
        bands = {"sentinel2_l2a": optical} | (held if index < COUNT - 1 else {})
        present = {"sentinel2_l2a": np.ones(3, bool)}
        writer.write(
            index,
            SampleArrays(
                bands=bands,
                present=present,
                timestamps=np.array([(1, month, 2020) for month in (2, 5, 8)], dtype=np.int32),
                latlon=np.array([46.0, 2.5 + 5 * (index % 6)], dtype=np.float32),
                location=None,
            ),
        )
        found.append({**held, "optical": optical})
    return writer.finish(), found


def centre(array: np.ndarray) -> np.ndarray:
    """The middle 8 x 8 cells of a map ``[H, W, C]``."""
    return array[4:12, 4:12, 0]


def expected(name: str, held: np.ndarray) -> np.ndarray:
    """Labels by the rules in words."""
    first = held[..., 0].astype(float)
    if name == "worldcover":
        codes = (10, 20, 30, 40, 50, 60, 70, 80, 90, 95, 100)
        return np.vectorize(lambda code: codes.index(code) if code in codes else -1)(first)
    if name == "openstreetmap_raster":
        return np.where(held.any(axis=-1), held.argmax(axis=-1), -1)
    if name == "cdl":
        return np.where(first == 0, -1, first - 1)
    if name == "worldcereal":
        known = ((held == 100).any(axis=-1)) & (first != 255)
        return np.where(known, first == 100, -1)
    if name == "eurocrops":
        return np.where(first == 0, -1, np.where(first == 3301, 0, 1))
    return np.where((first == 255) & (name == "wri_canopy_height_map"), np.nan, first)


@pytest.mark.parametrize(
    ("config", "classes"),
    [
        (MapWorldCover(), 11),
        (MapOpenStreetMap(), 30),
        (MapCropland(), 255),
        (MapWorldCereal(), 2),
        (MapElevation(), 1),
        (MapCanopyHeight(), 1),
        (MapClasses(target="eurocrops"), 2),
    ],
)
def test_a_map_is_the_label(maps: tuple[Path, list[dict[str, np.ndarray]]], config: Any, classes: int) -> None:
    folder, held = maps
    benchmark = build(evolve(config, folder=folder, cells=8), OPTICAL)
    assert len(benchmark.facts.classes) == classes and benchmark.facts.task == config.predicts
    samples = all_samples(benchmark)
    assert len(samples) == COUNT - 1 and benchmark.remarks()["samples_without_map"] == 1
    for number in (0, 7, COUNT - 2):
        labels = benchmark.labels[np.array([number])][0]
        np.testing.assert_array_equal(labels, expected(config.target, centre(held[number][config.target])))
        order = [0, 1, 2]
        np.testing.assert_array_equal(
            samples[number].bands["sentinel2_l2a"], held[number]["optical"][4:12, 4:12, order]
        )
        assert samples[number].timestamps[:, 1].tolist() == [2, 5, 8]


def test_samples_are_dealt_one_by_one_or_by_squares(maps: tuple[Path, list[dict[str, np.ndarray]]]) -> None:
    folder, _ = maps
    one = build(MapWorldCover(folder=folder), OPTICAL)
    ((split,),) = one.draws
    assert [side.sum() for side in (split.train, split.validation, split.test)] == [14, 7, 8]
    few = build(MapWorldCover(folder=folder, train_samples=6, validation_samples=2, test_samples=4), OPTICAL)
    assert len(few.labels) == 12
    assert one.facts.group == "5 degrees of latitude and longitude" and len(np.unique(one.groups)) == 6
    squares = build(MapWorldCover(folder=folder, split="geographic"), OPTICAL)
    ((split,),) = squares.draws
    sides = [set(squares.groups[side]) for side in (split.train, split.validation, split.test)]
    assert [len(side) for side in sides] == [4, 1, 1] and not sides[0] & sides[1] | sides[0] & sides[2]
    other = build(MapWorldCover(folder=folder, split="geographic", seed=1), OPTICAL)
    assert other.facts.version != squares.facts.version


def test_the_runs_own_set_is_used_where_none_is_named() -> None:
    run = {"dataset": {"h5py_dir": "/data/set", "months_from": 1}}
    config = MapElevation().for_run(run)
    assert config.folder == Path("/data/set") and config.months_from == 1
    assert MapElevation(folder=Path("/own")).for_run(run).folder == Path("/own")
    assert MapElevation().for_run({}).folder is None


def test_what_cannot_be_is_refused(maps: tuple[Path, list[dict[str, np.ndarray]]], tmp_path: Path) -> None:
    folder, _ = maps
    for config, text in (
        (MapClasses(target="srtm"), "the values of srtm are m\n  choose the benchmark map_values"),
        (MapValues(target="cdl"), "choose the benchmark map_classes"),
        (MapClasses(target="sentinel1"), "sentinel1 is no map that lies in files"),
        (MapClasses(target="worldcovers"), "worldcover"),
        (MapValues(target="worldpop"), "has none of the sensors worldpop"),
        (MapWorldCover(sensors=("landsat",)), "has none of the sensors landsat"),
    ):
        with pytest.raises(UserError, match=text):
            build(evolve(config, folder=folder), inputs("sentinel2_l2a", "landsat"))
    with pytest.raises(UserError, match="no set of H5 samples is named"):
        build(MapWorldCover(), OPTICAL)
    with pytest.raises(UserError, match=r"holds no sample_metadata.csv"):
        build(MapWorldCover(folder=tmp_path), OPTICAL)


def test_a_code_that_a_map_cannot_have_is_named(tmp_path: Path) -> None:
    writer = H5SetWriter(tmp_path, ("sentinel2_l2a", "worldcover"), count=4, tile_size=8)
    for index in range(4):
        bands = {
            "sentinel2_l2a": np.ones((8, 8, 1, 12), np.uint16),
            "worldcover": np.full((8, 8, 1, 1), 33, np.uint8),
        }
        present = {"sentinel2_l2a": np.ones(1, bool)}
        latlon, dates = np.array([46.0, 2.5], np.float32), np.array([(1, 2, 2020)], np.int32)
        writer.write(index, SampleArrays(bands=bands, present=present, timestamps=dates, latlon=latlon, location=None))
    with pytest.raises(DataError, match="worldcover has the code 33"):
        build(MapWorldCover(folder=writer.finish()), OPTICAL).labels[:]


def test_the_usual_maps_are_installed() -> None:
    for name in ("worldcover", "osm", "cdl", "worldcereal", "srtm", "canopy_height", "classes", "values"):
        assert BENCHMARKS.get(f"map_{name}").predicts in ("segmentation", "pixel_regression")
