"""Kind `protocols`: how an embedder is judged: classifiers on frozen vectors, fine-tuning ..."""

from collections.abc import Iterator
from typing import Protocol

import numpy as np
from attrs import frozen

from spacenit_core.errors import UserError
from spacenit_core.kinds.base import EntryConfig
from spacenit_core.kinds.embedders import Embedder
from spacenit_core.plugins.registry import Registry
from spacenit_core.samples.sample_window import SampleWindow


class LabelledPart(Protocol):
    """One side of a split: m samples with their labels."""

    @property
    def labels(self) -> np.ndarray:
        """Int ``[m]``."""
        ...

    @property
    def groups(self) -> np.ndarray:
        """What each sample lies in, int ``[m]``; see `spacenit_core.kinds.benchmarks.Benchmark`."""
        ...

    def pooled(self, embedder: Embedder) -> np.ndarray:
        """The samples' vectors, float32 ``[m, D]``, made once for all protocols; NaN is a missing value."""
        ...

    def grid(self, embedder: Embedder) -> np.ndarray:
        """The vectors of their patches, float32 ``[m, h, w, D]``, made once for all protocols; NaN likewise."""
        ...

    def batches(self, batch_size: int) -> Iterator[tuple[list[SampleWindow], np.ndarray]]:
        """Read the samples themselves, with their labels int ``[B]``, in the order that is read fastest."""
        ...


@frozen(kw_only=True, eq=False)
class LabelledSplit:
    """What a protocol works on.

    Attributes:
        train: to learn from.
        test: to predict; its labels are not looked at.
        validation: to choose settings by; None where those are chosen on the training groups.
    """

    train: LabelledPart
    test: LabelledPart
    validation: LabelledPart | None = None


@frozen(kw_only=True, eq=False)
class EmbeddedPart:
    """A side of a split whose vectors are at hand already, whatever the embedder: for trials and tests.

    Attributes:
        labels: int ``[m]``.
        groups: int ``[m]``.
        vectors: float32 ``[m, D]``.
    """

    labels: np.ndarray
    groups: np.ndarray
    vectors: np.ndarray

    def pooled(self, embedder: Embedder) -> np.ndarray:
        """The vectors."""
        return self.vectors

    def grid(self, embedder: Embedder) -> np.ndarray:
        """The vectors as those of one patch, ``[m, 1, 1, D]``."""
        return self.vectors[:, None, None]

    def batches(self, batch_size: int) -> Iterator[tuple[list[SampleWindow], np.ndarray]]:
        """Refused: there are no samples."""
        raise UserError("these are vectors alone, without the samples that they come from")


class EvaluationProtocol(Protocol):
    """Learns from one side of a split and predicts the other.

    Where it has an attribute `remark`, a text about the last fit (what it chose, and how), reports print it.
    """

    def predict(self, embedder: Embedder, split: LabelledSplit) -> np.ndarray:
        """Fit and predict.

        Args:
            embedder: what is judged: its vectors, or (see `spacenit_core.kinds.embedders.Trainable`) its weights.
            split: samples with labels; whatever is chosen by validation is chosen on whole groups.

        Returns:
            The predicted labels of the test samples, int ``[m]``.

        Raises:
            UserError: where the embedder does not give what the protocol needs.
        """
        ...


class ProtocolConfig(EntryConfig):
    """Base of protocol entries."""

    __slots__ = ()

    def build(self) -> EvaluationProtocol:
        """Make it."""
        raise NotImplementedError


PROTOCOLS: Registry[type[ProtocolConfig]] = Registry("protocols", ProtocolConfig)
