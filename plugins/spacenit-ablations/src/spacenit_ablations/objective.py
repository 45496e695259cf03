"""Ablations of the objective."""

from spacenit_core.kinds.patches import Patch

_THEME = "objective"

NO_CONTRASTIVE = Patch(
    theme=_THEME,
    summary="without the contrastive loss (its weight is 0)",
    overrides={"train_module.contrastive.weight": "0.0"},
)

ORIGINAL_PATCH_DISC = Patch(
    theme=_THEME,
    summary="a token is told from all predicted tokens of its sample, not from those of its sensor alone",
    overrides={"train_module.loss.type": "patch_discrimination"},
)

MAE = Patch(
    theme=_THEME,
    summary="a masked autoencoder: the pixels of masked patches are reconstructed, in one view",
    overrides={
        "model.type": "mae",
        "train_module.type": "mae",
        "train_module.mae.loss_function": "SmoothL1Loss",
        "train_module.mae.beta": "0.1",
    },
    keeps={"model.decoder": "model.reconstructor.decoder"},
)
