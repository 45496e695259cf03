"""A set of a dozen small samples and an experiment that trains on it in milliseconds per step."""

from pathlib import Path
from typing import Any

import numpy as np
import torch
from attrs import evolve

from spacenit_core.kinds.callbacks import CallbackConfig
from spacenit_core.models.latent_mim.config import LatentMIMConfig
from spacenit_core.nn.encoder_config import OlmoEarthEncoderConfig
from spacenit_core.nn.predictor_config import PredictorConfig
from spacenit_core.samples.batch import Batch
from spacenit_core.samples.layout import TokenLayout
from spacenit_core.sensors.selection import SensorSet
from spacenit_data.datasets.h5_tiles_config import H5TilesConfig
from spacenit_data.h5.writer import H5SetWriter, SampleArrays
from spacenit_data.loader.config import TileLoaderConfig
from spacenit_train.callbacks.checkpointer import CheckpointerConfig
from spacenit_train.recipes.v1 import nano
from spacenit_train.schedulers.cosine_with_warmup import CosineWithWarmup
from spacenit_train.tile_experiment import TileExperiment
from spacenit_train.trainer.config import Duration, TrainerConfig

SENSORS = ("sentinel2_l2a", "sentinel1", "worldcover")


def make_set(root: Path, *, count: int = 12, size: int = 8, seed: int = 0) -> Path:
    """Write samples of two sensors with time and a map; every third has no sentinel1. Returns the set's folder."""
    rng = np.random.default_rng(seed)
    writer = H5SetWriter(root, SENSORS, count=count, tile_size=size)
    for index in range(count):
        bands = {
            "sentinel2_l2a": rng.integers(0, 4000, (size, size, 3, 12)).astype(np.uint16),
            "worldcover": rng.choice([10.0, 40.0, 80.0], (size, size, 1, 1)).astype(np.float32),
        }
        if index % 3:
            bands["sentinel1"] = rng.normal(-12, 4, (size, size, 3, 2)).astype(np.float32)
        sample = SampleArrays(
            bands=bands,
            present={name: np.ones(3, bool) for name in bands if name != "worldcover"},
            timestamps=np.array([[1, month, 2021] for month in range(3)]),
            latlon=np.array([47.0, 8.0 + index], np.float32),
        )
        writer.write(index, sample)
    writer.finish()
    return writer.folder


def points(indices: torch.Tensor) -> Batch:
    """A batch whose only pixels are two numbers per sample, made of its number."""
    sensors = SensorSet.of(["latlon"])
    layout = TokenLayout.of(sensors, rows=1, columns=1, timesteps=1, patch_size=1)
    values = torch.stack([indices, indices**2], 1).float() / 10
    count = len(indices)
    return Batch(
        pixels={"x": values},
        timestamps=torch.zeros(count, 1, 3, dtype=torch.int64),
        layout=layout,
        visibility=torch.zeros(2, count, len(layout), dtype=torch.uint8),
        indices=indices,
    )


def experiment(
    data: Path,
    folder: Path,
    *,
    value: int = 6,
    unit: str = "steps",
    save_interval: int = 1000,
    ephemeral: int | None = None,
    callbacks: dict[str, CallbackConfig] | None = None,
    loader: dict[str, Any] | None = None,
    module: dict[str, Any] | None = None,
    trainer: dict[str, Any] | None = None,
    **changes: Any,
) -> TileExperiment:
    """The recipe `nano`, smaller still; steps of 4 samples in micro-batches of 2."""
    base = nano()
    saver = CheckpointerConfig(save_interval=save_interval, ephemeral_save_interval=ephemeral)
    settings = {
        "global_batch_size": 4,
        "num_workers": 0,
        "max_patch_size": 2,
        "sampled_hw_p_list": (2, 3),
        "token_budget": 160,
        **(loader or {}),
    }
    return evolve(
        base,
        run_name="tiny",
        model=LatentMIMConfig(
            encoder=OlmoEarthEncoderConfig(embedding_size=16, depth=1, num_heads=2, max_patch_size=2),
            decoder=PredictorConfig(embedding_size=16, depth=1, num_heads=2),
        ),
        dataset=H5TilesConfig(h5py_dir=data),
        data_loader=TileLoaderConfig(**settings),
        train_module=evolve(
            base.train_module,
            **{"rank_microbatch_size": 2, "scheduler": CosineWithWarmup(warmup_steps=2), **(module or {})},
        ),
        trainer=TrainerConfig(
            save_folder=folder,
            max_duration=Duration(value=value, unit=unit),  # type: ignore[arg-type]
            callbacks={"checkpointer": saver} if callbacks is None else callbacks,
            **(trainer or {}),
        ),
        **{"sensors": SENSORS, **changes},
    ).derived()
