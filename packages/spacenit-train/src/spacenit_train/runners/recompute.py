"""Intermediate results that are computed again instead of kept (arXiv:1604.06174)."""

from collections.abc import Callable
from functools import partial
from typing import Any

import torch
from torch import nn
from torch.utils.checkpoint import checkpoint

from spacenit_core.samples.batch import Batch
from spacenit_train.runners.objective import ViewLosses, mean_terms


def by_view(losses: Callable[[Batch], ViewLosses], batch: Batch) -> ViewLosses:
    """The losses of all views, computed view by view; of each view only its losses and projected vectors are kept.

    In the backward pass each view is computed once more, when the intermediate results of the others are gone. The
    random draws of the model are the same both times.

    Args:
        losses: from a batch of one view to its losses.
        batch: B samples with V views.
    """
    parts = [recomputed(losses, view) for view in batch.single_views()]
    return ViewLosses(
        terms=mean_terms([part.terms for part in parts]),
        projected=torch.cat([part.projected for part in parts]),
        statistics=mean_terms([part.statistics for part in parts]),
    )


def recomputed(function: Callable[..., Any], *arguments: Any) -> Any:
    """What a function returns; what its gradient needs is computed again in the backward pass."""
    if not torch.is_grad_enabled():
        return function(*arguments)
    return checkpoint(function, *arguments, use_reentrant=False)


def recompute_blocks(model: nn.Module) -> None:
    """Keep nothing but the inputs of a model's transformer blocks for the backward pass."""
    for module in model.modules():
        blocks = getattr(module, "blocks", None)
        for block in blocks if isinstance(blocks, nn.ModuleList) else ():
            block.forward = partial(recomputed, block.forward)
