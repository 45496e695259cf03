"""Every runner trains through the trainer, and goes on where it was stopped, to the bit."""

import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from attrs import evolve

from spacenit_core.checkpoint.tensors import unpack
from spacenit_core.models.galileo.config import GalileoConfig
from spacenit_core.models.latent_mim.config import LatentMIMConfig
from spacenit_core.models.mae.config import MaskedAutoencoderConfig
from spacenit_core.nn.encoder_config import OlmoEarthEncoderConfig
from spacenit_core.nn.predictor_config import PredictorConfig
from spacenit_core.nn.reconstructor_config import ReconstructorConfig
from spacenit_train.losses.koleo import KoLeoConfig
from spacenit_train.losses.mae import MAEConfig
from spacenit_train.losses.modality_patch_discrimination import ModalityPatchDiscriminationConfig
from spacenit_train.masking.random import RandomMasking
from spacenit_train.runners.contrastive_latent_mim.config import ContrastiveLatentMIMConfig
from spacenit_train.runners.galileo.config import GalileoRunnerConfig
from spacenit_train.runners.latent_mim.config import LatentMIMRunnerConfig
from spacenit_train.runners.mae.config import MAERunnerConfig
from spacenit_train.tile_experiment import TileExperiment
from spacenit_train.trainer.metrics import read_metrics
from spacenit_train.trainer.trainer import Trainer

ENCODER = OlmoEarthEncoderConfig(embedding_size=16, depth=2, num_heads=2, max_patch_size=2, band_dropout_rate=0.3)
DECODER = PredictorConfig(embedding_size=16, depth=1, num_heads=2)
PIXELS = ReconstructorConfig(decoder=DECODER, max_patch_size=2)
ENCODED = {"encoder": ENCODER, "decoder": DECODER}
FOLLOWING = {"ema_decay": (0.9, 1.0), "reinit_targets": True}
DEEP = {"sentinel2_l2a": 2, "sentinel1": 1}

SETUPS: dict[str, tuple[Any, Any]] = {
    "latent_mim": (LatentMIMConfig(**ENCODED), LatentMIMRunnerConfig(regularizer=KoLeoConfig())),
    "latent_mim_deep": (
        LatentMIMConfig(**ENCODED, reconstructor=PIXELS),
        LatentMIMRunnerConfig(mae=MAEConfig(), token_exit_cfg=DEEP, **FOLLOWING),
    ),
    "contrastive_latent_mim": (
        LatentMIMConfig(**ENCODED),
        ContrastiveLatentMIMConfig(token_exit_cfg=DEEP, memory="views", **FOLLOWING),
    ),
    "mae": (MaskedAutoencoderConfig(encoder=ENCODER, reconstructor=PIXELS), MAERunnerConfig(memory="checkpoint")),
    "mae_latent": (
        MaskedAutoencoderConfig(**ENCODED, reconstructor=None),
        MAERunnerConfig(mae=None, latent_mim=ModalityPatchDiscriminationConfig(), token_exit_cfg=DEEP),
    ),
    "galileo": (
        GalileoConfig(**ENCODED),
        GalileoRunnerConfig(
            masking_a=RandomMasking(encode_ratio=0.6, decode_ratio=0.3),
            masking_b=RandomMasking(encode_ratio=0.2),
            token_exit_cfg_a=DEEP,
            **FOLLOWING,
        ),
    ),
}


def experiment(name: str, tiny: ModuleType, data: Path, folder: Path, steps: int) -> TileExperiment:
    model, runner = SETUPS[name]
    base = tiny.experiment(data, folder, value=steps, unit="epochs", save_interval=2)
    duration = evolve(base.trainer.max_duration, value=steps, unit="steps")
    module = evolve(runner, rank_microbatch_size=2, scheduler=base.train_module.scheduler)
    trainer = evolve(base.trainer, max_duration=duration)
    return evolve(base, model=model, train_module=module, trainer=trainer).derived()


def tensors(folder: Path, name: str) -> dict[str, torch.Tensor]:
    return unpack(folder / "step4" / name)


@pytest.mark.parametrize("name", SETUPS)
def test_a_runner_trains_and_resumes_to_the_bit(name: str, tmp_path: Path, data: Path, tiny: ModuleType) -> None:
    whole, half = tmp_path / "whole", tmp_path / "half"
    trainer = Trainer(experiment(name, tiny, data, whole, 4))
    trainer.fit()
    shutil.copytree(whole, half)
    shutil.rmtree(half / "step4")
    Trainer(experiment(name, tiny, data, half, 4)).fit()
    for file in ("model.safetensors", "optimizer.safetensors"):
        first, second = tensors(whole, file), tensors(half, file)
        assert first.keys() == second.keys()
        assert all(torch.equal(tensor, second[key]) for key, tensor in first.items())
    rows = read_metrics(whole / "metrics.jsonl")
    assert [row["step"] for row in rows] == [1, 2, 3, 4]

    # Every weight that can be trained has been: the optimizer knows them all.
    trained = {key for key, weight in trainer.model.named_parameters() if weight.requires_grad}
    assert {key.rpartition("/")[0] for key in tensors(whole, "optimizer.safetensors")} == trained
    saved = {key for key in tensors(whole, "model.safetensors") if key.startswith("target.")}
    assert saved == {f"target.{key}" for key in getattr(trainer.model, "target", torch.nn.Module()).state_dict()}
    # Bands are dropped for the online encoder alone.
    assert trainer.model.encoder.band_dropout.enabled
    target = getattr(getattr(trainer.model, "target", None), "band_dropout", None)
    assert target is None or not target.enabled


def test_the_views_of_galileo_are_masked_by_their_own_policies(tmp_path: Path, data: Path, tiny: ModuleType) -> None:
    trainer = Trainer(experiment("galileo", tiny, data, tmp_path / "run", 1))
    trainer.fit()
    batch = next(trainer.loader.batches())
    shares = [(view == 0).sum().item() / (view != 3).sum().item() for view in batch.visibility]
    assert shares == pytest.approx([0.6, 0.2], abs=0.1)
    assert set(read_metrics(tmp_path / "run" / "metrics.jsonl")[0]) >= {"ModalityPatchDisc_a", "ModalityPatchDisc_b"}
