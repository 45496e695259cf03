"""Augmentations: what moves, what stays, and that ranks and workers do not matter."""

from collections.abc import Callable
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from spacenit_core.config import structure
from spacenit_core.kinds.transforms import TransformConfig
from spacenit_core.rng import Draws
from spacenit_core.samples.batch import Batch
from spacenit_core.samples.layout import SensorBlock, TokenLayout
from spacenit_core.samples.normalized_windows import NormalizedWindows
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.spec import BandGroup, SensorSpec
from spacenit_data import H5Tiles, Loader
from spacenit_data.loader.augmentation import Augmentation
from spacenit_data.loader.config import TileLoaderConfig
from spacenit_data.transforms.cutmix import CutMix, rectangle, same_months
from spacenit_data.transforms.dihedral import ALL, KEEPING_SHAPE, Dihedral, placed
from spacenit_data.transforms.sensor_dropout import SensorDropout

MakeSet = Callable[..., tuple[Path, dict[int, dict[str, Any]]]]


def sensor(name: str, groups: int, **options: Any) -> SensorSpec:
    bands = tuple(BandGroup(bands=(f"{name}{number}",), gsd=10.0) for number in range(groups))
    return SensorSpec(name=name, band_groups=bands, **{"temporal": True, **options})


SENSORS = SensorSet(
    (
        sensor("optical", 2),
        sensor("radar", 1),
        sensor("map", 1, temporal=False, pixels_per_cell=2),
        sensor("weather", 2, spatial=False),
        sensor("place", 2, spatial=False, temporal=False),
    )
)
PATCH, STEPS = 2, 3


def row_and_column(block: SensorBlock, batch: int, side: int) -> np.ndarray:
    """Pixels that say in which row and column of the grid of cells they were, ``[B, H, W, T, C]``."""
    fine = side * block.sensor.pixels_per_cell
    y, x = np.indices((fine, fine)) // block.sensor.pixels_per_cell
    values = (100 + 10 * y + x)[None, :, :, None, None] + 1000 * np.arange(batch)[:, None, None, None, None]
    shape = (batch, *block.sensor.shape(side, side, block.timesteps))
    return np.broadcast_to(values, shape).astype(np.float32).copy()


def windows(batch: int = 8, *, patches: int = 3, seed: int = 0) -> NormalizedWindows:
    """Windows whose pixels tell their sample and place; a part of the tokens is missing, with pixels of 0."""
    rng = np.random.default_rng(seed)
    layout = TokenLayout.of(SENSORS, rows=patches, columns=patches, timesteps=STEPS, patch_size=PATCH)
    missing = rng.random((batch, len(layout))) < 0.2
    pixels = {}
    for block in layout.blocks:
        name, shape = block.sensor.name, block.sensor.shape(patches * PATCH, patches * PATCH, STEPS)
        values = rng.random((batch, *shape), dtype=np.float32) + 1
        if block.sensor.spatial:
            values = row_and_column(block, batch, patches * PATCH)
            values[spread(missing[:, block.tokens], block)] = 0
        pixels[name] = values
    dates = np.stack([np.full((batch, STEPS), 15), rng.integers(0, 4, (batch, STEPS)), np.full((batch, STEPS), 2020)])
    return NormalizedWindows(
        pixels=pixels, missing=missing, layout=layout, timestamps=dates.transpose(1, 2, 0).astype(np.int64)
    )


def spread(tokens: np.ndarray, block: SensorBlock) -> np.ndarray:
    """Tokens of a sensor with a grid at the resolution of its pixels (one band per group), ``[B, H, W, T, C]``."""
    side = PATCH * block.sensor.pixels_per_cell
    return tokens.reshape(len(tokens), *block.shape).repeat(side, axis=1).repeat(side, axis=2)


def copied(given: NormalizedWindows) -> NormalizedWindows:
    return given.rows(np.arange(len(given)))


def draws(batch: int, step: int = 0) -> Draws:
    return Draws(1, step, "transform x", range(batch), batch)


