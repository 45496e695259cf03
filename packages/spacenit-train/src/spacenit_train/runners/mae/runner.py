"""Runner `mae`: the pixels of one masked view of each sample."""

from spacenit_core.kinds.runners import StepLoss
from spacenit_core.models.mae.model import MaskedAutoencoder
from spacenit_core.samples.batch import Batch
from spacenit_train.runners.base import ViewsRunner
from spacenit_train.runners.mae.config import MAERunnerConfig
from spacenit_train.runners.objective import ViewLosses, ViewTerms, needs_all_pixels, step_loss


class MAERunner(ViewsRunner):
    """The losses of one view: of pixels, of tokens beside the online encoder's, and the regulariser.

    Args:
        config: losses.
        model: the model; its parameters are the runner's.
    """

    def __init__(self, config: MAERunnerConfig, model: MaskedAutoencoder) -> None:
        super().__init__(config, model)
        self.config = config
        self.terms = ViewTerms(
            tokens=config.latent_mim, mae=config.mae, regularizer=config.regularizer, projected=False
        )

    def forward(self, batch: Batch) -> StepLoss:
        """The loss of one micro-batch with one view."""
        return step_loss(self.losses_of(self._views, batch))

    def _views(self, batch: Batch) -> ViewLosses:
        reconstruct_all = needs_all_pixels(self.config.mae)
        return self.terms(self.model(batch, self.config.token_exit_cfg, reconstruct_all=reconstruct_all), batch)
