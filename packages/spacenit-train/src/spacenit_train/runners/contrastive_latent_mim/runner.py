"""Runner `contrastive_latent_mim`: two masked views of each sample."""

from spacenit_core.kinds.runners import StepLoss
from spacenit_core.models.latent_mim.model import LatentMIM
from spacenit_core.samples.batch import Batch
from spacenit_train.runners.base import TargetedRunner
from spacenit_train.runners.contrastive_latent_mim.config import ContrastiveLatentMIMConfig
from spacenit_train.runners.objective import ContrastTerm, ViewLosses, ViewTerms, needs_all_pixels, step_loss


class ContrastiveLatentMIM(TargetedRunner):
    """The mean of each view's losses, plus the contrastive loss between the views' pooled vectors.

    Args:
        config: losses and target.
        model: the model; its parameters are the runner's.
    """

    def __init__(self, config: ContrastiveLatentMIMConfig, model: LatentMIM) -> None:
        super().__init__(config, model)
        self.config = config
        self.terms = ViewTerms(tokens=config.loss, mae=config.mae, regularizer=config.regularizer, projected=True)
        self.contrast = ContrastTerm(config.contrastive)

    def forward(self, batch: Batch) -> StepLoss:
        """The loss of one micro-batch with two views."""
        views = self.losses_of(self._views, batch)
        return step_loss(views, self.contrast(views.projected, batch.visibility))

    def _views(self, batch: Batch) -> ViewLosses:
        reconstruct_all = needs_all_pixels(self.config.mae)
        return self.terms(self.model(batch, self.config.token_exit_cfg, reconstruct_all=reconstruct_all), batch)
