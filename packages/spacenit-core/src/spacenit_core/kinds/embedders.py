"""Kind `embedders`: what turns samples into vectors: an encoder, ours or another's, or anything else."""

from collections.abc import Sequence
from typing import TYPE_CHECKING, Protocol, runtime_checkable

import numpy as np

from spacenit_core.kinds.base import EntryConfig
from spacenit_core.kinds.models import ModelConfig
from spacenit_core.plugins.registry import Registry
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.sensors.selection import SensorSet

if TYPE_CHECKING:
    from torch import nn


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


class EmbedderConfig(EntryConfig):
    """Base of embedder entries."""

    __slots__ = ()

    def takes(self, model: EvaluatedModel | None, patch_size: int) -> ModelInputs | None:
        """What it takes, asked where it is what an evaluation is about; None for whatever there is.

        Args:
            model: the evaluated model; None where there is none beside it.
            patch_size: grid cells along one side of a patch, for models that leave it open.
        """
        return None

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
