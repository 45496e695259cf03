"""Batches are a pure function of seed and step, whatever the ranks, the workers and the moment of resuming."""

import json
from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import attrs
import numpy as np
import pytest
import torch

from spacenit_core import GeoSample
from spacenit_core.errors import DataError, UserError
from spacenit_core.pretrained.batch import as_batch
from spacenit_core.samples.batch import Batch
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.samples.visibility import DECODE, ENCODE, MISSING
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.spec import NODATA
from spacenit_data import H5Tiles, Loader
from spacenit_data.loader.collate import collate, visible_batch
from spacenit_data.loader.config import TileLoaderConfig
from spacenit_data.loader.order import SampleOrder
from spacenit_data.loader.schedule import RandomSizes, max_timesteps

V1 = ["sentinel2_l2a", "sentinel1", "landsat", "worldcover", "srtm", "openstreetmap_raster"]
V1 += ["wri_canopy_height_map", "cdl", "worldcereal"]
SENSORS = ["sentinel2_l2a", "sentinel1", "srtm", "era5_10", "latlon"]
MakeSet = Callable[..., tuple[Path, dict[int, dict[str, Any]]]]


def config(**changes: Any) -> TileLoaderConfig:
    """Small batches, read inline."""
    small = {"global_batch_size": 4, "max_patch_size": 4, "sampled_hw_p_list": (1, 2, 3), "num_workers": 0, "seed": 1}
    return TileLoaderConfig(**{**small, **changes})


def batches(loader: Loader, first_step: int, count: int) -> list[Batch]:
    """Some batches; the loader is closed afterwards."""
    try:
        return list(islice(loader.batches(first_step), count))
    finally:
        loader.close()


def assert_equal(first: Batch, second: Batch) -> None:
    """Bit for bit."""
    assert set(first.pixels) == set(second.pixels)
    for name, values in first.pixels.items():
        assert torch.equal(values, second.pixels[name]), name
    for name in ("timestamps", "visibility", "indices"):
        assert torch.equal(getattr(first, name), getattr(second, name)), name
    assert (first.layout.patch_size, first.layout.rows) == (second.layout.patch_size, second.layout.rows)


def test_every_sample_comes_once_per_pass() -> None:
    order = SampleOrder(23, 5, seed=3, repeats=2)
    assert order.steps_per_epoch == 8
    passes = [[order.indices(4 * p + s, np.arange(5)) for s in range(4)] for p in range(3)]
    for steps in passes:
        assert len(set(np.concatenate(steps).tolist())) == 20
    assert len({tuple(np.concatenate(steps)) for steps in passes}) == 3
    whole = SampleOrder(20, 5, seed=3)
    assert sorted(np.concatenate([whole.indices(s, np.arange(5)) for s in range(4)])) == list(range(20))
    assert SampleOrder(20, 5, seed=3, shuffle=False).indices(5, np.arange(5)).tolist() == [5, 6, 7, 8, 9]
    tail = SampleOrder(22, 5, seed=3, shuffle=False)
    found = np.concatenate([tail.indices(step, np.arange(5)) for step in range(12)])
    np.testing.assert_array_equal(found, np.arange(60) % 22)
    assert all(len(set(found[start : start + 20])) == 20 for start in (0, 20, 40))
    halves = [order.indices(6, positions) for positions in (np.arange(2), np.arange(2, 5))]
    assert np.concatenate(halves).tolist() == order.indices(6, np.arange(5)).tolist()
    with pytest.raises(UserError, match=r"global_batch_size=24 is more than the 23"):
        SampleOrder(23, 24, seed=0)


