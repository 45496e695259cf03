"""Facts about the configs of OlmoEarth Pretrain: names of classes, fields and what an absent field means."""

from typing import Any, Final

CLASS: Final = "_CLASS_"

ROOTS: Final = ("olmoearth_pretrain.", "helios.")
"""The package's present and former name."""

MODULES: Final = {
    "LatentMIMConfig": ("nn.latent_mim",),
    "MAEConfig": ("nn.mae",),
    "GalileoConfig": ("nn.galileo",),
    "EncoderConfig": ("nn.flexi_vit", "nn.flexihelios"),
    "PredictorConfig": ("nn.flexi_vit", "nn.flexihelios"),
    "ReconstructorConfig": ("nn.flexi_vit", "nn.flexihelios"),
    "TokenizationConfig": ("nn.tokenization",),
    "ModalityTokenization": ("nn.tokenization",),
}
"""Class -> the modules, below the package, that it was ever written under; the first is the present one."""

POSITIONS: Final[dict[str, Any]] = {
    "position_encoding": "absolute",
    "rope_base": 10000.0,
    "rope_coordinate_scale": 1.0,
    "rope_mixed_base": 10.0,
    "temporal_rope_dim_frac": 0.25,
    "rope_temporal_base": None,
    "rope_temporal_coordinate_scale": 1.0,
}

SHARED: Final[dict[str, Any]] = {
    "depth": 2,
    "mlp_ratio": 1.0,
    "num_heads": 2,
    "max_sequence_length": 12,
    "learnable_channel_embeddings": True,
    "random_channel_embeddings": False,
    "output_embedding_size": None,
    "qk_norm": False,
    **POSITIONS,
}

ENCODER: Final[dict[str, Any]] = {
    "embedding_size": 16,
    "max_patch_size": 8,
    "min_patch_size": 1,
    "drop_path": 0.1,
    "num_register_tokens": 0,
    "num_projection_layers": 1,
    "aggregate_then_project": True,
    "frozen_patch_embeddings": False,
    "log_token_norm_stats": False,
    # Older configs do not have the field, and their models had convolutions.
    "use_linear_patch_embed": False,
    "band_dropout_rate": 0.0,
    "random_band_dropout": False,
    "band_dropout_modalities": None,
    "patch_embed_hidden_sizes": None,
    "post_proj_hidden_sizes": None,
    **SHARED,
}
"""Field of an encoder -> what its absence means."""

PREDICTOR: Final[dict[str, Any]] = {
    "encoder_embedding_size": 16,
    "decoder_embedding_size": 16,
    "drop_path": 0.0,
    **SHARED,
}
"""Field of a predictor -> what its absence means."""

RECONSTRUCTOR: Final[dict[str, Any]] = {"max_patch_size": 8}
"""Field of a reconstructor -> what its absence means."""

TARGETED: Final[dict[str, Any]] = {"projection_only_target": False}
"""Field of a Latent MIM model -> what its absence means."""

WITHOUT_EFFECT: Final = frozenset({"use_flash_attn"})
"""Fields that say how something is computed, not what."""

FORMER: Final = {"spatial_pos_encoding": "position_encoding"}
"""Former field -> its present name; where both stand there, the former one counts."""