def transformed(config: TransformConfig, given: NormalizedWindows, step: int = 0) -> NormalizedWindows:
    out = copied(given)
    config.build()(out, draws(len(given), step))
    return out


def same(first: NormalizedWindows, second: NormalizedWindows, row: int) -> bool:
    pixels = all(np.array_equal(first.pixels[name][row], second.pixels[name][row]) for name in first.pixels)
    return pixels and np.array_equal(first.missing[row], second.missing[row])


def test_the_positions_of_a_square_are_eight_and_undo_one_another() -> None:
    image = np.arange(9).reshape(3, 3)
    assert len({placed(image, element).tobytes() for element in ALL}) == 8
    for element in ALL:
        undoing = element if element >= 4 else -element % 4
        assert np.array_equal(placed(placed(image, element), undoing), image)
    long = np.arange(6).reshape(2, 3)
    assert all(placed(long, element).shape == long.shape for element in KEEPING_SHAPE)


@pytest.mark.parametrize("step", range(4))
def test_all_sensors_with_a_grid_take_one_position_and_nothing_else_changes(step: int) -> None:
    given = windows()
    moved = transformed(Dihedral(), given, step)
    assert np.array_equal(moved.timestamps, given.timestamps)
    for row in range(len(given)):
        fits = []
        for element in ALL:
            whole = [
                np.array_equal(
                    moved.pixels[block.sensor.name][row], placed(given.pixels[block.sensor.name][row], element)
                )
                for block in given.layout.blocks
                if block.sensor.spatial
            ]
            fits.append(all(whole))
        assert sum(fits) == 1
    for block in given.layout.blocks:
        name, tokens = block.sensor.name, moved.missing[:, block.tokens]
        if block.sensor.spatial:
            # Missing pixels are the only ones that are 0: they went where their tokens went.
            assert np.array_equal(moved.pixels[name] == 0, spread(tokens, block))
        else:
            assert np.array_equal(moved.pixels[name], given.pixels[name])
            assert np.array_equal(tokens, given.missing[:, block.tokens])


def test_every_position_is_drawn() -> None:
    given = windows(64)
    optical = transformed(Dihedral(), given).pixels["map"][:, :, :, 0, 0] % 1000
    elements = {
        element
        for row in range(64)
        for element in ALL
        if np.array_equal(optical[row], placed(given.pixels["map"][row, :, :, 0, 0] % 1000, element))
    }
    assert elements == set(ALL)


def test_months_are_matched_with_the_first_of_their_kind() -> None:
    ours, theirs = (
        np.array([[1, month, year] for month in months])
        for months, year in (((3, 4, 5, 3), 2020), ((5, 3, 3, 7), 2018))
    )
    assert same_months(ours, theirs).tolist() == [1, -1, 0, 1]


def test_rectangles_are_inside_and_never_all() -> None:
    rng = np.random.default_rng(0)
    for share in np.linspace(0, 1, 21):
        for grid in ((1, 2), (2, 1), (3, 3), (12, 12)):
            down, across = rectangle(rng, grid, float(share))
            area = (down.stop - down.start) * (across.stop - across.start)
            assert 0 <= down.start < down.stop <= grid[0] and 0 <= across.start < across.stop <= grid[1]
            assert 0 < area < grid[0] * grid[1]
            if grid == (12, 12) and share < 0.9:
                assert abs(area / 144 - share) < 0.1


