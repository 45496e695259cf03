"""Features of windows: encoders, raw pixels, and where the windows lie."""

from pathlib import Path

import numpy as np
import pytest
import torch
from attrs import evolve

from spacenit_core.errors import UserError
from spacenit_core.kinds.embedders import EMBEDDERS
from spacenit_core.nn.encoder_config import OlmoEarthEncoderConfig
from spacenit_core.nn.spacenit.config import SpaceNitEncoderConfig
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.samples.visibility import MISSING
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.spec import NODATA
from spacenit_data.datasets.h5_tiles import H5Tiles
from spacenit_data.loader.collate import visible_batch
from spacenit_evals.benchmarks.labelled_rasters.windows import WindowLocations, read_windows
from spacenit_evals.embedders.batches import batch_of
from spacenit_evals.embedders.image_statistics import ImageStatistics
from spacenit_evals.embedders.random_init import RandomInit
from spacenit_evals.embedders.raw_pixels import RawPixels
from spacenit_evals.embedders.token_embedder import TokenEmbedder

from .conftest import TILE

SENSORS = ("sentinel2_l2a", "sentinel1")


@pytest.fixture(scope="module")
def dataset(h5py_dir: Path) -> H5Tiles:
    return H5Tiles(h5py_dir=h5py_dir, training_modalities=SENSORS)


@pytest.fixture(scope="module", params=[OlmoEarthEncoderConfig, SpaceNitEncoderConfig], ids=["olmoearth", "spacenit"])
def encoder(request: pytest.FixtureRequest) -> TokenEmbedder:
    torch.manual_seed(0)
    config = request.param(embedding_size=32, depth=2, num_heads=2, drop_path=0.0)
    return TokenEmbedder(config.build(SensorSet.of(SENSORS)), inputs(4))


def inputs(patch_size: int) -> ModelInputs:
    return ModelInputs(sensors=SensorSet.of(SENSORS), patch_size=patch_size)


def some_windows(cells: int = 4) -> WindowLocations:
    rng = np.random.default_rng(0)
    sample, row, column = rng.integers(0, 9, 30), rng.integers(0, TILE, 30), rng.integers(0, TILE, 30)
    return WindowLocations.around(sample, row, column, cells=cells, tile_size=TILE)


def test_windows_hold_their_point_and_stay_inside() -> None:
    row, column = np.array([0, 5, 31, 30]), np.array([31, 16, 0, 2])
    windows = WindowLocations.around(np.zeros(4, int), row, column, cells=8, tile_size=TILE)
    for first, place in ((windows.row, row), (windows.column, column)):
        assert (first >= 0).all() and (first + 8 <= TILE).all()
        assert ((first <= place) & (place < first + 8)).all()
    assert windows.row[1] == 1


def test_windows_larger_than_samples_are_refused() -> None:
    with pytest.raises(UserError, match="do not fit into samples of 32"):
        WindowLocations.around(np.zeros(1, int), np.zeros(1, int), np.zeros(1, int), cells=33, tile_size=TILE)


def test_batches_hold_what_reading_each_window_alone_gives(dataset: H5Tiles) -> None:
    windows = some_windows()
    seen = []
    for numbers, samples in read_windows(dataset, windows, batch_size=7):
        batch = batch_of(samples, inputs(2))
        for place, number in enumerate(numbers):
            seen.append(number)
            tile = dataset.read_window(
                int(windows.sample[number]), row=int(windows.row[number]), column=int(windows.column[number]), cells=4
            )
            alone = visible_batch([tile], dataset.sensors, patch_size=2)
            for name in SENSORS:
                assert torch.equal(batch.pixels[name][place], alone.pixels[name][0])
            assert torch.equal(batch.visibility[0, place], alone.visibility[0, 0])
    assert sorted(seen) == list(range(30))


