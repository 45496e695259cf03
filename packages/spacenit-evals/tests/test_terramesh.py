"""TerraMesh: GeoTIFFs by modality."""

import shutil
from pathlib import Path

import numpy as np
import pytest
import rasterio

from spacenit_core.contracts.build import build
from spacenit_core.errors import DataError, UserError
from spacenit_evals.benchmarks.terramesh.config import S2_BANDS, TerraMesh

from .dense_files import all_samples, band, inputs, write_tif

BOTH = inputs("sentinel2_l2a", "sentinel1")
SENSORS = ("sentinel2_l2a", "sentinel1")


def write_tiles(root: Path) -> dict[str, np.ndarray]:
    """Two tiles of 64 pixels with three classes, clouds and unknown pixels; name -> codes."""
    rng, found = np.random.default_rng(4), {}
    for number, name in enumerate(("1A_1B_0_0", "2A_2B_1_1")):
        codes = rng.choice(np.array([0, 1, 2, 8, 9], np.uint8), (64, 64))
        place = (500_000.0 + 100_000 * number, 5_200_000.0)
        write_tif(
            root / "LULC" / f"{name}.tif", codes[None], corner=place, tags={"datetime": f"2021-0{number + 3}-04T10"}
        )
        optical = rng.integers(1, 5000, (12, 64, 64)).astype(np.int16)
        write_tif(root / "S2L2A" / f"{name}.tif", optical, corner=place)
        radar = rng.normal(-12, 3, (2, 64, 64))
        write_tif(root / "S1RTC" / f"{name}.tif", radar, corner=place, tags={"datetime": f"2021-0{number + 3}-06T05"})
        found[name] = codes
    return found


def test_tiles_are_read_by_parts(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    codes = write_tiles(tmp_path)
    monkeypatch.setenv("TERRAMESH_DIR", str(tmp_path))
    benchmark = build(TerraMesh(sensors=SENSORS, folds=4, draws=2), BOTH)
    assert benchmark.facts.classes == ("water", "trees", "rangeland") and benchmark.facts.codes == (1, 2, 9)
    assert benchmark.facts.group == "320 m of ground" and benchmark.labels.shape == (8, 32, 32)
    assert benchmark.facts.dates == ("2021-03-04", "2021-04-06")
    found = codes["2A_2B_1_1"][32:, :32]
    np.testing.assert_array_equal(benchmark.labels[6], np.array([-1, 0, 1, *[-1] * 6, 2])[found])
    sample = all_samples(benchmark)[6]
    assert sample.timestamps.tolist() == [[4, 3, 2021], [6, 3, 2021]]
    assert sample.present["sentinel2_l2a"].tolist() == [True, False]
    assert len(benchmark.draws) == 2 and [split.test.sum() for split in benchmark.draws[0]] == [2] * 4


def test_what_is_wrong_is_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"TERRAMESH_DIR\) holds no LULC/NAME.tif"):
        build(TerraMesh(folder=tmp_path), BOTH)
    write_tiles(tmp_path)
    with pytest.raises(UserError, match="cannot be cut into parts of 30"):
        build(TerraMesh(folder=tmp_path, tile=30), BOTH)
    with pytest.raises(UserError, match="2 groups cannot be dealt into 5 folds"):
        build(TerraMesh(folder=tmp_path, tile=64), BOTH)
    write_tif(tmp_path / "LULC/1A_1B_0_0.tif", np.full((1, 64, 64), 9, np.uint8))
    with pytest.raises(DataError, match=r"1A_1B_0_0.tif states no date"):
        build(TerraMesh(folder=tmp_path), BOTH)
    write_tif(tmp_path / "LULC/1A_1B_0_0.tif", np.full((1, 64, 64), 11, np.uint8))
    with pytest.raises(DataError, match=r"1A_1B_0_0.tif has the code 11"):
        build(TerraMesh(folder=tmp_path), BOTH)
    (tmp_path / "S2L2A/2A_2B_1_1.tif").unlink()
    with pytest.raises(DataError, match=r"lacks 1 of 4 files, first S2L2A/2A_2B_1_1.tif"):
        build(TerraMesh(folder=tmp_path), BOTH)


def test_the_real_tiles_are_read(real_evals: Path, tmp_path: Path) -> None:
    folder = real_evals / "terramesh_examples"
    benchmark = build(TerraMesh(folder=folder, sensors=SENSORS, draws=1), BOTH)
    assert benchmark.labels.shape == (245, 32, 32) and benchmark.facts.codes == (1, 2, 3, 4, 5, 6, 7, 9)
    assert benchmark.facts.dates == ("2017-10-30", "2023-06-10")
    names = sorted(path.stem for path in (folder / "LULC").glob("*.tif"))
    for place, row, column in ((0, 0, 0), (2, 3, 5), (4, 6, 6)):
        number = place * 49 + row * 7 + column
        (sample,) = next(benchmark.samples(np.array([number])))[1]
        inside = slice(row * 32, row * 32 + 32), slice(column * 32, column * 32 + 32)
        stored = {}
        for modality in ("S2L2A", "S1RTC", "LULC"):
            with rasterio.open(folder / modality / f"{names[place]}.tif") as file:
                stored[modality] = file.read()[:, *inside]
        for channel, name in enumerate(S2_BANDS):
            np.testing.assert_array_equal(band(sample, "sentinel2_l2a", name)[..., 0], stored["S2L2A"][channel])
        for channel, name in enumerate(("vv", "vh")):
            radar = stored["S1RTC"][channel].astype(np.float32)
            np.testing.assert_array_equal(band(sample, "sentinel1", name)[..., 0], radar)
        codes = np.array(benchmark.facts.codes)[benchmark.labels[number]]
        np.testing.assert_array_equal(codes, stored["LULC"][0])
    (sample,) = next(benchmark.samples(np.array([0])))[1]
    assert sample.timestamps.tolist() == [[21, 6, 2021], [23, 6, 2021]]
    assert sample.present["sentinel1"].tolist() == [True, False]
    shutil.copytree(folder / "LULC", tmp_path / "LULC")
    with pytest.raises(DataError, match="lacks 5 of 10 files"):
        build(TerraMesh(folder=tmp_path), BOTH)