def test_steps_within_the_token_budget() -> None:
    hw = range(1, 13)
    v1 = SensorSet.of(V1)
    assert [max_timesteps(v1, n, 2250) for n in hw] == [12, 12, 12, 12, 12, 9, 6, 4, 3, 2, 2, 1]
    assert [max_timesteps(SensorSet.of([*V1, "latlon"]), n, 2250) for n in hw] == [
        max_timesteps(v1, n, 2250) for n in hw
    ]
    s2 = SensorSet.of(["sentinel2_l2a"])
    assert [max_timesteps(s2, n, 2250) for n in hw] == [12, 12, 12, 12, 12, 12, 12, 11, 9, 7, 6, 5]
    one_group = [attrs.evolve(spec, band_groups=spec.band_groups[:1]) for spec in SensorSet.of(V1)]
    grouped = SensorSet.of(one_group)
    assert [max_timesteps(grouped, n, 2250) for n in hw] == [12, 12, 12, 12, 12, 12, 12, 9, 7, 5, 4, 3]
    landsat = {"sentinel2_l2a": [s2["sentinel2_l2a"].bands], "landsat": [v1["landsat"].bands]}
    single = SensorSet.of(V1, band_groups=landsat)
    assert [max_timesteps(single, n, 2250) for n in hw] == [max_timesteps(v1, n, 2250) for n in hw]
    assert [max_timesteps(single, n, 2250, "model") for n in hw] == [max_timesteps(grouped, n, 2250) for n in hw]
    assert max_timesteps(SensorSet.of(["srtm"]), 12, 2250) == 1
    assert max_timesteps(v1, 12, None) == 12
    with pytest.raises(UserError, match=r"token_budget=100 .* needs 192 tokens"):
        max_timesteps(v1, 4, 100)


