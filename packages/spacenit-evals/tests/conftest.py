"""A small set whose classes differ in their images, with labels."""

import os
from pathlib import Path

import numpy as np
import pytest
import rasterio
import torch

from spacenit_core import checkpoint
from spacenit_core.checkpoint.tensors import pack
from spacenit_core.config import dump_yaml
from spacenit_core.models.latent_mim.config import LatentMIMConfig
from spacenit_core.nn.encoder_config import OlmoEarthEncoderConfig
from spacenit_core.nn.predictor_config import PredictorConfig
from spacenit_core.sensors.selection import SensorSet
from spacenit_data.h5.writer import H5SetWriter, Location, SampleArrays
from spacenit_evals.checkpoint import TrainedRun, load_run

CRS = "EPSG:32633"
TILE = 32
SIDE = 3
LEFT, TOP = 500_000.0, 5_200_000.0


def write_raster(path: Path, codes: np.ndarray, *, crs: str = CRS, nodata: float | None = 0) -> Path:
    """Label codes on the grid of the set."""
    grid = rasterio.Affine(10.0, 0.0, LEFT, 0.0, -10.0, TOP)
    profile = {"driver": "GTiff", "width": codes.shape[1], "height": codes.shape[0], "count": 1, "dtype": codes.dtype}
    with rasterio.open(path, "w", **profile, crs=crs, transform=grid, nodata=nodata) as file:
        file.write(codes, 1)
    return path


def class_map() -> np.ndarray:
    """Three classes in stripes of 8 cells that run across all tiles, uint8 [96, 96]."""
    row = np.arange(SIDE * TILE) // 8
    return np.broadcast_to((row % 3 + 1)[:, None], (SIDE * TILE, SIDE * TILE)).astype(np.uint8)


@pytest.fixture(scope="session")
def h5py_dir(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Nine samples of Sentinel-2 and Sentinel-1; class c is brightest in month 3 * c."""
    rng = np.random.default_rng(0)
    writer = H5SetWriter(tmp_path_factory.mktemp("set"), ("sentinel2_l2a", "sentinel1"), count=SIDE**2, tile_size=TILE)
    codes = class_map()
    for index in range(SIDE**2):
        row, column = (TILE * place for place in divmod(index, SIDE))
        here = codes[row : row + TILE, column : column + TILE]
        season = np.exp(-0.5 * ((np.arange(12) - 3.0 * here[..., None]) / 1.5) ** 2)
        optical = 800 + 1500 * season[..., None] * np.linspace(0.5, 1.5, 12) + rng.normal(0, 150, (TILE, TILE, 12, 12))
        radar = -14 + 3 * season[..., None] + rng.normal(0, 1.0, (TILE, TILE, 12, 2))
        present = np.ones(12, dtype=bool)
        present[index % 12] = index % 2 == 0
        bands = {
            "sentinel2_l2a": optical.clip(1).astype(np.uint16)[:, :, present],
            "sentinel1": radar.astype(np.float32),
        }
        if index == 4:
            del bands["sentinel1"]
        writer.write(
            index,
            SampleArrays(
                bands=bands,
                present={"sentinel2_l2a": present} | ({"sentinel1": np.ones(12, bool)} if index != 4 else {}),
                timestamps=np.array([(1, month, 2020) for month in range(12)], dtype=np.int32),
                latlon=np.array([46.9, 15.0], dtype=np.float32),
                location=Location(CRS, LEFT + 10 * column, TOP - 10 * row, 10.0),
            ),
        )
    return writer.finish()


@pytest.fixture(scope="session")
def labels(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Every fifth pixel of the set, labelled."""
    codes = class_map().copy()
    keep = np.zeros(codes.shape, dtype=bool)
    keep[2::5, 2::5] = True
    return write_raster(tmp_path_factory.mktemp("labels") / "labels.tif", np.where(keep, codes, 0).astype(np.uint8))


SENSORS = ("sentinel2_l2a", "sentinel1", "worldcover")
MODEL = LatentMIMConfig(
    encoder=OlmoEarthEncoderConfig(embedding_size=32, depth=1, num_heads=2),
    decoder=PredictorConfig(embedding_size=32, depth=1, num_heads=2),
)


@pytest.fixture(scope="session")
def run_folder(tmp_path_factory: pytest.TempPathFactory, h5py_dir: Path) -> Path:
    folder = tmp_path_factory.mktemp("runs") / "small"
    config = {
        "run_name": "small",
        "sensors": list(SENSORS),
        "model": MODEL,
        "dataset": {"type": "h5_tiles", "h5py_dir": str(h5py_dir)},
        "train_module": {"masking": {"type": "random", "only_decode_modalities": ["worldcover"]}},
    }
    for step in (3, 7):
        torch.manual_seed(step)
        model = MODEL.build(SensorSet.of(SENSORS))
        files = {"model.safetensors": pack(model.state_dict()), "config.yaml": dump_yaml(config).encode()}
        checkpoint.write(folder, step, files)
    return folder


@pytest.fixture(scope="session")
def trained(run_folder: Path) -> TrainedRun:
    return load_run(run_folder)


@pytest.fixture
def real_evals() -> Path:
    """The folder of real labelled data, where SPACENIT_REAL_DATA points to (see CONTRIBUTING.md)."""
    default = Path(__file__).parents[3] / ".." / "shared" / "data"
    folder = Path(os.environ.get("SPACENIT_REAL_DATA", default)) / "evals"
    if not folder.is_dir():
        pytest.skip(f"no real data at {folder}: set SPACENIT_REAL_DATA to the folder that holds evals")
    return folder