def test_inside_a_rectangle_are_the_neighbours_tokens_of_the_same_month_and_outside_ones_own() -> None:
    given = windows(16, patches=4)
    mixed = transformed(CutMix(probability=1.0), given)
    assert np.array_equal(mixed.timestamps, given.timestamps)
    areas = [int(inside_of(mixed, given, row).sum()) for row in range(16)]
    assert len(set(areas)) > 3 and max(areas) < 16
    for row in range(16):
        other, steps = row ^ 1, same_months(given.timestamps[row], given.timestamps[row ^ 1])
        inside = inside_of(mixed, given, row)
        for block in given.layout.blocks:
            name, tokens = block.sensor.name, given.missing[:, block.tokens].reshape(-1, *block.shape)
            ours = mixed.missing[row, block.tokens].reshape(block.shape)
            if not block.sensor.spatial:
                assert np.array_equal(mixed.pixels[name][row], given.pixels[name][row])
                assert np.array_equal(ours, tokens[row])
                continue
            side = PATCH * block.sensor.pixels_per_cell
            fine = inside.repeat(side, axis=0).repeat(side, axis=1)
            for step in range(block.timesteps):
                source = steps[step] if block.sensor.temporal else 0
                taken = tokens[other, :, :, source] if source >= 0 else np.True_
                pixels = given.pixels[name][other, :, :, source] if source >= 0 else np.float32(0)
                expected = np.where(inside[:, :, None], taken, tokens[row, :, :, step])
                assert np.array_equal(ours[:, :, step], expected)
                expected = np.where(fine[:, :, None], pixels, given.pixels[name][row, :, :, step])
                assert np.array_equal(mixed.pixels[name][row, :, :, step], expected)


def inside_of(mixed: NormalizedWindows, given: NormalizedWindows, row: int) -> np.ndarray:
    """The rectangle of patches that holds all that changed, bool ``[rows, columns]``."""
    layout = mixed.layout
    changed = np.zeros((layout.rows, layout.columns), dtype=bool)
    for part in layout.blocks:
        if part.sensor.spatial:
            name, side = part.sensor.name, PATCH * part.sensor.pixels_per_cell
            pixels = (mixed.pixels[name][row] != given.pixels[name][row]).any(axis=(2, 3))
            changed |= pixels.reshape(layout.rows, side, layout.columns, side).any(axis=(1, 3))
    out = np.zeros_like(changed)
    if changed.any():
        down, across = (np.flatnonzero(changed.any(axis=axis)) for axis in (1, 0))
        out[down[0] : down[-1] + 1, across[0] : across[-1] + 1] = True
    return out


def test_windows_that_cannot_be_mixed_stay_as_they_are() -> None:
    alone = windows(5)
    assert same(transformed(CutMix(probability=1.0), alone), alone, 4)
    small = windows(4, patches=1)
    mixed = transformed(CutMix(probability=1.0), small)
    assert all(same(mixed, small, row) for row in range(4))
    other_months = windows(2)
    other_months.timestamps[0, :, 1], other_months.timestamps[1, :, 1] = 1, 2
    mixed = transformed(CutMix(probability=1.0), other_months)
    assert all(same(mixed, other_months, row) for row in range(2))
    never = windows(8)
    assert all(same(transformed(CutMix(probability=0.0), never), never, row) for row in range(8))
    # What would be left without any token is left alone.
    empty = windows(2, patches=2)
    empty.missing[1] = True
    for values in empty.pixels.values():
        values[1] = 0
    for step in range(10):
        assert not transformed(CutMix(probability=1.0), empty, step).missing[0].all()


def there(given: NormalizedWindows) -> np.ndarray:
    return np.stack([~given.missing[:, block.tokens].all(axis=1) for block in given.layout.blocks], axis=1)


def test_dropped_sensors_are_missing_as_a_whole_and_one_with_time_stays() -> None:
    given = windows(64)
    for name in ("optical", "weather"):
        tokens = given.layout[name].tokens
        given.missing[::2, tokens] = True
        given.pixels[name][::2] = 0
    given.missing[0] = True
    for probability, share in ((1.0, 1.0), (0.5, 0.5)):
        dropped = transformed(SensorDropout(probability=probability), given)
        before, after = there(given), there(dropped)
        assert not (after & ~before).any()
        timed = [block.sensor.temporal for block in given.layout.blocks]
        assert after[1:, timed].any(axis=1).all() and not after[0].any()
        free = before[1:].sum() - 63
        assert abs((before & ~after).sum() / free - share) < 0.1
        for number, block in enumerate(given.layout.blocks):
            name, gone = block.sensor.name, before[:, number] & ~after[:, number]
            assert not dropped.pixels[name][gone].any()
            assert np.array_equal(dropped.pixels[name][~gone], given.pixels[name][~gone])
            assert np.array_equal(dropped.missing[~gone, block.tokens], given.missing[~gone, block.tokens])
    kept = there(transformed(SensorDropout(probability=1.0), given))[1::2, [0, 1, 3]]
    assert kept.sum(axis=1).tolist() == [1] * 32 and kept.any(axis=0).all()


