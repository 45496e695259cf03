"""Ablations of the masking."""

from spacenit_core.kinds.patches import Patch

_THEME = "masking"

_ONLY_DECODED = "[worldcover,srtm,openstreetmap_raster,wri_canopy_height_map,cdl,worldcereal]"

RANDOM_MASKING = Patch(
    theme=_THEME,
    summary="random tokens of every sensor, the maps' too",
    overrides={
        "train_module.masking.type": "random",
        "train_module.masking.only_decode_modalities": "[]",
    },
)

RANDOM_FIXED_MODALITY = Patch(
    theme=_THEME,
    summary="random tokens of the imagery; maps and elevation are decoded as a whole",
    overrides={
        "train_module.masking.type": "random_fixed_modality",
        "train_module.masking.decoded_modalities": _ONLY_DECODED,
    },
)
