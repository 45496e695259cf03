"""Embedder `encoder`: the encoder of the evaluated model itself."""

from typing import TYPE_CHECKING, cast

from attrs import frozen

from spacenit_core.errors import UserError
from spacenit_core.kinds.embedders import EmbedderConfig, EvaluatedModel
from spacenit_core.samples.model_inputs import ModelInputs

if TYPE_CHECKING:
    from torch import nn

    from spacenit_core.nn.base_encoder import BaseEncoder
    from spacenit_evals.embedders.token_embedder import TokenEmbedder


@frozen(kw_only=True)
class ModelEncoder(EmbedderConfig):
    """The evaluated model's encoder, as it was trained."""

    def takes(self, model: EvaluatedModel | None, patch_size: int) -> ModelInputs:
        """The sensors that it saw in training, and its longest series.

        Raises:
            UserError: where there is no model, or it does not take patches of that size.
        """
        trained = needed(model, "encoder")
        config = encoder_of(trained.model).config
        if not config.min_patch_size <= patch_size <= config.max_patch_size:
            raise UserError(
                f"the encoder takes patches of {config.min_patch_size} to {config.max_patch_size} cells, not "
                f"{patch_size}",
                "choose another patch size{patch_size}",
                things=("patch_size",),
            )
        return ModelInputs(
            sensors=trained.encoded_sensors, patch_size=patch_size, max_timesteps=config.max_sequence_length
        )

    def build(self, model: EvaluatedModel | None, inputs: ModelInputs) -> "TokenEmbedder":
        """The encoder on the device that it is on.

        Raises:
            UserError: where there is no model.
        """
        from spacenit_evals.embedders.token_embedder import TokenEmbedder

        return TokenEmbedder(encoder_of(needed(model, "encoder").model), inputs)


def encoder_of(model: "nn.Module") -> "BaseEncoder":
    """The part of a model that embeds."""
    return cast("BaseEncoder", getattr(model, "encoder", model))


def needed(model: EvaluatedModel | None, name: str) -> EvaluatedModel:
    """The evaluated model.

    Raises:
        UserError: where there is none.
    """
    if model is None:
        raise UserError(f"{name} needs a model that is evaluated", "give a run or a released model, or leave it out")
    return model
