"""Ablations of the masking."""

from spacenit_core.kinds.patches import Patch

_THEME = "masking"

RANDOM_MASKING = Patch(
    theme=_THEME,
    summary="random tokens of every sensor, the maps' too",
    overrides={
        "train_module.masking.type": "random",
        "train_module.masking.encode_ratio": "0.5",
        "train_module.masking.decode_ratio": "0.5",
    },
)
