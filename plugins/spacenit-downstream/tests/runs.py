"""Runs of a few steps on the small set, and images to evaluate them on."""

from pathlib import Path
from typing import Any

import numpy as np
import rasterio
import torch
from attrs import evolve

from spacenit_core.checkpoint.tensors import unpack
from spacenit_core.models.latent_mim.config import LatentMIMConfig
from spacenit_core.nn.encoder_config import OlmoEarthEncoderConfig
from spacenit_core.nn.predictor_config import PredictorConfig
from spacenit_data.datasets.h5_tiles_config import H5TilesConfig
from spacenit_data.loader.config import TileLoaderConfig
from spacenit_downstream.config import DownstreamEvaluatorConfig, DownstreamTask
from spacenit_evals.benchmarks.folder.config import LabelledFolder
from spacenit_evals.protocols.knn import KNN
from spacenit_train.callbacks.checkpointer import CheckpointerConfig
from spacenit_train.recipes.v1 import nano
from spacenit_train.tile_experiment import TileExperiment
from spacenit_train.trainer import exit_code
from spacenit_train.trainer.config import Duration, TrainerConfig
from spacenit_train.trainer.metrics import read_metrics
from spacenit_train.trainer.trainer import Trainer

CLASSES = ("forest", "field", "water")


def write_images(folder: Path, divided: bool = True) -> Path:
    """Thirty-six images of 8 x 8 pixels; class c is bright in band c, and not in all images clearly so."""
    rng, lines = np.random.default_rng(0), ["file,label,group" + ",split" * divided]
    for number in range(36):
        label = number // 2 % 3
        pixels = rng.integers(200, 900, (4, 8, 8)).astype(np.uint16)
        pixels[label] += np.uint16(rng.integers(0, 900))
        grid = rasterio.Affine(10, 0, 5e5, 0, -10, 5e6)
        profile = {"driver": "GTiff", "width": 8, "height": 8, "count": 4, "dtype": "uint16", "transform": grid}
        with rasterio.open(folder / f"{number}.tif", "w", **profile) as file:
            file.write(pixels)
            file.descriptions = ("B02", "B03", "B04", "B08")
        side = ["", "train", "validation", "test"][1 + number // 6 % 3]
        lines.append(f"{number}.tif,{CLASSES[label]},site {number // 2}" + f",{side}" * divided)
    (folder / "labels.csv").write_text("\n".join(lines))
    return folder


def task(images: Path, every: int = 2) -> DownstreamTask:
    return DownstreamTask(
        benchmark=LabelledFolder(folder=images),
        protocol=KNN(k=3),
        eval_interval=Duration(value=every, unit="steps"),
        patch_size=2,
    )


def evaluator(images: Path, **settings: Any) -> DownstreamEvaluatorConfig:
    """Two tasks on the same images."""
    return DownstreamEvaluatorConfig(tasks={"one": task(images), "two": task(images, 4)}, **settings)


def experiment(data: Path, folder: Path, callback: DownstreamEvaluatorConfig | None = None) -> TileExperiment:
    """Four steps of the recipe `nano`, smaller still."""
    base = nano()
    callbacks = {"checkpointer": CheckpointerConfig(save_interval=2, ephemeral_save_interval=None)}
    return evolve(
        base,
        run_name="small",
        sensors=("sentinel2_l2a", "sentinel1"),
        model=LatentMIMConfig(
            encoder=OlmoEarthEncoderConfig(embedding_size=16, depth=1, num_heads=2, max_patch_size=2),
            decoder=PredictorConfig(embedding_size=16, depth=1, num_heads=2),
        ),
        dataset=H5TilesConfig(h5py_dir=data),
        data_loader=TileLoaderConfig(
            global_batch_size=4, num_workers=0, max_patch_size=2, sampled_hw_p_list=(2, 3), token_budget=160
        ),
        train_module=evolve(
            base.train_module,
            rank_microbatch_size=2,
            masking=evolve(base.train_module.masking, only_decode_modalities=()),
        ),
        trainer=TrainerConfig(
            save_folder=folder,
            max_duration=Duration(value=4, unit="steps"),
            callbacks=callbacks if callback is None else {**callbacks, "downstream_evaluator": callback},
        ),
    ).derived()


def train(data: str, folder: str, images: str = "") -> int:
    """One run; its exit code."""
    callback = evaluator(Path(images), run_on_test=True) if images else None
    return exit_code.fit_and_report(Trainer(experiment(Path(data), Path(folder), callback)))


def fit(data: Path, folder: Path, callback: DownstreamEvaluatorConfig | None = None) -> list[dict[str, Any]]:
    """One run in this process; its rows of metrics."""
    Trainer(experiment(data, folder, callback)).fit()
    return rows_of(folder)


def rows_of(folder: Path) -> list[dict[str, Any]]:
    return read_metrics(folder / "metrics.jsonl")


def state(folder: Path, step: int) -> dict[str, torch.Tensor]:
    """Weights and optimizer of a checkpoint."""
    files = (folder / f"step{step}" / name for name in ("model.safetensors", "optimizer.safetensors"))
    return {f"{path.name} {name}": tensor for path in files for name, tensor in unpack(path).items()}
