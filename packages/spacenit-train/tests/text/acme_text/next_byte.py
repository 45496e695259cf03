"""What the runner `next_byte` computes."""

from torch import nn
from torch.nn.functional import cross_entropy

from acme_text.batch import Texts
from spacenit_core.kinds.runners import StepLoss


class NextByte(nn.Module):
    """From texts to the surprise at each of their bytes."""

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, batch: Texts) -> StepLoss:
        predicted = self.model(batch.tokens[:, :-1])
        loss = cross_entropy(predicted.flatten(0, 1).float(), batch.tokens[:, 1:].flatten())
        return StepLoss(loss=loss, metrics={"NextByte": loss.detach()})