def test_patch_features_are_those_of_the_tokens_of_each_patch(dataset: H5Tiles, encoder: TokenEmbedder) -> None:
    _, samples = next(read_windows(dataset, some_windows(8), batch_size=6))
    patches, batch = encoder.grid(samples), batch_of(samples, inputs(4))
    assert patches.shape == (6, 2, 2, 32)
    with torch.no_grad():
        tokens = encoder.encoder(batch, batch.visibility[0]).by_sensor(batch.layout)
    seen = batch.visibility[0] != MISSING
    for b in range(6):
        for row in range(2):
            for column in range(2):
                here = []
                for block in batch.layout.blocks:
                    there = seen[b, block.tokens].reshape(block.shape)[row, column]
                    here.append(tokens[block.sensor.name][b, row, column][there])
                np.testing.assert_allclose(patches[b, row, column], torch.cat(here).mean(0), atol=1e-5)


def test_one_patch_is_the_pooled_window(dataset: H5Tiles, encoder: TokenEmbedder) -> None:
    _, samples = next(read_windows(dataset, some_windows(4), batch_size=6))
    np.testing.assert_allclose(encoder.grid(samples)[:, 0, 0], encoder.pooled(samples), atol=1e-5)


def test_the_maximum_is_that_of_the_same_tokens(dataset: H5Tiles, encoder: TokenEmbedder) -> None:
    _, samples = next(read_windows(dataset, some_windows(8), batch_size=6))
    largest = TokenEmbedder(encoder.encoder, inputs(4), "max")
    batch = batch_of(samples, inputs(4))
    with torch.no_grad():
        tokens = encoder.encoder(batch, batch.visibility[0]).by_sensor(batch.layout)
    seen = batch.visibility[0] != MISSING
    found = largest.grid(samples)
    for b in range(6):
        for row, column in np.ndindex(2, 2):
            here = [
                tokens[block.sensor.name][b, row, column][seen[b, block.tokens].reshape(block.shape)[row, column]]
                for block in batch.layout.blocks
            ]
            np.testing.assert_allclose(found[b, row, column], torch.cat(here).amax(0), atol=1e-5)
    np.testing.assert_allclose(largest.pooled(samples), found.max(axis=(1, 2)), atol=1e-5)


def test_a_sample_without_tokens_has_no_vector_whatever_the_pooling(dataset: H5Tiles, encoder: TokenEmbedder) -> None:
    _, samples = next(read_windows(dataset, some_windows(8), batch_size=2))
    samples[0] = evolve(samples[0], present={name: np.zeros_like(there) for name, there in samples[0].present.items()})
    for pooling in ("mean", "max"):
        embedder = TokenEmbedder(encoder.encoder, inputs(4), pooling)
        for vectors in (embedder.pooled(samples), embedder.grid(samples)):
            assert np.isnan(vectors[0]).all() and np.isfinite(vectors[1]).all()


def test_baselines_are_found_by_name() -> None:
    assert EMBEDDERS.get("raw_pixels") is RawPixels
    assert EMBEDDERS.get("random_init") is RandomInit


def test_image_statistics_of_patches_are_those_of_samples_of_one_patch() -> None:
    inputs_ = ModelInputs(sensors=SensorSet.of(["sentinel2_l2a", "sentinel1"]), patch_size=4)
    embedder = ImageStatistics().build(None, inputs_)
    rng = np.random.default_rng(0)

    def window(pixels: np.ndarray) -> SampleWindow:
        return SampleWindow(
            index=0,
            bands={"sentinel2_l2a": pixels},
            present={"sentinel2_l2a": np.ones(pixels.shape[2], bool)},
            timestamps=np.array([[1, month, 2020] for month in range(pixels.shape[2])], np.int32),
            latlon=np.zeros(2, np.float32),
        )

    pixels = rng.normal(1000, 200, (8, 12, 3, 12)).astype(np.float32)
    pixels[0, 0, 0, 3] = NODATA
    pixels[4:, :4, :, 5] = NODATA
    grid = embedder.grid([window(pixels)])
    assert grid.shape == (1, 2, 3, 28) and grid.dtype == np.float32
    for row in range(2):
        for column in range(3):
            part = window(pixels[4 * row : 4 * row + 4, 4 * column : 4 * column + 4])
            np.testing.assert_allclose(grid[0, row, column], embedder.pooled([part])[0], rtol=1e-5)
    assert np.isnan(grid[0, 1, 0, 5]) and np.isnan(grid[..., 24:]).all()
    with pytest.raises(UserError, match="10 x 12 pixels"):
        embedder.grid([window(np.zeros((10, 12, 1, 12), np.float32))])
