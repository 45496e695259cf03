"""Ablations of the targets."""

from spacenit_core.kinds.patches import Patch

_THEME = "targets"

RANDOM_TARGET_INIT = Patch(
    theme=_THEME,
    summary="targets have random weights of their own, not those that the encoder begins with",
    overrides={"train_module.reinit_targets": "true"},
)

EMA_ACTIVE = Patch(
    theme=_THEME,
    summary="the targets' weights follow the encoder's",
    overrides={"train_module.ema_decay": "[0.996,1.0]"},
)
