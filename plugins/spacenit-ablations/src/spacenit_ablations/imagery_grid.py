"""Masking, loss and target crossed, on imagery alone and without the contrastive loss: twelve cells.

The depth of the full exits is that of the base encoder.
"""

from spacenit_core.kinds.patches import Patch

_SENSORS = ("sentinel2_l2a", "sentinel1", "landsat")

_MASKINGS = {"random": "random", "cross_random": "modality_cross_random"}
_LOSSES = {"patch": "patch_discrimination", "modality_patch": "modality_patch_discrimination"}
_TARGETS = {
    "no_ema": "fixed targets",
    "ema_exit_zero": "following patch embedding",
    "ema_exit_full": "following encoder",
}
_DEPTH = 12


def _cell(masking: str, loss: str, target: str) -> Patch:
    overrides = {
        "sensors": f"[{','.join(_SENSORS)}]",
        "train_module.contrastive.weight": "0.0",
        "train_module.masking.type": _MASKINGS[masking],
        "train_module.loss.type": _LOSSES[loss],
        "train_module.ema_decay": "[1.0,1.0]" if target == "no_ema" else "[0.996,1.0]",
    }
    if masking == "cross_random":
        overrides["train_module.masking.allow_encoding_decoding_same_bandset"] = "true"
    if target == "ema_exit_full":
        overrides |= {f"train_module.token_exit_cfg.{sensor}": str(_DEPTH) for sensor in _SENSORS}
    return Patch(
        theme="imagery grid",
        summary=f"imagery, no contrastive loss; {_MASKINGS[masking]}, {_LOSSES[loss]}, {_TARGETS[target]}",
        overrides=overrides,
    )


RANDOM_PATCH_DISC_NO_EMA = _cell("random", "patch", "no_ema")
RANDOM_PATCH_DISC_EMA_EXIT_ZERO = _cell("random", "patch", "ema_exit_zero")
RANDOM_PATCH_DISC_EMA_EXIT_FULL = _cell("random", "patch", "ema_exit_full")
RANDOM_MODALITY_PATCH_DISC_NO_EMA = _cell("random", "modality_patch", "no_ema")
RANDOM_MODALITY_PATCH_DISC_EMA_EXIT_ZERO = _cell("random", "modality_patch", "ema_exit_zero")
RANDOM_MODALITY_PATCH_DISC_EMA_EXIT_FULL = _cell("random", "modality_patch", "ema_exit_full")
CROSS_RANDOM_PATCH_DISC_NO_EMA = _cell("cross_random", "patch", "no_ema")
CROSS_RANDOM_PATCH_DISC_EMA_EXIT_ZERO = _cell("cross_random", "patch", "ema_exit_zero")
CROSS_RANDOM_PATCH_DISC_EMA_EXIT_FULL = _cell("cross_random", "patch", "ema_exit_full")
CROSS_RANDOM_MODALITY_PATCH_DISC_NO_EMA = _cell("cross_random", "modality_patch", "no_ema")
CROSS_RANDOM_MODALITY_PATCH_DISC_EMA_EXIT_ZERO = _cell("cross_random", "modality_patch", "ema_exit_zero")
CROSS_RANDOM_MODALITY_PATCH_DISC_EMA_EXIT_FULL = _cell("cross_random", "modality_patch", "ema_exit_full")
