"""The objective of a runner: its loss terms, view by view, and their weighted sum."""

from typing import cast

import torch
from attrs import frozen
from torch import Tensor

from spacenit_core.contracts.build import build
from spacenit_core.kinds.losses import LossConfig, PixelLoss, PooledLoss, Regularizer, TokenLoss
from spacenit_core.kinds.runners import StepLoss
from spacenit_core.models.output import EncodedViews, PredictedViews
from spacenit_core.nn.precision import full_precision
from spacenit_core.samples.batch import Batch
from spacenit_core.samples.transfer import send
from spacenit_core.samples.visibility import ENCODE

Terms = dict[str, Tensor]
"""Losses by the name of their metric, float32 scalars with a graph."""


@frozen(kw_only=True)
class ViewLosses:
    """What the views of a batch give to the loss.

    Attributes:
        terms: the mean of each loss over the views.
        projected: ``[V, B, D]``, the vectors that views are compared by.
        statistics: what the encoder says about itself, for the metrics.
    """

    terms: Terms
    projected: Tensor
    statistics: dict[str, Tensor]


class ViewTerms:
    """The losses that each view has for itself: of tokens, of pixels and the regulariser; those that there are.

    They are computed in float32, whatever the precision of the model.

    Args:
        tokens: compares predicted tokens with targets.
        mae: compares reconstructed pixels with true ones.
        regularizer: looks at the encoded tokens.
        projected: whether the regulariser gets the vectors that views are compared by, or plain means of tokens.
    """

    def __init__(
        self, *, tokens: LossConfig | None, mae: LossConfig | None, regularizer: LossConfig | None, projected: bool
    ) -> None:
        self._tokens = None if tokens is None else (tokens.metric, cast(TokenLoss, build(tokens)))
        self._pixels = None if mae is None else (mae.metric, cast(PixelLoss, build(mae)))
        self._regularizer = None if regularizer is None else (regularizer.metric, cast(Regularizer, build(regularizer)))
        self._projected = projected

    def __call__(self, output: EncodedViews, batch: Batch) -> ViewLosses:
        """The losses of what a model made of a batch's views."""
        with full_precision(batch.device):
            terms = mean_terms([self._of_view(output, number, batch) for number in range(batch.views)])
        norms = {f"token_norm_stats/{name}": value for name, value in output.encoded.norms.items()}
        return ViewLosses(terms=terms, projected=output.projected, statistics=norms)

    def _of_view(self, output: EncodedViews, number: int, batch: Batch) -> Terms:
        terms = {}
        if self._tokens is not None and isinstance(output, PredictedViews):
            name, of_tokens = self._tokens
            terms[name] = of_tokens(output.pairs(number, batch))
        pixels = output.pixels(number, batch)
        if self._pixels is not None and pixels is not None:
            name, of_pixels = self._pixels
            terms[name] = of_pixels(pixels)
        if self._regularizer is not None:
            name, of_vectors = self._regularizer
            terms[name] = of_vectors(output.view(number, projected=self._projected))
        return terms


class ContrastTerm:
    """The loss between the projected vectors of two views, in float32; none without a loss.

    Samples of which a view encodes nothing take no part: their projected vectors have no direction, and a gradient
    beyond all bounds.

    Args:
        loss: compares them.
    """

    def __init__(self, loss: LossConfig | None) -> None:
        self._loss = None if loss is None else (loss.metric, cast(PooledLoss, build(loss)))

    def __call__(self, projected: Tensor, visibility: Tensor) -> Terms:
        """From projected vectors ``[2, B, D]`` and the views' visibility ``[2, B, N]``, in host memory."""
        if self._loss is None:
            return {}
        name, loss = self._loss
        present = (visibility == ENCODE).any(-1).all(0).nonzero()[:, 0]
        first, second = projected.float().index_select(1, send(present, projected.device))
        with full_precision(projected.device):
            return {name: loss(first, second) if len(first) else 0 * projected.float().sum()}


def needs_all_pixels(mae: LossConfig | None) -> bool:
    """Whether a pixel loss looks at more than the patches to decode."""
    return mae is not None and not getattr(mae, "only_decode", True)


def mean_terms(parts: list[Terms]) -> Terms:
    """The mean of each term over parts that have the same ones."""
    return {name: torch.stack([part[name] for part in parts]).mean() for name in parts[0]}


def step_loss(views: ViewLosses, contrast: Terms | None = None) -> StepLoss:
    """The sum of all terms.

    Args:
        views: of the views. Pooled vectors that no term depends on get a gradient of 0, because every weight takes part
            in every step, as data parallelism expects.
        contrast: of both views together.
    """
    terms = views.terms | (contrast or {})
    loss = torch.stack(list(terms.values())).sum() + 0 * views.projected.float().sum()
    return StepLoss(loss=loss, metrics={name: term.detach() for name, term in terms.items()} | views.statistics)
