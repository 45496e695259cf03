"""From tiles to the arrays of a batch: one pass over the pixels of the windows, and of nothing else."""

import math
from collections.abc import Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from spacenit_core.errors import UserError
from spacenit_core.samples.layout import SensorBlock, TokenLayout
from spacenit_core.samples.normalization import affine, missing_tokens, normalize
from spacenit_core.samples.normalized_windows import NormalizedWindows
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.samples.visibility import ENCODE, MISSING
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.spec import NODATA, SensorSpec

if TYPE_CHECKING:
    from spacenit_core.samples.batch import Batch


def collate(
    tiles: Sequence[SampleWindow], sensors: SensorSet, *, patch_size: int, rows: int, columns: int, timesteps: int
) -> NormalizedWindows:
    """Normalise B windows into the arrays of a batch.

    A token is missing if its sensor or its time step is, or any of its pixels. Missing pixels become 0. A tile with
    fewer steps is padded with missing ones that repeat its last date.

    Args:
        tiles: windows of rows*patch_size x columns*patch_size cells and at most `timesteps` time steps.
        sensors: the sensors of the batch.
        patch_size: cells along one side of a patch.
        rows: patches along the height.
        columns: patches along the width.
        timesteps: of the batch.

    Raises:
        UserError: for a sensor without normalisation statistics.
    """
    layout = _layout(sensors, rows, columns, timesteps, patch_size)
    missing = np.ones((len(tiles), len(layout)), dtype=bool)
    timestamps = np.zeros((len(tiles), timesteps, 3), dtype=np.int64)
    for row, tile in enumerate(tiles):
        timestamps[row, : len(tile.timestamps)] = tile.timestamps
        timestamps[row, len(tile.timestamps) :] = tile.timestamps[-1]
    pixels = {}
    for block in layout.blocks:
        name = block.sensor.name
        shape = block.sensor.shape(rows * patch_size, columns * patch_size, timesteps)
        out = pixels[name] = np.zeros((len(tiles), *shape), dtype=np.float32)
        scaling = _affine(block, math.prod(shape[1:]) if block.sensor.spatial else math.prod(shape))
        for row, tile in enumerate(tiles):
            if name in tile.bands:
                _fill(out[row], missing[row, block.tokens].reshape(block.shape), tile, block, scaling)
    return NormalizedWindows(pixels=pixels, missing=missing, layout=layout, timestamps=timestamps)


def visible_batch(tiles: Sequence[SampleWindow], sensors: SensorSet, *, patch_size: int) -> "Batch":
    """A batch of windows of one size with every present token visible (one view): for evaluation and pictures.

    Raises:
        UserError: if the windows are not whole numbers of patches, or differ in size.
    """
    import torch

    from spacenit_core.samples.batch import Batch

    cells = {_cells(tile, sensors) for tile in tiles}
    height, width = cells.pop()
    if cells or height % patch_size or width % patch_size:
        raise UserError(
            f"windows of {height} x {width} cells cannot be cut into patches of {patch_size}",
            "choose windows of one size, a multiple of the patch size",
        )
    windows = collate(
        tiles,
        sensors,
        patch_size=patch_size,
        rows=height // patch_size,
        columns=width // patch_size,
        timesteps=max(len(tile.timestamps) for tile in tiles),
    )
    return Batch(
        pixels={name: torch.from_numpy(values) for name, values in windows.pixels.items()},
        timestamps=torch.from_numpy(windows.timestamps),
        layout=windows.layout,
        visibility=torch.from_numpy(np.where(windows.missing, MISSING, ENCODE).astype(np.uint8)[None]),
        grid_gsd=sensors.grid_gsd,
        indices=torch.tensor([tile.index for tile in tiles]),
    )


def check_normalization(sensors: SensorSet) -> None:
    """Refuse sensors that cannot be trained on.

    Raises:
        UserError: for a sensor without statistics, with the command that makes them.
    """
    for spec in sensors:
        if spec.normalization is None:
            raise _without_statistics(spec)


def _without_statistics(spec: SensorSpec) -> UserError:
    return UserError(
        f"sensor {spec.name} has no normalisation statistics",
        f"make them with `spacenit-run data stats` and put them into the sensor's plugin, or leave {spec.name} out",
    )


def _cells(tile: SampleWindow, sensors: SensorSet) -> tuple[int, int]:
    for spec in sensors:
        if spec.spatial and spec.name in tile.bands:
            height, width = tile.bands[spec.name].shape[:2]
            return height // spec.pixels_per_cell, width // spec.pixels_per_cell
    return 1, 1


@lru_cache(maxsize=128)
def _layout(sensors: SensorSet, rows: int, columns: int, timesteps: int, patch_size: int) -> TokenLayout:
    return TokenLayout.of(sensors, rows=rows, columns=columns, timesteps=timesteps, patch_size=patch_size)


def _affine(block: SensorBlock, run: int) -> tuple[np.ndarray, np.ndarray]:
    """The sensor's normalisation, float32, for a run of so many values.

    Whole rows make long inner loops; loops over the C bands of one pixel would crawl.
    """
    if block.sensor.normalization is None:
        raise _without_statistics(block.sensor)
    scale, offset = affine(block.sensor.normalization, np.float32)
    pixels = run // len(scale)
    return np.tile(scale, pixels), np.tile(offset, pixels)


def _fill(
    out: np.ndarray, missing: np.ndarray, tile: SampleWindow, block: SensorBlock, scaling: tuple[np.ndarray, np.ndarray]
) -> None:
    """Write one sensor of one tile: normalised into `out`, and False into `missing` where it is there."""
    spec = block.sensor
    values, present = tile.bands[spec.name], tile.present[spec.name]
    if not values.size:
        return
    run = math.prod(values.shape[1:]) if spec.spatial else values.size
    scale, offset = (vector[:run] for vector in scaling)
    flat = values.reshape(-1, run)
    whole = values.shape == out.shape
    normalised = out.reshape(flat.shape) if whole else np.zeros(flat.shape, np.float32)
    bad = _missing_pixels(values)
    normalize(flat, scale, offset, None if bad is None else bad.reshape(flat.shape), out=normalised)
    steps = np.flatnonzero(present) if spec.temporal else np.zeros(1, np.intp)
    if not whole:
        out[..., steps, :] = normalised.reshape(values.shape)
    missing[:, :, steps] = False if bad is None else missing_tokens(bad, block)


def _missing_pixels(values: np.ndarray) -> np.ndarray | None:
    """Where pixels are missing, bool like the values; None if nowhere."""
    if values.dtype.kind != "f" and values.dtype.itemsize <= 2:
        return None  # too small for the value that stands for a missing pixel
    bad = np.asarray(values == NODATA)
    return bad if bad.any() else None
