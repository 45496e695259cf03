"""Kind `embedders`: what turns samples into vectors: an encoder, ours or another's, or anything else."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, ClassVar, Protocol, runtime_checkable

import numpy as np

from spacenit_core.kinds.base import EntryConfig
from spacenit_core.kinds.models import ModelConfig
from spacenit_core.plugins.registry import Registry
from spacenit_core.samples.model_facts import ModelFacts, TakenSensor, identity_of, taken_sensors
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.sensors.selection import SensorSet

if TYPE_CHECKING:
    import torch
    from torch import nn


__all__ = [
    "EMBEDDERS",
    "Embedder",
    "EmbedderConfig",
    "EvaluatedModel",
    "ModelFacts",
    "TakenSensor",
    "Trainable",
    "device_beside",
    "taken_sensors",
]


class Embedder(Protocol):
    """Embeds samples, which come in the units of their sensors: what a model needs of normalisation it does itself."""

    def pooled(self, samples: Sequence[SampleWindow]) -> np.ndarray:
        """One vector for each of B samples of one size, float32 ``[B, D]``; NaN is a missing value."""
        ...

    def grid(self, samples: Sequence[SampleWindow]) -> np.ndarray:
        """One vector for each patch, float32 ``[B, h, w, D]``; NaN where a patch holds nothing.

        Raises:
            UserError: where it gives one vector for a sample alone.
        """
        ...


@runtime_checkable
class Trainable(Protocol):
    """An embedder that can be trained further."""

    def trainable(self) -> "nn.Module":
        """A copy of the model, all of whose weights have gradients.

        It is called with samples and gives the tokens of their patches ``[B, h, w, D]``.
        """
        ...


class EvaluatedModel(Protocol):
    """The model that an evaluation is about; embedders that stand beside it may follow it."""

    @property
    def model(self) -> "nn.Module":
        """The model, in evaluation mode, on the device to compute on."""
        ...

    @property
    def config(self) -> ModelConfig:
        """What it was built from."""
        ...

    @property
    def sensors(self) -> SensorSet:
        """What it was trained on."""
        ...

    @property
    def encoded_sensors(self) -> SensorSet:
        """What its encoder saw."""
        ...


def device_beside(asked: str | None, model: EvaluatedModel | None) -> "torch.device":
    """Where an embedder computes: as asked, else where the evaluated model is, else on the CPU."""
    import torch

    near = "cpu" if model is None else next(model.model.parameters()).device
    return torch.device(asked or near)


class EmbedderConfig(EntryConfig):
    """Base of embedder entries."""

    __slots__ = ()

    adapter: ClassVar[str] = ""
    """The version of how samples become vectors: another text with any change of code that changes vectors.

    Empty where nobody keeps count; vectors are never kept then.
    """

    apart: ClassVar[tuple[str, ...]] = ("device", "weights")
    """Settings that no vector depends on; of weights, the hash counts and not where they lie."""

    def takes(self, model: EvaluatedModel | None, patch_size: int) -> ModelInputs | None:
        """What it takes, asked where it is what an evaluation is about; None for whatever there is.

        Args:
            model: the evaluated model; None where there is none beside it.
            patch_size: grid cells along one side of a patch, for models that leave it open.
        """
        return None

    def facts(self, model: EvaluatedModel | None, inputs: ModelInputs | None) -> ModelFacts:
        """What it takes and where it comes from. Absent weights are no error: they have no hash.

        Args:
            model: the evaluated model; None where there is none beside it.
            inputs: what the samples hold; None where it is asked without samples.
        """
        return ModelFacts() if inputs is None else ModelFacts(sensors=taken_sensors(inputs.sensors))

    def identity(self, model: EvaluatedModel | None, inputs: ModelInputs) -> str | None:
        """All that decides on its vectors: the same text, the same vectors of the same samples.

        Who follows the evaluated model gives the hash of its weights as a fact, or says more here.

        Args:
            model: the evaluated model; None where there is none beside it.
            inputs: what the samples hold.

        Returns:
            JSON; None where it is not known, so that vectors are not kept.
        """
        facts = self.facts(model, inputs)
        if not self.adapter or (facts.weights and not facts.sha256):
            return None
        return identity_of(self, self.adapter, facts, inputs, self.apart)

    def build(self, model: EvaluatedModel | None, inputs: ModelInputs) -> Embedder:
        """Make the embedder.

        Args:
            model: the evaluated model; None where there is none beside it.
            inputs: what the samples hold.

        Raises:
            UserError: where it cannot embed those, or needs a model.
        """
        raise NotImplementedError


EMBEDDERS: Registry[type[EmbedderConfig]] = Registry("embedders", EmbedderConfig)