def test_only_named_sensors_are_dropped() -> None:
    given = windows(32)
    before = there(given)
    after = there(transformed(SensorDropout(probability=1.0, droppable_sensors=("optical", "map")), given))
    assert before[:, [0, 2]].all() and not after[:, [0, 2]].any()
    assert np.array_equal(before[:, [1, 3, 4]], after[:, [1, 3, 4]])
    timed = [block.sensor.name for block in given.layout.blocks if block.sensor.temporal]
    after = there(transformed(SensorDropout(probability=1.0, droppable_sensors=tuple(timed)), given))
    assert (after[:, [block.sensor.temporal for block in given.layout.blocks]].sum(axis=1) == 1).all()
    nothing = transformed(SensorDropout(probability=1.0, droppable_sensors=()), given)
    assert all(same(nothing, given, row) for row in range(32))


def test_needed_rows_are_the_neighbours_of_ones_own() -> None:
    mixing = Augmentation.of({"a": CutMix()})
    assert mixing.needed(np.arange(3, 6), 9).tolist() == [2, 3, 4, 5]
    assert mixing.needed(np.arange(6, 9), 9).tolist() == [6, 7, 8]
    assert Augmentation.of({"a": Dihedral()}).needed(np.arange(3, 6), 9).tolist() == [3, 4, 5]


def loaded(coin: Any, dataset: H5Tiles, count: int = 3, **options: Any) -> list[Batch]:
    ranks = {name: options.pop(name) for name in ("rank", "world_size") if name in options}
    small = {"global_batch_size": 6, "max_patch_size": 3, "sampled_hw_p_list": (2, 3), "num_workers": 0, "seed": 1}
    loader = Loader(TileLoaderConfig(**{**small, **options}), dataset, masking=coin, **ranks)
    try:
        return list(islice(loader.batches(0), count))
    finally:
        loader.close()


def equal(first: Batch, second: Batch) -> bool:
    pixels = all(torch.equal(values, second.pixels[name]) for name, values in first.pixels.items())
    return (
        pixels and torch.equal(first.visibility, second.visibility) and torch.equal(first.timestamps, second.timestamps)
    )


EVERYTHING = {"turn": Dihedral(), "mix": CutMix(probability=0.8), "drop": SensorDropout(probability=0.3)}


def test_batches_do_not_depend_on_ranks_and_workers(make_set: MakeSet, coin: Any) -> None:
    folder, _ = make_set(9)
    dataset = H5Tiles(folder, ["sentinel2_l2a", "sentinel1", "srtm", "era5_10", "latlon"])
    whole = loaded(coin, dataset, transforms=EVERYTHING)
    assert all(map(equal, whole, loaded(coin, dataset, transforms=EVERYTHING, num_workers=1)))
    # Rows 2 and 3 are neighbours of different ranks.
    for rank in range(2):
        part = loaded(coin, dataset, transforms=EVERYTHING, rank=rank, world_size=2)
        for batch, rows in zip(part, whole, strict=True):
            ours = list(rows.micro_batches(3))[rank]
            assert equal(batch, ours)
            assert torch.equal(batch.indices, ours.indices)  # type: ignore[arg-type]
    plain = loaded(coin, dataset)
    assert not any(map(equal, plain, whole))
    assert all(torch.equal(a.indices, b.indices) for a, b in zip(plain, whole, strict=True))  # type: ignore[arg-type]


def test_they_are_named_in_the_settings_of_the_loader() -> None:
    config = structure(
        {"transforms": {"dihedral": {"type": "dihedral"}, "x": {"type": "cutmix", "alpha": 2.0}}}, TileLoaderConfig
    )
    assert config.transforms == {"dihedral": Dihedral(), "x": CutMix(alpha=2.0)}
    assert TileLoaderConfig().transforms == {}
