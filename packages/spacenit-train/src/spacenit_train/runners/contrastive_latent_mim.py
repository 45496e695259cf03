"""Runner `contrastive_latent_mim`: two masked views of each sample."""

import torch
from torch import Tensor, nn

from spacenit_core.kinds.losses import TokenPairs
from spacenit_core.kinds.runners import StepLoss
from spacenit_core.models.latent_mim.model import LatentMIM, LatentMIMOutput
from spacenit_core.samples.batch import Batch
from spacenit_train.runners.config import ContrastiveLatentMIMConfig


class ContrastiveLatentMIM(nn.Module):
    """The mean over both views of the token loss, plus the contrastive loss between the views' pooled vectors.

    The losses are computed in float32, whatever the precision of the model.

    Args:
        config: losses and decay of the target.
        model: the model; its parameters are the runner's.
    """

    def __init__(self, config: ContrastiveLatentMIMConfig, model: LatentMIM) -> None:
        super().__init__()
        self.config = config
        self.model = model
        self.token_loss = config.loss.build()
        self.contrastive_loss = None if config.contrastive is None else config.contrastive.build()

    def forward(self, batch: Batch) -> StepLoss:
        """The loss of one micro-batch with two views."""
        output: LatentMIMOutput = self.model(batch)
        with torch.autocast(batch.visibility.device.type, enabled=False):
            loss = torch.stack([self.token_loss(pairs) for pairs in token_pairs(output, batch)]).mean()
            metrics = {self.config.loss.metric: loss.detach()}
            if self.config.contrastive is not None and self.contrastive_loss is not None:
                contrast = self.contrastive_loss(*output.pooled.float())
                metrics[self.config.contrastive.metric] = contrast.detach()
                loss = loss + contrast
            else:
                # Every weight takes part in every step, as data parallelism expects.
                loss = loss + 0 * output.pooled.float().sum()
        return StepLoss(loss=loss, metrics=metrics)

    def on_step_end(self, step: int, max_steps: int) -> None:
        """Move the target, so that it is what the next step needs.

        Args:
            step: the update that has just been made, counted from 1.
            max_steps: updates of the whole run.
        """
        start, end = self.config.ema_decay
        if (start, end) != (1.0, 1.0):
            self.model.update_target(start + min(step + 1, max_steps) * (end - start) / max_steps)


def token_pairs(output: LatentMIMOutput, batch: Batch) -> list[TokenPairs]:
    """Predictions beside targets, one `TokenPairs` per view."""
    sizes = [sum(output.tokens.sequences.lengths[view * len(batch) :][: len(batch)]) for view in range(batch.views)]
    sensor = torch.from_numpy(batch.layout.sensor).to(output.tokens.position.device, torch.int64)
    columns = (output.predicted, output.target, output.tokens.samples(len(batch)), sensor[output.tokens.position])
    views = zip(*(column.split(sizes) for column in columns), strict=True)
    return [_pairs(*view, batch=batch) for view in views]


def _pairs(predicted: Tensor, target: Tensor, sample: Tensor, sensor: Tensor, *, batch: Batch) -> TokenPairs:
    return TokenPairs(
        predicted=predicted,
        target=target,
        sample=sample,
        sensor=sensor,
        batch_size=len(batch),
        sensors=batch.layout.sensor_names,
    )
