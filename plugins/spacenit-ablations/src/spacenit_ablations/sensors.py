"""Ablations of the sensors."""

from spacenit_core.kinds.patches import Patch

S2_ONLY = Patch(
    theme="sensors",
    summary="Sentinel-2 alone",
    overrides={"sensors": "[sentinel2_l2a]", "train_module.masking.only_decode_modalities": "[]"},
)
