"""The `spacenit` encoder through the trainer."""

import math
from pathlib import Path
from types import ModuleType

import torch
from attrs import evolve

from spacenit_core.checkpoint.tensors import unpack
from spacenit_core.models.latent_mim.config import LatentMIMConfig
from spacenit_core.nn.spacenit.config import SpaceNitEncoderConfig
from spacenit_train.trainer.metrics import read_metrics
from spacenit_train.trainer.trainer import Trainer


def test_it_is_trained_saved_and_named(tiny: ModuleType, data: Path, tmp_path: Path) -> None:
    base = tiny.experiment(data, tmp_path, value=4, save_interval=2)
    assert isinstance(base.model, LatentMIMConfig)
    encoder = SpaceNitEncoderConfig(embedding_size=16, depth=2, num_heads=2, num_kv_heads=1, max_patch_size=2)
    trainer = Trainer(evolve(base, model=evolve(base.model, encoder=encoder)))

    trainer.fit()

    assert all(math.isfinite(row["loss"]) for row in read_metrics(tmp_path / "metrics.jsonl"))
    assert "attention " in trainer.summary()
    early, late = (unpack(tmp_path / f"step{step}" / "model.safetensors") for step in (2, 4))
    still = {name for name, weight in late.items() if torch.equal(weight, early[name])}
    assert early.keys() == late.keys()
    # Targets stand still, and so does what belongs to the map, which is decoded only.
    assert "encoder.blocks.1.attn.k.weight" in late
    assert all(name.startswith("target.") or "worldcover" in name for name in still)
