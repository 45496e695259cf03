"""Loss `modality_patch_discrimination`: which target belongs to which predicted token (OlmoEarth v1)."""

import torch
from torch import Tensor
from torch.nn.functional import normalize

from spacenit_core.errors import UserError
from spacenit_core.kinds.losses import TokenPairs
from spacenit_train.losses.config import ModalityPatchDiscriminationConfig


class ModalityPatchDiscrimination:
    """Cross entropy of cosine similarities among the tokens of one sample and one sensor.

    Per sensor the mean over a sample's tokens, then over the samples that have any; summed over sensors; times 2 tau.

    Args:
        config: temperature and weights.
    """

    def __init__(self, config: ModalityPatchDiscriminationConfig) -> None:
        self.config = config

    def __call__(self, pairs: TokenPairs) -> Tensor:
        """The loss, a float32 scalar (0 where nothing is predicted).

        Raises:
            UserError: where `modality_weights` lacks a sensor.
        """
        cell = pairs.sensor * pairs.batch_size + pairs.sample
        counts = torch.bincount(cell, minlength=len(pairs.sensors) * pairs.batch_size)
        counts = counts.view(len(pairs.sensors), pairs.batch_size)
        sizes, longest = torch.stack([counts.sum(1), counts.amax(1)]).tolist()
        order = torch.argsort(cell, stable=True)
        predicted, target = pairs.predicted.float(), normalize(pairs.target.float(), dim=-1)
        losses = [self._nothing(predicted)]
        for number, rows in enumerate(order.split(sizes)):
            if len(rows):
                chosen = self._standardised(predicted[rows])
                loss = self._one_sensor(chosen, target[rows], pairs.sample[rows], counts[number], longest[number])
                losses.append(self._weight(pairs.sensors[number]) * loss)
        return self.config.weight * torch.stack(losses).sum()

    def _one_sensor(self, predicted: Tensor, target: Tensor, sample: Tensor, counts: Tensor, longest: int) -> Tensor:
        """The loss of one sensor's tokens ``[m, D]``, ordered by sample; `counts` of them in each of the B samples."""
        slot = torch.arange(len(sample), device=sample.device) - (counts.cumsum(0) - counts)[sample]
        place = sample * longest + slot
        predicted = normalize(predicted, dim=-1) / self.config.tau
        grid = predicted.new_zeros((len(counts) * longest, predicted.shape[1]))
        queries, keys = (grid.index_copy(0, place, v).view(len(counts), longest, -1) for v in (predicted, target))
        beyond = torch.arange(longest, device=sample.device) >= counts[:, None]
        scores = torch.bmm(queries, keys.transpose(1, 2)).masked_fill_(beyond[:, None], -torch.inf)
        # Rows of samples without any token are all -inf; they are left out before the logarithm is taken.
        normaliser = scores.flatten(0, 1).index_select(0, place).logsumexp(1)
        cross_entropy = normaliser - (predicted * target).sum(1)
        per_token = 1.0 / (counts * (counts > 0).sum()).clamp(min=1)
        return 2 * self.config.tau * (cross_entropy * per_token[sample]).sum()

    def _standardised(self, predicted: Tensor) -> Tensor:
        if not self.config.pred2unit:
            return predicted
        return (predicted - predicted.mean(0)) / (predicted.std(0) + 1e-4)

    def _weight(self, sensor: str) -> float:
        if self.config.modality_weights is None:
            return 1.0
        if sensor not in self.config.modality_weights:
            raise UserError(
                f"modality_weights has no weight for sensor {sensor!r}",
                "give every sensor in use a weight, 1 by default",
            )
        return self.config.modality_weights[sensor]

    @staticmethod
    def _nothing(predicted: Tensor) -> Tensor:
        """0, with a graph where the predictions have one, so that a micro-batch without targets can be trained on."""
        return predicted.sum() * 0
