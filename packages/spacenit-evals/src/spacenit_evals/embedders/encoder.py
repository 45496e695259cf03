"""Embedder `encoder`: the encoder of the evaluated model itself."""

from typing import TYPE_CHECKING, ClassVar, Literal, cast

from attrs import evolve, frozen

from spacenit_core.config.fields import setting
from spacenit_core.errors import UserError
from spacenit_core.kinds.embedders import EmbedderConfig, EvaluatedModel, ModelFacts, taken_sensors
from spacenit_core.samples.model_facts import identity_of
from spacenit_core.samples.model_inputs import ModelInputs

if TYPE_CHECKING:
    from torch import nn

    from spacenit_core.nn.base_encoder import BaseEncoder
    from spacenit_evals.embedders.token_embedder import TokenEmbedder


@frozen(kw_only=True)
class ModelEncoder(EmbedderConfig):
    """The evaluated model's encoder, as it was trained."""

    adapter: ClassVar[str] = "1"

    pooling: Literal["mean", "max"] = setting("of the tokens of a sample, and of each patch", "mean")

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

    def facts(self, model: EvaluatedModel | None, inputs: ModelInputs | None) -> ModelFacts:
        """Those of the run, or of the released model."""
        if model is None:
            return ModelFacts(weights="those of the model that is evaluated")
        from spacenit_core.checkpoint.tensors import state_digest

        encoder = encoder_of(model.model)
        return evolve(
            architecture_facts(model),
            weights=str(getattr(model, "path", "")) or "the model in memory",
            sha256=state_digest(encoder),
            pretrained_on=_data_set(model),
        )

    def identity(self, model: EvaluatedModel | None, inputs: ModelInputs) -> str | None:
        """The weights, and what the encoder was built from."""
        if model is None:
            return None
        built = repr(encoder_of(model.model).config)
        return identity_of(self, self.adapter, self.facts(model, inputs), inputs, self.apart, built)

    def build(self, model: EvaluatedModel | None, inputs: ModelInputs) -> "TokenEmbedder":
        """The encoder on the device that it is on.

        Raises:
            UserError: where there is no model.
        """
        from spacenit_evals.embedders.token_embedder import TokenEmbedder

        return TokenEmbedder(encoder_of(needed(model, "encoder").model), inputs, self.pooling)


def encoder_of(model: "nn.Module") -> "BaseEncoder":
    """The part of a model that embeds."""
    return cast("BaseEncoder", getattr(model, "encoder", model))


def architecture_facts(model: EvaluatedModel) -> ModelFacts:
    """What an encoder of ours takes, whatever its weights are."""
    encoder = encoder_of(model.model)
    config = encoder.config
    return ModelFacts(
        sensors=taken_sensors(model.encoded_sensors),
        normalisation="by the statistics of each sensor, 0 at two deviations below the mean and 1 at two above",
        patch_sizes=(config.min_patch_size, config.max_patch_size),
        input_size="any whole number of patches",
        time=f"at most {config.max_sequence_length} dates; the month of each",
        code_licence="Apache-2.0",
        parameters=sum(weight.numel() for weight in encoder.parameters()),
    )


def _data_set(model: EvaluatedModel) -> str:
    """Where the samples lie that a run was trained on; empty for others."""
    data = (getattr(model, "experiment", None) or {}).get("dataset") or {}
    return str(data.get("h5py_dir") or data.get("type") or "") if isinstance(data, dict) else ""


def needed(model: EvaluatedModel | None, name: str) -> EvaluatedModel:
    """The evaluated model.

    Raises:
        UserError: where there is none.
    """
    if model is None:
        raise UserError(f"{name} needs a model that is evaluated", "give a run or a released model, or leave it out")
    return model
