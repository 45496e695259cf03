"""Ablations of the objective."""

from spacenit_core.kinds.patches import Patch

NO_CONTRASTIVE = Patch(
    theme="objective",
    summary="without the contrastive loss (its weight is 0)",
    overrides={"train_module.contrastive.weight": "0.0"},
)
