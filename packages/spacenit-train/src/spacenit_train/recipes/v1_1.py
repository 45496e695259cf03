"""Recipes `v1_1_nano`, `v1_1_tiny` and `v1_1_base`: OlmoEarth v1.1, with the numbers of its official scripts.

Beside v1: Sentinel-2 and Landsat have one token per patch and month instead of one per band group, pixels pass a layer
before their patch is projected, bands are dropped at random, whole months are masked, and targets that are equal (most
maps are flat) are not told apart.
"""

from attrs import evolve

from spacenit_core.models.latent_mim.config import LatentMIMConfig
from spacenit_core.nn.encoder_config import OlmoEarthEncoderConfig
from spacenit_core.nn.predictor_config import PredictorConfig
from spacenit_data.loader.config import TileLoaderConfig
from spacenit_train.losses.info_nce import InfoNCEConfig
from spacenit_train.losses.modality_patch_discrimination_masked_negatives import (
    ModalityPatchDiscriminationMaskedNegativesConfig,
)
from spacenit_train.masking.random_time_with_decode import RandomTimeWithDecodeMasking
from spacenit_train.recipes import v1
from spacenit_train.recipes.sizes import BASE, NANO, TINY, Size
from spacenit_train.runners.contrastive_latent_mim.config import ContrastiveLatentMIMConfig
from spacenit_train.tile_experiment import Groups, TileExperiment

S2_SINGLE_GROUP = (("B02", "B03", "B04", "B08", "B05", "B06", "B07", "B8A", "B11", "B12", "B01", "B09"),)
"""All bands of Sentinel-2 in one token, in the order of the released weights."""

LANDSAT_SINGLE_GROUP = (("B8", "B1", "B2", "B3", "B4", "B5", "B6", "B7", "B9", "B10", "B11"),)
"""All bands of Landsat in one token, in the order of the released weights."""

SINGLE_GROUPS: dict[str, Groups] = {"sentinel2_l2a": S2_SINGLE_GROUP, "landsat": LANDSAT_SINGLE_GROUP}


def v1_1_nano() -> TileExperiment:
    """Encoder of 1.7 million parameters (128 wide, 4 blocks), OlmoEarth v1.1."""
    return pretrain(NANO, lr=2e-4, weight_decay=2e-2)


def v1_1_tiny() -> TileExperiment:
    """Encoder of 12 million parameters (192 wide, 12 blocks), OlmoEarth v1.1."""
    return pretrain(TINY, lr=2e-4, weight_decay=2e-3)


def v1_1_base() -> TileExperiment:
    """Encoder of 114 million parameters (768 wide, 12 blocks), OlmoEarth v1.1."""
    return pretrain(BASE, lr=1e-4, weight_decay=2e-2)


def pretrain(size: Size, *, lr: float, weight_decay: float) -> TileExperiment:
    """The set-up of v1.1 at one size: that of v1, with what the module names.

    Args:
        size: of the model.
        lr: peak learning rate.
        weight_decay: of all weights.
    """
    first = v1.pretrain(size, lr=lr, weight_decay=weight_decay)
    module = first.train_module
    loader = first.data_loader
    assert isinstance(module, ContrastiveLatentMIMConfig) and isinstance(loader, TileLoaderConfig)
    return evolve(
        first,
        band_groups=SINGLE_GROUPS,
        model=LatentMIMConfig(encoder=encoder(size), decoder=decoder(size)),
        data_loader=evolve(loader, num_workers=16, prefetch_factor=4),
        train_module=evolve(
            module,
            masking=RandomTimeWithDecodeMasking(
                encode_ratio=0.5, decode_ratio=0.5, random_ratio=0.5, only_decode_modalities=v1.MAPS
            ),
            loss=ModalityPatchDiscriminationMaskedNegativesConfig(
                tau=0.1, same_target_threshold=0.999, mask_negatives_for_modalities=v1.MAPS
            ),
            contrastive=InfoNCEConfig(tau=0.1, weight=0.05),
            rank_microbatch_size=64,
        ),
    )


def encoder(size: Size) -> OlmoEarthEncoderConfig:
    """The encoder of v1.1 at one size."""
    return OlmoEarthEncoderConfig(
        embedding_size=size.width,
        depth=size.depth,
        num_heads=size.heads,
        mlp_ratio=4.0,
        drop_path=0.1,
        use_linear_patch_embed=True,
        patch_embed_hidden_sizes=(size.hidden,),
        band_dropout_rate=0.2,
        random_band_dropout=True,
        # Not Sentinel-1, as in the official script.
        band_dropout_modalities=("sentinel2_l2a", "landsat"),
    )


def decoder(size: Size) -> PredictorConfig:
    """The decoder of v1.1 at one size."""
    return PredictorConfig(
        embedding_size=size.width, depth=size.decoder_depth, num_heads=size.heads, mlp_ratio=4.0, drop_path=0.0
    )
