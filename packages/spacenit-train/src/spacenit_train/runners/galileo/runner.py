"""Runner `galileo`: two views of each sample that differ in masking, decoder, loss and depth of the targets."""

from functools import partial
from typing import Literal

import torch
from attrs import evolve

from spacenit_core.kinds.runners import StepLoss
from spacenit_core.models.galileo.model import Galileo
from spacenit_core.nn.patches import Patches
from spacenit_core.samples.batch import Batch
from spacenit_train.runners.base import TargetedRunner
from spacenit_train.runners.galileo.config import GalileoRunnerConfig
from spacenit_train.runners.objective import (
    ContrastTerm,
    ViewLosses,
    ViewTerms,
    mean_terms,
    needs_all_pixels,
    step_loss,
)
from spacenit_train.runners.recompute import recomputed

BRANCHES: tuple[Literal["a", "b"], ...] = ("a", "b")


class GalileoRunner(TargetedRunner):
    """The mean of both branches' losses, plus the contrastive loss between the views' pooled vectors.

    Args:
        config: losses and target.
        model: the model; its parameters are the runner's.
    """

    model: Galileo

    def __init__(self, config: GalileoRunnerConfig, model: Galileo) -> None:
        super().__init__(config, model)
        self.config = config
        self.terms = {
            branch: ViewTerms(tokens=loss, mae=config.mae, regularizer=config.regularizer, projected=True)
            for branch, loss in (("a", config.loss_a), ("b", config.loss_b))
        }
        self.contrast = ContrastTerm(config.contrastive)

    def forward(self, batch: Batch) -> StepLoss:
        """The loss of one micro-batch with two views; the metrics of a branch are its own losses."""
        patches = self.model.encoder.patches(batch)
        run = partial(recomputed, self._branch) if self.view_by_view else self._branch
        parts: list[ViewLosses] = [
            run(view, branch, patches) for view, branch in zip(batch.single_views(), BRANCHES, strict=True)
        ]
        own = {
            f"{name}_{branch}": term
            for branch, part in zip(BRANCHES, parts, strict=True)
            for name, term in part.terms.items()
        }
        projected = torch.cat([part.projected for part in parts])
        halves = {name: term / 2 for name, term in own.items()}
        statistics = mean_terms([part.statistics for part in parts])
        views = ViewLosses(terms=halves, projected=projected, statistics=statistics)
        result = step_loss(views, self.contrast(projected, batch.visibility))
        return evolve(result, metrics=result.metrics | {name: term.detach() for name, term in own.items()})

    def _branch(self, view: Batch, branch: Literal["a", "b"], patches: Patches | None) -> ViewLosses:
        exits = self.config.token_exit_cfg_a if branch == "a" else self.config.token_exit_cfg_b
        output = self.model(view, branch, exits, patches=patches, reconstruct_all=needs_all_pixels(self.config.mae))
        return self.terms[branch](output, view)
