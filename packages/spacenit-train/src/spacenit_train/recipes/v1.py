"""Recipes `nano`, `tiny`, `base` and `large`: OlmoEarth v1, with the numbers of its official scripts and released runs.

They differ in size, learning rate and weight decay alone; all else is one training set-up.
"""

from spacenit_core.models.latent_mim.config import LatentMIMConfig
from spacenit_core.nn.encoder_config import OlmoEarthEncoderConfig
from spacenit_core.nn.predictor_config import PredictorConfig
from spacenit_data.loader.config import TileLoaderConfig
from spacenit_train.losses.info_nce import InfoNCEConfig
from spacenit_train.losses.modality_patch_discrimination import ModalityPatchDiscriminationConfig
from spacenit_train.masking.modality_cross_random import ModalityCrossRandomMasking
from spacenit_train.optimizers.adamw import AdamWConfig
from spacenit_train.recipes.sizes import BASE, LARGE, NANO, TINY, Size
from spacenit_train.runners.contrastive_latent_mim.config import ContrastiveLatentMIMConfig
from spacenit_train.schedulers.cosine_with_warmup import CosineWithWarmup
from spacenit_train.tile_experiment import TileExperiment
from spacenit_train.trainer.config import Duration, TrainerConfig

MAPS = ("worldcover", "srtm", "openstreetmap_raster", "wri_canopy_height_map", "cdl", "worldcereal")
"""Sensors that are predicted but never encoded."""

SENSORS = ("sentinel2_l2a", "sentinel1", "landsat", *MAPS)

# The released runs used these learning rates and weight decays; only base's are also the official script's.


def nano() -> TileExperiment:
    """Encoder of 1.4 million parameters (128 wide, 4 blocks), for debugging and small machines."""
    return pretrain(NANO, lr=1e-3, weight_decay=2e-3)


def tiny() -> TileExperiment:
    """Encoder of 6.2 million parameters (192 wide, 12 blocks)."""
    return pretrain(TINY, lr=2e-4, weight_decay=2e-2)


def base() -> TileExperiment:
    """Encoder of 89 million parameters (768 wide, 12 blocks): the standard set-up."""
    return pretrain(BASE, lr=1e-4, weight_decay=2e-2)


def large() -> TileExperiment:
    """Encoder of 308 million parameters (1024 wide, 24 blocks)."""
    return pretrain(LARGE, lr=1e-4, weight_decay=2e-3)


def pretrain(size: Size, *, lr: float, weight_decay: float) -> TileExperiment:
    """The official set-up at one size: 9 sensors, 300 epochs of batches of 512, two views, contrastive latent MIM.

    Args:
        size: of the model.
        lr: peak learning rate.
        weight_decay: of all weights.
    """
    return TileExperiment(
        sensors=SENSORS,
        model=LatentMIMConfig(
            encoder=OlmoEarthEncoderConfig(
                embedding_size=size.width,
                depth=size.depth,
                num_heads=size.heads,
                mlp_ratio=4.0,
                drop_path=0.1,
                use_linear_patch_embed=False,
            ),
            decoder=PredictorConfig(
                embedding_size=size.width, depth=size.decoder_depth, num_heads=size.heads, mlp_ratio=4.0, drop_path=0.0
            ),
        ),
        data_loader=TileLoaderConfig(
            global_batch_size=512,
            token_budget=2250,
            sampled_hw_p_list=tuple(range(1, 13)),
            min_patch_size=1,
            max_patch_size=8,
            num_workers=12,
            prefetch_factor=2,
            seed=3622,
        ),
        train_module=ContrastiveLatentMIMConfig(
            masking=ModalityCrossRandomMasking(
                encode_ratio=0.5,
                decode_ratio=0.5,
                allow_encoding_decoding_same_bandset=True,
                only_decode_modalities=MAPS,
            ),
            loss=ModalityPatchDiscriminationConfig(tau=0.1),
            contrastive=InfoNCEConfig(tau=0.1, weight=0.1),
            optim=AdamWConfig(lr=lr, weight_decay=weight_decay),
            scheduler=CosineWithWarmup(warmup_steps=8000, alpha_f=0.1),
            rank_microbatch_size=32,
            max_grad_norm=1.0,
            ema_decay=(1.0, 1.0),
        ),
        trainer=TrainerConfig(max_duration=Duration(value=300, unit="epochs"), metrics_collect_interval=10),
    )
