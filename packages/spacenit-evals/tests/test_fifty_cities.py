"""50 Cities, in its authors' layout and in OlmoEarth's."""

import random
import shutil
from pathlib import Path

import numpy as np
import pytest
import torch

from spacenit_core.contracts.build import build
from spacenit_core.errors import DataError
from spacenit_evals.benchmarks.fifty_cities.config import (
    S2_BANDS,
    FiftyCities,
    FiftyCitiesByCity,
    FiftyCitiesByContinent,
)
from spacenit_evals.benchmarks.fifty_cities.splits import sides_of_tiles

from .dense_files import all_samples, assert_equal_samples, band, inputs
from .fifty_cities_files import City, write_cities, write_tiles

BOTH = inputs("sentinel2_l2a", "sentinel1")
SENSORS = ("sentinel2", "sentinel1")


@pytest.fixture(scope="module")
def cities(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, dict[str, City]]:
    root = tmp_path_factory.mktemp("cities")
    return root, write_cities(root)


def test_tiles_of_cities_are_read(cities: tuple[Path, dict[str, City]], monkeypatch: pytest.MonkeyPatch) -> None:
    root, found = cities
    monkeypatch.setenv("FIFTY_CITIES_DIR", str(root))
    benchmark = build(FiftyCities(sensors=SENSORS), BOTH)
    assert benchmark.facts.classes == ("colour #0a14c8", "colour #c81e28") and benchmark.facts.group == "city"
    # Athens has six whole tiles, of which one is empty; Kyoto two, Lima two, Oslo and Suva one each.
    assert np.bincount(benchmark.groups).tolist() == [5, 2, 2, 1, 1]
    assert benchmark.remarks()["cities_without_labels"] == 1
    samples, oslo = all_samples(benchmark), found["Oslo"]
    np.testing.assert_array_equal(benchmark.labels[9], oslo.labels[:64, :64])
    assert benchmark.labels[9][3, 3] == 1, "a smoothed edge counts as the nearest colour"
    for place, name in enumerate(S2_BANDS):
        np.testing.assert_array_equal(band(samples[9], "sentinel2_l2a", name)[..., 0], oslo.s2[place, :64, :64])
    # The rasters hold VH before VV, as power.
    assert band(samples[9], "sentinel1", "vh")[20, 30, 0] == pytest.approx(10 * np.log10(oslo.s1[0, 20, 30]), rel=1e-5)
    assert band(samples[9], "sentinel1", "vv")[20, 30, 0] == pytest.approx(10 * np.log10(oslo.s1[1, 20, 30]), rel=1e-5)
    assert band(samples[9], "sentinel1", "vv")[5, 6, 0] == band(samples[9], "sentinel1", "vv")[7, 8, 0] == -99999


@pytest.mark.parametrize("variant", ["corrected", "as_published"])
@pytest.mark.parametrize("config", [FiftyCities, FiftyCitiesByCity, FiftyCitiesByContinent])
def test_both_layouts_hold_equal_samples(
    cities: tuple[Path, dict[str, City]], tmp_path: Path, config: type[FiftyCities], variant: str
) -> None:
    root, found = cities
    write_tiles(tmp_path, found)
    one, other = (build(config(folder=folder, sensors=SENSORS, variant=variant), BOTH) for folder in (root, tmp_path))
    assert_equal_samples(one, other, rtol=1e-5)
    assert one.facts.classes == other.facts.classes
    lowest = min(float(sample.bands["sentinel1"].min()) for sample in all_samples(one))
    assert lowest == (-99999.0 if variant == "corrected" else pytest.approx(-60.0))


def test_sides_share_no_city_and_no_continent() -> None:
    counts = {"Athens": 3, "Berlin": 1, "Cairo": 2, "Kyoto": 4, "Lima": 2, "Oslo": 1, "Suva": 2, "Toronto": 5}
    owner = np.repeat(sorted(counts), [counts[city] for city in sorted(counts)])
    by_city = sides_of_tiles(counts, "city")
    assert all(len(set(by_city[owner == city])) == 1 for city in counts)
    # The reference: a shuffle by Python's generator with seed 42.
    shuffled = sorted(counts)
    random.Random(42).shuffle(shuffled)
    assert set(owner[by_city == 0]) == set(shuffled[:6]) and set(owner[by_city == 2]) == set(shuffled[7:])
    by_continent = sides_of_tiles(counts, "continent")
    assert len({by_continent[owner == city][0] for city in ("Athens", "Berlin", "Oslo")}) == 1
    assert set(by_continent) == {0, 1, 2} == set(sides_of_tiles(counts, "tile"))
    with pytest.raises(DataError, match="50 Cities has no city 'Atlantis'"):
        sides_of_tiles({**counts, "Atlantis": 1}, "continent")


def test_what_is_not_complete_is_named(cities: tuple[Path, dict[str, City]], tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"FIFTY_CITIES_DIR\) holds neither manifest.json nor CITY/label.png"):
        build(FiftyCities(folder=tmp_path), BOTH)
    root = tmp_path / "cities"
    shutil.copytree(cities[0], root)
    shutil.copy(root / "Lima/S1.tif", root / "Kyoto/S1.tif")
    with pytest.raises(DataError, match=r"Kyoto has S2.tif \(12, 64, 130\), S1.tif \(2, 128, 64\)"):
        build(FiftyCities(folder=root), BOTH)
    (root / "Kyoto/S1.tif").unlink()
    with pytest.raises(DataError, match=r"lacks 1 of 15 files, first Kyoto/S1.tif"):
        build(FiftyCities(folder=root), BOTH)
    write_tiles(tmp_path / "tiles", cities[1])
    torch.save({"s2": torch.zeros(12, 64, 64)}, tmp_path / "tiles/tiles/Kyoto/0.pt")
    with pytest.raises(DataError, match=r"Kyoto/0.pt \(label\) holds no tensor"):
        build(FiftyCities(folder=tmp_path / "tiles"), BOTH).labels[:]
