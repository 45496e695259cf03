"""Recipes `v1_2_nano` to `v1_2_large`: OlmoEarth v1.2, with the numbers of its official scripts.

Beside v1.1: row, column and date rotate queries and keys, with frequencies that each block learns.
"""

from typing import TypeVar

from attrs import evolve

from spacenit_core.models.latent_mim.config import LatentMIMConfig
from spacenit_core.nn.transformer_config import TransformerConfig
from spacenit_train.recipes import v1_1
from spacenit_train.recipes.sizes import BASE, LARGE, NANO, SMALL, TINY, Size
from spacenit_train.tile_experiment import TileExperiment

C = TypeVar("C", bound=TransformerConfig)


def v1_2_nano() -> TileExperiment:
    """Encoder of 1.7 million parameters (128 wide, 4 blocks), OlmoEarth v1.2."""
    return pretrain(NANO, lr=2e-4, weight_decay=2e-2)


def v1_2_tiny() -> TileExperiment:
    """Encoder of 12 million parameters (192 wide, 12 blocks), OlmoEarth v1.2."""
    return pretrain(TINY, lr=2e-4, weight_decay=2e-3)


def v1_2_small() -> TileExperiment:
    """Encoder of 36 million parameters (384 wide, 12 blocks), OlmoEarth v1.2."""
    return pretrain(SMALL, lr=2e-4, weight_decay=2e-2)


def v1_2_base() -> TileExperiment:
    """Encoder of 114 million parameters (768 wide, 12 blocks), OlmoEarth v1.2."""
    return pretrain(BASE, lr=1e-4, weight_decay=2e-2)


def v1_2_large() -> TileExperiment:
    """Encoder of 341 million parameters (1024 wide, 24 blocks), OlmoEarth v1.2."""
    return pretrain(LARGE, lr=1e-4, weight_decay=2e-2)


def pretrain(size: Size, *, lr: float, weight_decay: float) -> TileExperiment:
    """The set-up of v1.2 at one size: that of v1.1 with rotary positions.

    Args:
        size: of the model.
        lr: peak learning rate.
        weight_decay: of all weights.
    """
    model = LatentMIMConfig(encoder=_rotary(v1_1.encoder(size)), decoder=_rotary(v1_1.decoder(size)))
    return evolve(v1_1.pretrain(size, lr=lr, weight_decay=weight_decay), model=model)


def _rotary(config: C) -> C:
    """With learned rotary positions; dates count in months."""
    return evolve(
        config,
        position_encoding="rope_3d_mixed",
        rope_mixed_base=10_000.0,
        rope_temporal_coordinate_scale=1.0 / 30.0,
    )
