"""Baseline `random_init`: the same encoder before any training."""

from typing import Any

from attrs import frozen

from spacenit_core.config.fields import at_least, setting
from spacenit_core.kinds.baselines import BaselineConfig, FeatureExtractor


@frozen(kw_only=True)
class RandomInit(BaselineConfig):
    """The run's encoder with fresh random weights: what the architecture alone gives."""

    seed: int = setting("seed of the weights", 0, validator=at_least(0))

    def build(self, experiment: Any) -> FeatureExtractor:
        """Build the encoder of a `spacenit_evals.checkpoint.TrainedRun` anew, on the device of the trained one."""
        import torch

        from spacenit_core.rng import torch_seed
        from spacenit_evals.features import EncoderFeatures

        device = next(experiment.model.parameters()).device
        with torch.random.fork_rng(devices=[]):
            torch.manual_seed(torch_seed(self.seed, "random init"))
            model = experiment.config.build(experiment.sensors)
        return EncoderFeatures(getattr(model, "encoder", model), device)
