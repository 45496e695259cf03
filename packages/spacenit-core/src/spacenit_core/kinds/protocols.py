"""Kind `protocols`: how an embedder is judged: classifiers on frozen vectors, fine-tuning ..."""

from collections.abc import Iterator
from typing import ClassVar, Protocol, Self

import numpy as np
from attrs import frozen

from spacenit_core.errors import UserError
from spacenit_core.kinds.base import EntryConfig
from spacenit_core.kinds.benchmarks import Labels, Rows
from spacenit_core.kinds.embedders import Embedder
from spacenit_core.kinds.tasks import Task
from spacenit_core.plugins.registry import Registry
from spacenit_core.samples.sample_window import SampleWindow


class LabelledPart(Protocol):
    """One side of a split: m samples with their labels."""

    @property
    def labels(self) -> Labels:
        """Of each sample, see `spacenit_core.kinds.benchmarks.Benchmark.labels`."""
        ...

    @property
    def groups(self) -> np.ndarray:
        """What each sample lies in, int ``[m]``; see `spacenit_core.kinds.benchmarks.Benchmark`."""
        ...

    def pooled(self, embedder: Embedder) -> np.ndarray:
        """The samples' vectors, float32 ``[m, D]``, made once for all protocols; NaN is a missing value."""
        ...

    def grid(self, embedder: Embedder) -> np.ndarray | Rows:
        """The vectors of their patches, float32 ``[m, h, w, D]``, made once for all protocols; NaN likewise.

        They may lie on the disk: index them in batches.
        """
        ...

    def batches(self, batch_size: int) -> Iterator[tuple[list[SampleWindow], np.ndarray]]:
        """Read the samples themselves, with their labels ``[B, ...]``, in the order that is read fastest."""
        ...

    def samples(self, rows: np.ndarray) -> list[SampleWindow]:
        """Read some of the samples themselves, in the order of their rows, int ``[B]``, none twice."""
        ...


@frozen(kw_only=True, eq=False)
class LabelledSplit:
    """What a protocol works on.

    Attributes:
        train: to learn from.
        test: to predict; its labels are not looked at.
        validation: to choose settings by; None where those are chosen on the training groups.
        task: what is predicted.
        classes: how many classes there are; 1 for a regression.
    """

    train: LabelledPart
    test: LabelledPart
    validation: LabelledPart | None = None
    task: Task = "classification"
    classes: int = 0


@frozen(kw_only=True, eq=False)
class Prediction:
    """What is predicted for m samples, or for some of them that follow one another.

    Attributes:
        values: by task int ``[m]``, bool ``[m, K]``, float ``[m]``, int ``[m, H, W]`` or float ``[m, H, W]``.
        scores: how likely each class is: float ``[m, K]``, of segmentation ``[m, K, H, W]``; the larger, the likelier.
            None where a protocol has none.
    """

    values: np.ndarray
    scores: np.ndarray | None = None


Predicted = np.ndarray | Prediction | Iterator[Prediction]
"""Values alone, with scores, or in parts that follow one another, where the whole would be large."""


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

    def samples(self, rows: np.ndarray) -> list[SampleWindow]:
        """Refused likewise."""
        raise UserError("these are vectors alone, without the samples that they come from")


class EvaluationProtocol(Protocol):
    """Learns from one side of a split and predicts the other.

    Where it has an attribute `remark`, a text about the last fit (what it chose, and how), reports print it.
    """

    def predict(self, embedder: Embedder, split: LabelledSplit) -> Predicted:
        """Fit and predict.

        Args:
            embedder: what is judged: its vectors, or (see `spacenit_core.kinds.embedders.Trainable`) its weights.
            split: samples with labels; whatever is chosen by validation is chosen on whole groups.

        Returns:
            What is predicted for the test samples, in their order: for each what the task's labels are.

        Raises:
            UserError: where the embedder does not give what the protocol needs.
        """
        ...


class ProtocolConfig(EntryConfig):
    """Base of protocol entries."""

    __slots__ = ()

    tasks: ClassVar[tuple[Task, ...]] = ("classification",)
    """What it can predict."""

    needs_samples: ClassVar[bool] = False
    """Whether it works on samples and a model that it trains, and not on vectors."""

    version: ClassVar[int] = 1
    """Rises with every change that changes what it predicts: results of two versions are not one protocol's."""

    def repeats(self) -> tuple[Self, ...]:
        """What is fitted in each split: itself, or one of itself for each of several seeds."""
        return (self,)

    def build(self) -> EvaluationProtocol:
        """Make it."""
        raise NotImplementedError


PROTOCOLS: Registry[type[ProtocolConfig]] = Registry("protocols", ProtocolConfig)
