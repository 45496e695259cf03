"""Runner `latent_mim`: one masked view of each sample."""

from spacenit_core.kinds.runners import StepLoss
from spacenit_core.models.latent_mim.model import LatentMIM
from spacenit_core.samples.batch import Batch
from spacenit_train.runners.base import TargetedRunner
from spacenit_train.runners.latent_mim.config import LatentMIMRunnerConfig
from spacenit_train.runners.objective import ViewLosses, ViewTerms, needs_all_pixels, step_loss


class LatentMIMRunner(TargetedRunner):
    """The losses of one view: of tokens, and where there are any of pixels and of the regulariser.

    Args:
        config: losses and target.
        model: the model; its parameters are the runner's.
    """

    def __init__(self, config: LatentMIMRunnerConfig, model: LatentMIM) -> None:
        super().__init__(config, model)
        self.config = config
        self.terms = ViewTerms(tokens=config.loss, mae=config.mae, regularizer=config.regularizer, projected=False)

    def forward(self, batch: Batch) -> StepLoss:
        """The loss of one micro-batch with one view."""
        return step_loss(self.losses_of(self._views, batch))

    def _views(self, batch: Batch) -> ViewLosses:
        reconstruct_all = needs_all_pixels(self.config.mae)
        return self.terms(self.model(batch, self.config.token_exit_cfg, reconstruct_all=reconstruct_all), batch)
