"""The terms of a loss that views have each for themselves."""

import torch
from torch import Tensor

from spacenit_core.kinds.losses import LossConfig
from spacenit_core.kinds.runners import StepLoss
from spacenit_core.models.output import EncodedViews, PredictedViews
from spacenit_core.samples.batch import Batch

Terms = dict[str, Tensor]
"""Losses by the name of their metric, float32 scalars with a graph."""


class ViewTerms:
    """The token loss and the regulariser of a view; those that there are.

    They are computed in float32, whatever the precision of the model.

    Args:
        tokens: compares predicted tokens with targets.
        regularizer: looks at the encoded tokens.
        projected: whether the regulariser gets the vectors that views are compared by, or plain means of tokens.
    """

    def __init__(
        self, *, tokens: LossConfig | None = None, regularizer: LossConfig | None = None, projected: bool = False
    ) -> None:
        self._tokens = None if tokens is None else (tokens.metric, tokens.build())
        self._regularizer = None if regularizer is None else (regularizer.metric, regularizer.build())
        self._projected = projected

    def __call__(self, output: EncodedViews, batch: Batch) -> Terms:
        """The mean of each loss over the views of a batch."""
        with torch.autocast(batch.visibility.device.type, enabled=False):
            return mean_terms([self._of_view(output, number, batch) for number in range(batch.views)])

    def _of_view(self, output: EncodedViews, number: int, batch: Batch) -> Terms:
        terms = {}
        if self._tokens is not None and isinstance(output, PredictedViews):
            name, loss = self._tokens
            terms[name] = loss(output.pairs(number, batch))
        if self._regularizer is not None:
            name, loss = self._regularizer
            terms[name] = loss(output.view(number, projected=self._projected))
        return terms


class ContrastTerm:
    """The loss between the pooled vectors of two views, in float32; none without a loss.

    Args:
        loss: compares them.
    """

    def __init__(self, loss: LossConfig | None) -> None:
        self._loss = None if loss is None else (loss.metric, loss.build())

    def __call__(self, pooled: Tensor) -> Terms:
        """From pooled vectors ``[2, B, D]``."""
        if self._loss is None:
            return {}
        name, loss = self._loss
        with torch.autocast(pooled.device.type, enabled=False):
            return {name: loss(*pooled.float())}


def mean_terms(parts: list[Terms]) -> Terms:
    """The mean of each term over parts that have the same ones."""
    return {name: torch.stack([part[name] for part in parts]).mean() for name in parts[0]}


def step_loss(terms: Terms, *outputs: EncodedViews) -> StepLoss:
    """The sum of all terms, with the statistics that the encoder keeps beside them.

    Args:
        terms: the losses.
        outputs: what they were computed from. Pooled vectors that no term depends on get a gradient of 0, because every
            weight takes part in every step, as data parallelism expects.
    """
    loss = torch.stack(list(terms.values())).sum()
    metrics = {name: term.detach() for name, term in terms.items()}
    for output in outputs:
        loss = loss + 0 * output.pooled.float().sum()
        metrics |= {f"token_norm_stats/{name}": value for name, value in output.encoded.norms.items()}
    return StepLoss(loss=loss, metrics=metrics)
