"""Runner `latent_mim`: one masked view of each sample."""

from spacenit_core.kinds.runners import StepLoss
from spacenit_core.models.latent_mim.model import LatentMIM
from spacenit_core.samples.batch import Batch
from spacenit_train.runners.config import LatentMIMRunnerConfig
from spacenit_train.runners.targets import TargetedRunner
from spacenit_train.runners.terms import ViewTerms, step_loss


class LatentMIMRunner(TargetedRunner):
    """The token loss of one view, and its regulariser.

    Args:
        config: losses and target.
        model: the model; its parameters are the runner's.
    """

    def __init__(self, config: LatentMIMRunnerConfig, model: LatentMIM) -> None:
        super().__init__(config, model)
        self.config = config
        self.terms = ViewTerms(tokens=config.loss, regularizer=config.regularizer)

    def forward(self, batch: Batch) -> StepLoss:
        """The loss of one micro-batch with one view."""
        output = self.model(batch, self.config.token_exit_cfg)
        return step_loss(self.terms(output, batch), output)