def test_window_sizes_fit_and_do_not_depend_on_the_rank() -> None:
    sensors = SensorSet.of(V1)
    schedule, again = (RandomSizes(config(max_patch_size=8), sensors, 24) for _ in range(2))
    shapes = [schedule.shape(step) for step in range(400)]
    assert shapes == [again.shape(step) for step in range(400)]
    assert {shape.patch_size for shape in shapes} == set(range(1, 9))
    assert {shape.patches for shape in shapes} == {1, 2, 3}
    narrow = RandomSizes(config(max_patch_size=8, sampled_hw_p_list=(3, 12)), sensors, 24)
    assert {s.patches for s in map(narrow.shape, range(300)) if s.patch_size > 2} == {3}
    with pytest.raises(UserError, match=r"(?s)larger than the samples.*max_patch_size=8.*sampled_hw_p_list=\[4\]"):
        RandomSizes(config(max_patch_size=8, sampled_hw_p_list=(4,)), sensors, 24)
    with pytest.raises(UserError, match=r"sampled_hw_p_list has 25"):
        RandomSizes(config(max_patch_size=8, sampled_hw_p_list=(1, 25)), sensors, 24)


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"max_patch_size": 2, "min_patch_size": 3}, "at least min_patch_size=3"),
        ({"sampled_hw_p_list": ()}, "numbers of patches"),
        ({"sampled_hw_p_list": (0, 1)}, "numbers of patches"),
        ({"max_corrupt_fraction": 2.0}, "between 0 and 1"),
    ],
)
def test_settings_that_make_no_sense(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        config(**changes)


def small_tile(rng: np.random.Generator, missing_share: float) -> SampleWindow:
    """A window of 6 x 6 cells and 3 of 4 steps, with missing pixels in two sensors."""
    bands = {
        "sentinel2_l2a": rng.integers(0, 9000, (6, 6, 2, 12)).astype(np.int32),
        "sentinel1": rng.normal(-12, 4, (6, 6, 3, 2)).astype(np.float32),
        "naip_10": rng.integers(0, 255, (24, 24, 1, 4)).astype(np.uint8),
        "era5_10": rng.normal(280, 4, (3, 6)).astype(np.float32),
        "latlon": np.array([45.0, -90.0], np.float32),
    }
    for name in ("sentinel2_l2a", "sentinel1", "era5_10"):
        bands[name][rng.random(bands[name].shape) < missing_share] = NODATA
    present = {"sentinel2_l2a": np.array([True, False, True]), "sentinel1": np.ones(3, bool)}
    present |= {"naip_10": np.ones(1, bool), "era5_10": np.ones(3, bool), "latlon": np.ones(1, bool)}
    times = np.array([[1, 4, 2020], [1, 5, 2020], [1, 6, 2020]])
    return SampleWindow(index=3, bands=bands, present=present, timestamps=times, latlon=np.zeros(2, np.float32))


@pytest.mark.parametrize("missing_share", [0.0, 0.01])
def test_collated_pixels_and_tokens_are_those_of_a_slow_search(missing_share: float) -> None:
    sensors = SensorSet.of(["sentinel2_l2a", "sentinel1", "naip_10", "era5_10", "latlon", "srtm"])
    tiles = [small_tile(np.random.default_rng(seed), missing_share) for seed in (0, 1)]
    del tiles[1].bands["sentinel1"], tiles[1].present["sentinel1"]
    windows = collate(tiles, sensors, patch_size=3, rows=2, columns=2, timesteps=4)
    pixels, missing, layout, timestamps = windows.pixels, windows.missing, windows.layout, windows.timestamps
    assert timestamps[0].tolist() == [[1, 4, 2020], [1, 5, 2020], [1, 6, 2020], [1, 6, 2020]]
    for b, tile in enumerate(tiles):
        for spec in sensors:
            out = pixels[spec.name][b]
            assert out.shape == spec.shape(6, 6, 4)
            assert out.dtype == np.float32
            expected = np.zeros(out.shape)
            there = np.zeros(out.shape, bool)
            if spec.name in tile.bands:
                scale, offset = spec.normalization.scale_and_offset()  # type: ignore[union-attr]
                steps = np.flatnonzero(tile.present[spec.name]) if spec.temporal else [0]
                for stored, step in enumerate(steps):
                    place = (..., step, slice(None)) if out.ndim > 1 else ...
                    raw = tile.bands[spec.name][..., stored, :] if out.ndim > 1 else tile.bands[spec.name]
                    expected[place] = np.where(raw == NODATA, 0, raw * scale + offset)
                    there[place] = raw != NODATA
            np.testing.assert_allclose(out, expected, rtol=2e-5, atol=2e-5)
            block = layout[spec.name]
            size = 3 * spec.pixels_per_cell
            tokens = missing[b, block.tokens].reshape(block.shape)
            for row, column, step, group in np.ndindex(block.shape):
                part = there
                if spec.spatial:
                    part = part[row * size : (row + 1) * size, column * size : (column + 1) * size]
                if part.ndim > 1:
                    part = part[..., step, :]
                whole = part[..., list(spec.group_channels[group])].all()
                assert tokens[row, column, step, group] == (not whole)


def test_normalised_values_are_those_of_the_reference() -> None:
    sensors = SensorSet.of(["sentinel2_l2a", "ndvi", "worldcereal", "openstreetmap_raster"])
    s2 = np.full((1, 1, 1, 12), 1513.0573882432757)
    low = 1513.0573882432757 - 2 * 1740.7757298757895
    bands = {"sentinel2_l2a": s2, "ndvi": np.zeros((1, 1, 1, 1)), "worldcereal": np.full((1, 1, 1, 8), 100, np.uint8)}
    bands["openstreetmap_raster"] = np.ones((1, 1, 1, 30), np.uint8)
    tile = SampleWindow(
        index=0,
        bands=bands,
        present={name: np.ones(1, bool) for name in bands},
        timestamps=np.array([[1, 0, 2020]]),
        latlon=np.zeros(2, np.float32),
    )
    pixels = visible_batch([tile], sensors, patch_size=1).pixels
    assert pixels["sentinel2_l2a"][0, 0, 0, 0, 2] == pytest.approx(0.5, abs=1e-6)
    assert pixels["ndvi"].item() == pytest.approx(0.5)
    assert (pixels["worldcereal"] == 1).all()
    assert (pixels["openstreetmap_raster"] == 1).all()
    bands["sentinel2_l2a"] = np.full((1, 1, 1, 12), low)
    assert visible_batch([tile], sensors, patch_size=1).pixels["sentinel2_l2a"][..., 2].item() == pytest.approx(
        0, abs=1e-6
    )


def test_visible_batches_show_what_is_there(make_set: MakeSet) -> None:
    folder, samples = make_set(2)
    dataset = H5Tiles(folder, SENSORS)
    tiles = [dataset.read_window(index, row=2, column=1, cells=8) for index in range(2)]
    batch = visible_batch(tiles, dataset.sensors, patch_size=4)
    assert batch.visibility.shape == (1, 2, len(batch.layout))
    for b in range(2):
        block = batch.layout["sentinel1"]
        shown = batch.visibility[0, b, block.tokens].reshape(block.shape)
        there = samples[b]["present"].get("sentinel1", np.zeros(12, bool))
        expected = torch.from_numpy(np.where(there, ENCODE, MISSING).astype(np.uint8))
        assert torch.equal(shown, expected[None, None, :, None].expand(block.shape))
    with pytest.raises(UserError, match="cannot be cut into patches of 3"):
        visible_batch(tiles, dataset.sensors, patch_size=3)


def test_sensors_without_statistics_are_refused(make_set: MakeSet, coin: Any) -> None:
    folder, _ = make_set(4)
    srtm = attrs.evolve(SensorSet.of(["srtm"])["srtm"], normalization=None)
    with pytest.raises(UserError, match=r"(?s)srtm has no normalisation statistics.*data stats"):
        Loader(config(), H5Tiles(folder, ["sentinel2_l2a", srtm]), masking=coin)


@pytest.mark.parametrize("layout", ["ours", "peer"])
def test_two_ranks_hold_the_rows_of_one(make_set: MakeSet, coin: Any, layout: str) -> None:
    folder, _ = make_set(9, layout)
    dataset = H5Tiles(folder, SENSORS)
    one = batches(Loader(config(), dataset, masking=coin), 0, 6)
    two = [batches(Loader(config(), dataset, masking=coin, rank=r, world_size=2), 0, 6) for r in range(2)]
    for whole, first, second in zip(one, *two, strict=True):
        assert whole.visibility.shape[:2] == (2, 4)
        assert set(whole.visibility.unique().tolist()) <= {ENCODE, DECODE, MISSING}
        for part, rows in zip((first, second), whole.micro_batches(2), strict=True):
            assert_equal(part, rows)
    assert len({(batch.layout.patch_size, batch.layout.rows) for batch in one}) > 1
    with pytest.raises(UserError, match="shared evenly among 3"):
        Loader(config(), dataset, masking=coin, world_size=3)


def test_resuming_gives_the_batches_of_running_through(make_set: MakeSet, coin: Any) -> None:
    folder, _ = make_set(9)
    dataset = H5Tiles(folder, SENSORS)
    loader = Loader(config(), dataset, masking=coin)
    assert loader.steps_per_epoch == 2
    through = batches(loader, 0, 7)
    for first, second in zip(through[4:], batches(Loader(config(), dataset, masking=coin), 4, 3), strict=True):
        assert_equal(first, second)
    assert loader.wait_seconds > 0
    epochs = [torch.cat([b.indices for b in through[e : e + 2]]).tolist() for e in (0, 2, 4)]  # type: ignore[misc]
    assert all(len(set(epoch)) == 8 for epoch in epochs)
    other = batches(Loader(config(seed=2), dataset, masking=coin), 0, 1)[0]
    assert not torch.equal(other.indices, through[0].indices)  # type: ignore[arg-type]


def test_spawned_workers_give_the_batches_of_inline_reading(make_set: MakeSet, coin: Any) -> None:
    folder, _ = make_set(9, "peer")
    (folder / "sample_4.h5").write_bytes(b"not an H5 file")
    dataset = H5Tiles(folder, SENSORS)
    torch.manual_seed(0)
    draws = torch.get_rng_state()
    loader = Loader(config(num_workers=2, on_corrupt="skip"), dataset, masking=coin)
    try:
        ahead = list(islice(loader.batches(0), 5))
        workers = loader._loader._iterator._workers  # type: ignore[union-attr]
        again = list(islice(loader.batches(3), 2))
        assert loader._loader._iterator._workers is workers  # type: ignore[union-attr]
    finally:
        loader.close()
    assert [worker.exitcode for worker in workers] == [0, 0]
    assert torch.equal(torch.get_rng_state(), draws)
    inline = batches(Loader(config(on_corrupt="skip"), dataset, masking=coin), 0, 5)
    for first, second in zip([*ahead, *again], [*inline, *inline[3:]], strict=True):
        assert_equal(first, second)
    assert loader.corrupt_samples == 1


def test_workers_hand_errors_over_as_values(make_set: MakeSet, coin: Any) -> None:
    folder, _ = make_set(4)
    dataset = H5Tiles(folder, SENSORS)
    (folder / "sample_2.h5").write_bytes(b"not an H5 file")
    loader = Loader(config(), dataset, masking=coin)
    assert isinstance(loader._loader.dataset[0].error, DataError)
    with pytest.raises(DataError, match=r"sample_2\.h5 cannot be read"):
        batches(loader, 0, 1)


def test_workers_are_capped_to_the_cores(make_set: MakeSet, coin: Any, caplog: Any, monkeypatch: Any) -> None:
    folder, _ = make_set(4)
    monkeypatch.setattr("os.sched_getaffinity", lambda _: {0, 1, 2, 3}, raising=False)
    monkeypatch.setenv("LOCAL_WORLD_SIZE", "2")
    dataset = H5Tiles(folder, SENSORS)
    loaders = [
        Loader(config(num_workers=12), dataset, masking=coin, rank=rank, world_size=2, pin_memory=False)
        for rank in (0, 1)
    ]
    assert [loader._loader.num_workers for loader in loaders] == [2, 2]
    assert [record.getMessage() for record in caplog.records] == [
        "data_loader.num_workers=12 is lowered to 2: there are 4 cores"
    ]


def test_corrupt_samples_are_replaced_the_same_on_every_rank(make_set: MakeSet, coin: Any, tmp_path: Path) -> None:
    folder, _ = make_set(12)
    dataset = H5Tiles(folder, SENSORS)
    assert dataset.tile_size == 24
    for number in (3, 7):
        damaged = bytearray((folder / f"sample_{number}.h5").read_bytes())
        for place in range(len(damaged) // 2, len(damaged), 50):
            damaged[place] ^= 4
        (folder / f"sample_{number}.h5").write_bytes(damaged)
    with pytest.raises(DataError, match=r"sample_[37]\.h5"):
        batches(Loader(config(), dataset, masking=coin), 0, 3)

    skip = config(on_corrupt="skip", max_corrupt_fraction=0.5)
    one = Loader(skip, dataset, masking=coin)
    whole = batches(one, 0, 6)
    assert one.corrupt_samples == 2
    assert not {3, 7} & set(torch.cat([batch.indices for batch in whole]).tolist())  # type: ignore[misc]
    for rank in range(2):
        part = batches(Loader(skip, dataset, masking=coin, rank=rank, world_size=2), 0, 6)
        for first, second in zip(whole, part, strict=True):
            assert_equal(list(first.micro_batches(2))[rank], second)

    quarantine = config(on_corrupt="quarantine", max_corrupt_fraction=0.5)
    (tmp_path / "run").mkdir()
    (tmp_path / "run" / "quarantine.jsonl").write_text('{"index": 1, "st')
    for _ in range(2):
        batches(Loader(quarantine, dataset, masking=coin, run_folder=tmp_path / "run"), 0, 6)
    torn, *whole_lines = (tmp_path / "run" / "quarantine.jsonl").read_text().splitlines()
    assert torn == '{"index": 1, "st'
    lines = [json.loads(line) for line in whole_lines]
    assert sorted(line["index"] for line in lines) == [3, 7]
    assert all("cannot be read" in line["message"] for line in lines)
    with pytest.raises(DataError, match=r"2 of 12 samples .*max_corrupt_fraction=0\.1"):
        batches(Loader(config(on_corrupt="skip", max_corrupt_fraction=0.1), dataset, masking=coin), 0, 6)
    with pytest.raises(UserError, match="needs a run folder"):
        Loader(config(on_corrupt="quarantine"), dataset, masking=coin)


class BrokenTiles:
    """A data set of which no sample can be read."""

    sensors = SensorSet.of(["srtm"])
    tile_size = 24

    def __len__(self) -> int:
        return 1000

    def read(self, index: int, **_: Any) -> SampleWindow:
        """Fail."""
        raise DataError(f"sample_{index}.h5 is broken")


def test_nothing_but_corrupt_samples_ends_in_an_error(coin: Any) -> None:
    dataset: Any = BrokenTiles()
    with pytest.raises(DataError, match=r"could not be read.*sample_\d+\.h5 is broken"):
        batches(Loader(config(on_corrupt="skip", max_corrupt_fraction=1.0), dataset, masking=coin), 0, 1)


def test_a_batch_of_the_loader_is_that_of_a_sample_in_hand(make_set: MakeSet) -> None:
    folder, _ = make_set(1, "plain")
    window = H5Tiles(folder, ["srtm", "naip_10"]).read_window(0)
    window.bands["srtm"] = window.bands["srtm"].astype(np.float32)
    window.bands["srtm"][2, 5] = NODATA
    sensors = SensorSet.of(window.bands)

    ours = visible_batch([window], sensors, patch_size=4)
    bands = {name: torch.from_numpy(values.astype(np.float32))[None] for name, values in window.bands.items()}
    theirs = as_batch(GeoSample(bands=bands, timestamps=ours.timestamps), sensors, 4)

    assert torch.equal(ours.visibility, theirs.visibility)
    assert (ours.visibility == MISSING).sum() == 1
    for name, values in ours.pixels.items():
        torch.testing.assert_close(values, theirs.pixels[name], rtol=1e-6, atol=1e-6)
