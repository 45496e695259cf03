"""A tiny data set, and the settings of a model that trains on it in milliseconds per step."""

from pathlib import Path

import numpy as np
import pytest
import rasterio

from spacenit_data.h5.writer import H5SetWriter, Location, SampleArrays

CRS, LEFT, TOP = "EPSG:32633", 500_000.0, 5_200_000.0
SENSORS = ("sentinel2_l2a", "sentinel1", "worldcover")


@pytest.fixture(scope="session")
def data(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder of eight samples of 8 x 8 cells, side by side: two sensors with three months, and a map."""
    rng = np.random.default_rng(0)
    writer = H5SetWriter(tmp_path_factory.mktemp("data"), SENSORS, count=8, tile_size=8)
    for index in range(8):
        bands = {
            "sentinel2_l2a": rng.integers(0, 4000, (8, 8, 3, 12)).astype(np.uint16),
            "sentinel1": rng.normal(-12, 4, (8, 8, 3, 2)).astype(np.float32),
            "worldcover": rng.choice([10.0, 40.0, 80.0], (8, 8, 1, 1)).astype(np.float32),
        }
        sample = SampleArrays(
            bands=bands,
            present={name: np.ones(3, bool) for name in bands if name != "worldcover"},
            timestamps=np.array([[1, month, 2021] for month in range(3)]),
            latlon=np.array([47.0, 8.0 + index], np.float32),
            location=Location(CRS, LEFT + 80.0 * index, TOP, 10.0),
        )
        writer.write(index, sample)
    writer.finish()
    return writer.folder


@pytest.fixture(scope="session")
def labels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two classes in stripes across all samples."""
    path = tmp_path_factory.mktemp("labels") / "labels.tif"
    codes = np.broadcast_to((np.arange(8) // 2 % 2 + 1)[:, None], (8, 64)).astype(np.uint8)
    profile = {"driver": "GTiff", "width": 64, "height": 8, "count": 1, "dtype": "uint8", "crs": CRS}
    with rasterio.open(path, "w", **profile, transform=rasterio.Affine(10.0, 0.0, LEFT, 0.0, -10.0, TOP)) as file:
        file.write(codes, 1)
    return path


@pytest.fixture(scope="session")
def settings(data: Path) -> list[str]:
    """Settings of a tiny experiment on the tiny set."""
    model = [f"--model.{part}.{name}" for part in ("encoder", "decoder") for name in ("depth=1", "num_heads=2")]
    return [
        f"--dataset.h5py_dir={data}",
        f"--sensors=[{','.join(SENSORS)}]",
        *model,
        "--model.encoder.embedding_size=16",
        "--model.decoder.embedding_size=16",
        "--data_loader.num_workers=0",
        "--data_loader.max_patch_size=2",
        "--data_loader.sampled_hw_p_list=[2,3]",
        "--data_loader.token_budget=160",
        "--data_loader.global_batch_size=4",
        "--train_module.rank_microbatch_size=2",
        "--train_module.scheduler.warmup_steps=2",
        "--trainer.metrics_collect_interval=1",
        "--trainer.callbacks.checkpointer.ephemeral_save_interval=2",
    ]
