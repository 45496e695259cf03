"""Embedder `random_init`: the same encoder before any training."""

from typing import TYPE_CHECKING, ClassVar

from attrs import evolve, frozen

from spacenit_core.config.fields import at_least, setting
from spacenit_core.kinds.embedders import EmbedderConfig, EvaluatedModel, ModelFacts
from spacenit_core.samples.model_facts import identity_of
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_evals.embedders.encoder import architecture_facts, encoder_of, needed

if TYPE_CHECKING:
    from spacenit_evals.embedders.token_embedder import TokenEmbedder


@frozen(kw_only=True)
class RandomInit(EmbedderConfig):
    """The evaluated model's encoder with fresh random weights: what the architecture alone gives."""

    adapter: ClassVar[str] = "1"

    seed: int = setting("seed of the weights", 0, validator=at_least(0))

    def facts(self, model: EvaluatedModel | None, inputs: ModelInputs | None) -> ModelFacts:
        """Those of the evaluated model's architecture; no weights are read."""
        return ModelFacts(seen=()) if model is None else evolve(architecture_facts(model), seen=())

    def identity(self, model: EvaluatedModel | None, inputs: ModelInputs) -> str | None:
        """What the weights are drawn for: the model's settings and its sensors, by which version of torch."""
        if model is None:
            return None
        from torch import __version__ as torch_version

        basis = repr((model.config, model.sensors, torch_version))
        return identity_of(self, self.adapter, self.facts(model, inputs), inputs, self.apart, basis)

    def build(self, model: EvaluatedModel | None, inputs: ModelInputs) -> "TokenEmbedder":
        """Build the encoder of a model anew, on the device of the trained one.

        Raises:
            UserError: where there is no model.
        """
        from spacenit_core import initial_weights
        from spacenit_core.rng import torch_seeded
        from spacenit_evals.embedders.token_embedder import TokenEmbedder

        trained = needed(model, "random_init")
        device = next(trained.model.parameters()).device
        with torch_seeded(self.seed, "random init"), initial_weights.drawn():
            fresh = trained.config.build(trained.sensors)
        return TokenEmbedder(encoder_of(fresh.to(device)), inputs)
