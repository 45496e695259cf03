"""Embedder `random_init`: the same encoder before any training."""

from typing import TYPE_CHECKING

from attrs import frozen

from spacenit_core.config.fields import at_least, setting
from spacenit_core.kinds.embedders import EmbedderConfig, EvaluatedModel
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_evals.embedders.encoder import encoder_of, needed

if TYPE_CHECKING:
    from spacenit_evals.embedders.token_embedder import TokenEmbedder


@frozen(kw_only=True)
class RandomInit(EmbedderConfig):
    """The evaluated model's encoder with fresh random weights: what the architecture alone gives."""

    seed: int = setting("seed of the weights", 0, validator=at_least(0))

    def build(self, model: EvaluatedModel | None, inputs: ModelInputs) -> "TokenEmbedder":
        """Build the encoder of a model anew, on the device of the trained one.

        Raises:
            UserError: where there is no model.
        """
        import torch

        from spacenit_core import initial_weights
        from spacenit_core.rng import torch_seed
        from spacenit_evals.embedders.token_embedder import TokenEmbedder

        trained = needed(model, "random_init")
        device = next(trained.model.parameters()).device
        with torch.random.fork_rng(devices=[]), initial_weights.drawn():
            torch.manual_seed(torch_seed(self.seed, "random init"))
            fresh = trained.config.build(trained.sensors)
        return TokenEmbedder(encoder_of(fresh.to(device)), inputs)
