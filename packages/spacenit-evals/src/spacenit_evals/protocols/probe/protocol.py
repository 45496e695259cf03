"""The linear probe: heads for all learning rates in one training."""

from collections.abc import Iterator
from contextlib import nullcontext

import numpy as np
import torch

from spacenit_core.errors import UserError
from spacenit_core.kinds.benchmarks import Rows
from spacenit_core.kinds.embedders import Embedder
from spacenit_core.kinds.protocols import LabelledPart, LabelledSplit, Prediction
from spacenit_core.kinds.tasks import DENSE
from spacenit_evals.protocols.linear_probe import LinearProbe
from spacenit_evals.protocols.probe.attention_pooling import PoolingHeads
from spacenit_evals.protocols.probe.band_sets import band_sets_of
from spacenit_evals.protocols.probe.finish import finished
from spacenit_evals.protocols.probe.heads import Heads, LinearHeads, NormalizedHeads, State
from spacenit_evals.protocols.probe.maps import Maps, pixels_of_patch
from spacenit_evals.protocols.probe.side import Side, Target, mean_of
from spacenit_evals.protocols.probe.threads import one_thread
from spacenit_evals.protocols.probe.training import Arranged, Trained, Training, evaluated, train


class StackedProbe:
    """Implements `EvaluationProtocol`.

    Args:
        config: the settings.

    Attributes:
        remark: what the validation samples chose.
    """

    def __init__(self, config: LinearProbe) -> None:
        self.config = config
        self.remark = ""

    def predict(self, embedder: Embedder, split: LabelledSplit) -> Iterator[Prediction]:
        """Train, choose, and predict the test samples by batches.

        Raises:
            UserError: for a head that does not fit the task or the embedder, for several rates that nothing chooses
                among, and where training diverged.
            DataError: for labels that nothing can be learnt from.
        """
        self._check(split)
        trained, arranged, learnt = self._trained(embedder, split)
        number = trained.best()
        self.remark = self._told(trained, number)
        test = Side(self._features(split.test, embedder, split), split.test.labels, learnt.target, learnt.filling)
        return predictions(trained.heads.head(number), arranged, test)

    def predict_rates(
        self, embedder: Embedder, split: LabelledSplit
    ) -> dict[float, tuple[float, Iterator[Prediction]]]:
        """The same for each rate apart: what it is worth on the validation samples (NaN without), and its predictions.

        Sweeps over rates train once.
        """
        trained, arranged, learnt = self._trained(embedder, split)
        test = Side(self._features(split.test, embedder, split), split.test.labels, learnt.target, learnt.filling)
        return {
            rate: (float(trained.values[number]), predictions(trained.heads.head(number), arranged, test))
            for number, rate in enumerate(self.config.learning_rates)
        }

    def _check(self, split: LabelledSplit) -> None:
        rates, validation = self.config.learning_rates, split.validation
        if len(rates) > 1 and (validation is None or not len(validation.labels)):
            raise UserError(
                f"{len(rates)} learning rates are to be chosen among by validation samples, and there are none",
                "give one learning rate, or a benchmark with validation samples",
            )

    def _trained(self, embedder: Embedder, split: LabelledSplit) -> tuple[Trained, Arranged, Side]:
        head = self._head(split)
        target = Target.of(split.task, split.classes, split.train.labels)
        features = self._features(split.train, embedder, split)
        if len(features) < 2:
            raise UserError("linear_probe needs at least two training samples")
        learnt = Side(features, split.train.labels, target, mean_of(features))
        held_out = split.validation
        if held_out is not None and not len(held_out.labels):
            held_out = None
        chosen_on = None
        if held_out is not None:
            chosen_on = Side(self._features(held_out, embedder, split), held_out.labels, target, learnt.filling)
        heads, arranged = self._heads(head, learnt)
        try:
            with nullcontext() if split.task in DENSE else one_thread():
                trained = train(heads, arranged, learnt, chosen_on, self._training())
        except ArithmeticError as error:
            raise UserError(f"linear_probe: {error}", "give lower learning rates, learning_rates=[0.001]") from error
        return trained, arranged, learnt

    def _head(self, split: LabelledSplit) -> str:
        """The kind of head, held against the task."""
        head = self.config.head
        if split.task not in DENSE and head not in ("auto", "linear"):
            raise UserError(f"the head {head} makes maps, and the task is {split.task}", "choose linear")
        if head != "auto":
            return head
        return "bilinear_conv" if split.task == "pixel_regression" else "linear"

    def _features(self, part: LabelledPart, embedder: Embedder, split: LabelledSplit) -> np.ndarray | Rows:
        if self.config.head == "attnpool":
            return band_sets_of(part, embedder)
        return part.grid(embedder) if split.task in DENSE else part.pooled(embedder)

    def _heads(self, head: str, side: Side) -> tuple[Heads, Arranged]:
        rates, width, seed = len(self.config.learning_rates), side.features.shape[-1], self.config.seed
        if side.target.task not in DENSE:
            return NormalizedHeads(rates, width, side.target.classes, seed), _unchanged
        _, rows, columns, *_ = side.features.shape
        _, *size = side.labels.shape
        patch = (
            1
            if head in ("interpolate_linear", "bilinear_conv")
            else pixels_of_patch((rows, columns), (size[0], size[1]))
        )
        maps = Maps(side.target.classes, patch, (size[0], size[1]))
        kind = PoolingHeads if head == "attnpool" else LinearHeads
        return kind(rates, width, maps.outputs, seed), maps

    def _training(self) -> Training:
        config = self.config
        return Training(
            rates=config.learning_rates,
            epochs=config.epochs,
            batch_size=config.batch_size,
            decay=config.weight_decay,
            warmup=config.warmup,
            lowest=config.lowest_rate,
            interval=config.evaluation_interval,
            dice=config.dice,
            seed=config.seed,
        )

    def _told(self, trained: Trained, number: int) -> str:
        if not trained.measure:
            return ""
        chosen = (
            [f"learning rate {self.config.learning_rates[number]:g}"] if len(self.config.learning_rates) > 1 else []
        )
        if self.config.evaluation_interval < self.config.epochs:
            chosen.append(f"epoch {trained.epochs[number]}")
        return f"{', '.join(chosen)}, chosen on validation samples" if chosen else ""


def predictions(head: State, arranged: Arranged, side: Side) -> Iterator[Prediction]:
    """What one head predicts for all samples, in their order, by batches."""
    for _, outputs in evaluated(head, arranged, side, 1):
        yield finished(outputs[0], side.target)


def _unchanged(outputs: torch.Tensor) -> torch.Tensor:
    return outputs
