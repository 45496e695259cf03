"""The world on disk: an H5 set, label rasters, a cache."""

from pathlib import Path

import h5py
import hdf5plugin  # noqa: F401  (registers the codec)
import numpy as np
import pytest
import rasterio

from spacenit_demo.world.generate import SENSORS, World, WorldSize, make_world
from spacenit_demo.world.labels import PER_CLASS, sample_points
from spacenit_demo.world.land_cover import CLASSES

SMALL = WorldSize(landscapes=2, tiles=2, tile_size=32)


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory) -> World:
    return make_world(tmp_path_factory.mktemp("world"), seed=5, size=SMALL)


def read(path: Path) -> tuple[np.ndarray, rasterio.Affine]:
    with rasterio.open(path) as file:
        return file.read(1), file.transform


def test_every_sample_is_there_with_the_arrays_it_claims(world: World) -> None:
    seen: set[str] = set()
    for index in range(SMALL.samples):
        with h5py.File(world.h5py_dir / f"sample_{index}.h5") as file:
            names = set(file) & set(SENSORS)
            seen |= names
            assert file["timestamps"].shape == (12, 3)
            for name in names:
                assert file[name].shape[:2] == (32, 32)
                if name in file["missing_timesteps_masks"]:
                    assert file[f"missing_timesteps_masks/{name}"][:].sum() == file[name].shape[2]
    assert seen == set(SENSORS)


def test_labels_and_tiles_share_one_grid(world: World) -> None:
    lines = (world.h5py_dir / "sample_locations.csv").read_text().splitlines()[1:]
    for line in lines:
        index, crs, left, top, gsd = line.split(",")
        codes, grid = read(world.truth[int(index) // SMALL.tiles**2])
        column, row = (float(left) - grid.c) / grid.a, (float(top) - grid.f) / grid.e
        assert crs == "EPSG:32633" and float(gsd) == 10.0
        assert row % 32 == 0 and column % 32 == 0
        assert 0 <= row < codes.shape[0] and 0 <= column < codes.shape[1]


def test_tiles_lie_where_their_labels_are(world: World) -> None:
    """WorldCover, cut into tiles, still agrees with the label raster of its place."""
    by_code = np.array([0] + [kind.worldcover for kind in CLASSES])
    agreement = []
    for index in range(SMALL.samples):
        truth, _ = read(world.truth[index // 4])
        row, column = (32 * place for place in divmod(index % 4, 2))
        with h5py.File(world.h5py_dir / f"sample_{index}.h5") as file:
            if "worldcover" in file:
                map_ = file["worldcover"][:, :, 0, 0]
                agreement.append((map_ == by_code[truth[row : row + 32, column : column + 32]]).mean())
    assert np.mean(agreement) > 0.8


def test_points_are_few_true_and_inside(world: World) -> None:
    for points, truth in zip(world.points, world.truth, strict=True):
        known, _ = read(points)
        codes, _ = read(truth)
        rows, columns = np.nonzero(known)
        assert 0 < len(rows) <= PER_CLASS * len(CLASSES) * SMALL.tiles**2
        for row, column in zip(rows, columns, strict=True):
            assert (codes[row - 1 : row + 2, column - 1 : column + 2] == known[row, column]).all()


def test_points_take_at_most_the_survey_size_per_class_and_tile() -> None:
    truth = np.full((64, 64), 3, dtype=np.uint8)
    truth[:, 32:] = 5
    points = sample_points(0, 0, truth, 32)
    assert np.bincount(points.ravel(), minlength=9).tolist() == [64 * 64 - 4 * PER_CLASS, 0, 0, 8, 0, 8, 0, 0, 0]


def test_a_second_call_finds_the_world_and_another_seed_makes_another(world: World, tmp_path: Path) -> None:
    calls: list[int] = []
    again = make_world(world.folder.parent, seed=5, size=SMALL, progress=lambda done, total: calls.append(done))
    assert again == world and not calls
    copy = make_world(tmp_path, seed=5, size=SMALL, progress=lambda done, total: calls.append(done))
    assert calls == list(range(1, SMALL.samples + 1))
    for index in range(SMALL.samples):
        name = f"sample_{index}.h5"
        assert (copy.h5py_dir / name).read_bytes() == (world.h5py_dir / name).read_bytes()
    other = make_world(tmp_path, seed=6, size=SMALL)
    assert (other.h5py_dir / "sample_0.h5").read_bytes() != (world.h5py_dir / "sample_0.h5").read_bytes()


def test_an_interrupted_world_is_made_again(tmp_path: Path) -> None:
    def stop(done: int, total: int) -> None:
        if done == 3:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        make_world(tmp_path, seed=5, size=SMALL, progress=stop)
    whole = make_world(tmp_path, seed=5, size=SMALL)
    assert (whole.h5py_dir / "sample_metadata.csv").exists()


def test_archives_lack_sensors_and_months_at_realistic_rates() -> None:
    from spacenit_core.rng import generator
    from spacenit_demo.world.generate import _MONTH_LACKING, _months

    for sensor, rate in _MONTH_LACKING.items():
        months = np.stack([_months(generator(0, "test", index), sensor) for index in range(400)])
        assert 0.3 * rate < 1 - months.mean() < 0.8 * rate
        assert months.any(axis=1).all()
