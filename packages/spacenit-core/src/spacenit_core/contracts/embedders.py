"""What an embedder makes of samples: see `spacenit_core.kinds.embedders.Embedder`."""

from collections.abc import Sequence
from typing import Any

import numpy as np
from attrs import define

from spacenit_core.contracts.owner import Owner, owner_of, shown_type
from spacenit_core.kinds.embedders import EmbedderConfig, EvaluatedModel, ModelFacts, Trainable
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.samples.sample_window import SampleWindow


def hold(component: Any, owner: Owner, *_: Any) -> Any:
    """The embedder; the vectors of one of others are checked."""
    for name in ("pooled", "grid"):
        method = getattr(component, name, None)
        if not callable(method):
            owner.breaks("an embedder has pooled(samples) and grid(samples)", f"built {shown_type(component)}")
        owner.takes(method, "samples")
    if owner.official:
        return component
    return HeldTrainable(component, owner) if isinstance(component, Trainable) else HeldEmbedder(component, owner)


def facts_of(config: EmbedderConfig, model: EvaluatedModel | None, inputs: ModelInputs | None) -> ModelFacts:
    """What an embedder says of itself, see there.

    Raises:
        PluginError: for something else.
    """
    found = config.facts(model, inputs)
    if not isinstance(found, ModelFacts):
        owner_of(config).breaks("an embedder's facts(model, inputs) are ModelFacts", f"returned {shown_type(found)}")
    return found


def identity_of(config: EmbedderConfig, model: EvaluatedModel | None, inputs: ModelInputs) -> str | None:
    """What decides on an embedder's vectors, see there.

    Raises:
        PluginError: for something else than a text or None.
    """
    found = config.identity(model, inputs)
    if not (found is None or (isinstance(found, str) and found)):
        owner_of(config).breaks(
            "an embedder's identity(model, inputs) is a text that is not empty, or None",
            f"returned {shown_type(found)}",
        )
    return found


@define(eq=False)
class HeldEmbedder:
    """An embedder and the check of its vectors.

    Attributes:
        embedder: what `build` made.
        owner: whose it is.
    """

    embedder: Any
    owner: Owner
    _width: int | None = None

    def __getattr__(self, name: str) -> Any:
        if name in ("embedder", "owner") or name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.embedder, name)

    def pooled(self, samples: Sequence[SampleWindow]) -> np.ndarray:
        """One vector for each sample, see there.

        Raises:
            PluginError: for vectors that break the contract.
        """
        due = f"an embedder gives one vector for each sample, float32 [{len(samples)}, D] with the same D always"
        return self._checked(self.embedder.pooled(samples), len(samples), 2, due)

    def grid(self, samples: Sequence[SampleWindow]) -> np.ndarray:
        """One vector for each patch, see there.

        Raises:
            PluginError: for vectors that break the contract.
        """
        due = f"an embedder gives one vector for each patch, float32 [{len(samples)}, h, w, D] with the same D always"
        return self._checked(self.embedder.grid(samples), len(samples), 4, due)

    def _checked(self, found: Any, size: int, dimensions: int, due: str) -> np.ndarray:
        if not isinstance(found, np.ndarray) or found.dtype != np.float32 or found.ndim != dimensions:
            self.owner.breaks(due, f"returned {shown_type(found)}")
        self._width = found.shape[-1] if self._width is None else self._width
        if (len(found), found.shape[-1]) != (size, self._width) or not found.size:
            self.owner.breaks(due, f"returned {shown_type(found)}")
        if np.isinf(found).any():
            self.owner.breaks("vectors are numbers, or NaN where there is none", "returned infinite values")
        checked: np.ndarray = found
        return checked


class HeldTrainable(HeldEmbedder):
    """One that is `Trainable` too, which Python looks for in the class."""

    def trainable(self) -> Any:
        """A copy of the model, see there."""
        return self.embedder.trainable()
