"""Embedders from entries that were written as baselines, for one release more."""

from collections.abc import Sequence

import numpy as np
from attrs import frozen

from spacenit_core.contracts import baselines
from spacenit_core.contracts.build import build
from spacenit_core.contracts.owner import owner_of
from spacenit_core.errors import UserError
from spacenit_core.kinds.baselines import BaselineConfig, FeatureExtractor
from spacenit_core.kinds.embedders import Embedder, EmbedderConfig, EvaluatedModel
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_evals.embedders.batches import batch_of


def build_embedder(config: EmbedderConfig, model: EvaluatedModel | None, inputs: ModelInputs) -> Embedder:
    """An embedder, held to its contract.

    Raises:
        UserError: where it cannot embed such inputs, or needs a model.
        PluginError: for something else than the kind asks for.
    """
    if isinstance(config, BaselineConfig):
        return _BaselineEmbedder(baselines.hold(config.build(model), owner_of(config)), inputs)
    built: Embedder = build(config, model, inputs)
    return built


@frozen
class _BaselineEmbedder:
    extractor: FeatureExtractor
    inputs: ModelInputs

    def pooled(self, samples: Sequence[SampleWindow]) -> np.ndarray:
        return self.extractor(batch_of(samples, self.inputs))

    def grid(self, samples: Sequence[SampleWindow]) -> np.ndarray:
        raise UserError("a baseline gives one vector for a sample, and none for its patches")
