"""Ablations of what OlmoEarth v1.1 added to v1; for the recipes of v1.1 and v1.2."""

from spacenit_core.kinds.patches import Patch

_THEME = "v1.1"

NO_NONLINEAR = Patch(
    theme=_THEME,
    summary="patches are projected from the pixels as they are, without a layer before",
    overrides={"model.encoder.patch_embed_hidden_sizes": "none"},
)

NO_BAND_DROPOUT = Patch(
    theme=_THEME,
    summary="every band is kept",
    overrides={
        "model.encoder.band_dropout_rate": "0.0",
        "model.encoder.random_band_dropout": "false",
    },
)

V1_LOSS = Patch(
    theme=_THEME,
    summary="the loss of v1, which tells equal targets apart",
    overrides={"train_module.loss.type": "modality_patch_discrimination", "train_module.loss.tau": "0.1"},
)

V1_MASKING = Patch(
    theme=_THEME,
    summary="the masking of v1: random tokens, and band sets that are encoded or decoded",
    overrides={
        "train_module.masking.type": "modality_cross_random",
        "train_module.masking.encode_ratio": "0.5",
        "train_module.masking.decode_ratio": "0.5",
        "train_module.masking.allow_encoding_decoding_same_bandset": "true",
        "train_module.masking.only_decode_modalities": (
            "[worldcover,srtm,openstreetmap_raster,wri_canopy_height_map,cdl,worldcereal]"
        ),
    },
)
