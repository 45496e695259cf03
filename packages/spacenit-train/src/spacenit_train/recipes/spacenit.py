"""Recipes `spacenit_nano` to `spacenit_large`: the `spacenit` encoder in the set-up of OlmoEarth v1.

Data, masking, losses, rates, predictor and sizes are those of the recipe of the same size; the encoder alone differs.
The number of its key and value heads is a divisor of that of the query heads, near a quarter of it.
"""

from attrs import evolve

from spacenit_core.models.latent_mim.config import LatentMIMConfig
from spacenit_core.nn.encoder_config import OlmoEarthEncoderConfig
from spacenit_core.nn.spacenit.config import SpaceNitEncoderConfig
from spacenit_train.recipes.v1 import base, large, nano, tiny
from spacenit_train.tile_experiment import TileExperiment


def spacenit_nano() -> TileExperiment:
    """The spacenit encoder 128 wide, 4 blocks, 8 heads that share 2 of keys and values, for small machines."""
    return _with_spacenit_encoder(nano(), num_kv_heads=2)


def spacenit_tiny() -> TileExperiment:
    """The spacenit encoder 192 wide, 12 blocks, 3 heads that share 1 of keys and values."""
    return _with_spacenit_encoder(tiny(), num_kv_heads=1)


def spacenit_base() -> TileExperiment:
    """The spacenit encoder 768 wide, 12 blocks, 12 heads that share 4 of keys and values."""
    return _with_spacenit_encoder(base(), num_kv_heads=4)


def spacenit_large() -> TileExperiment:
    """The spacenit encoder 1024 wide, 24 blocks, 16 heads that share 4 of keys and values."""
    return _with_spacenit_encoder(large(), num_kv_heads=4)


def _with_spacenit_encoder(official: TileExperiment, *, num_kv_heads: int) -> TileExperiment:
    model = official.model
    assert isinstance(model, LatentMIMConfig) and isinstance(model.encoder, OlmoEarthEncoderConfig)
    encoder = SpaceNitEncoderConfig(
        embedding_size=model.encoder.embedding_size,
        depth=model.encoder.depth,
        num_heads=model.encoder.num_heads,
        num_kv_heads=num_kv_heads,
        drop_path=model.encoder.drop_path,
    )
    return evolve(official, model=evolve(model, encoder=encoder))
