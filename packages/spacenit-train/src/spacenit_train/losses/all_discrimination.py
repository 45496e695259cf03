"""Losses `all_discrimination` and `modality_all_discrimination`: negatives from all samples (arXiv:2502.09356)."""

from torch import Tensor
from torch.nn.functional import normalize

from spacenit_core.kinds.losses import TokenPairs
from spacenit_train.losses.config import AllDiscriminationConfig, ModalityAllDiscriminationConfig
from spacenit_train.losses.grid import Grid, SensorTokens, by_sample, standardised, sum_over_sensors


class AllDiscrimination:
    """Cross entropy of cosine similarities among all tokens of the micro-batch.

    The mean over a sample's tokens, then over all samples, those without any included; times 2 tau. It needs memory for
    M x M similarities.

    Args:
        config: temperature.
    """

    def __init__(self, config: AllDiscriminationConfig) -> None:
        self.config = config

    def __call__(self, pairs: TokenPairs) -> Tensor:
        """The loss, a float32 scalar (0 where nothing is predicted)."""
        predicted = pairs.predicted.float()
        if not len(predicted):
            return predicted.sum()
        return _among_all(predicted, pairs.target.float(), by_sample(pairs), self.config)


class ModalityAllDiscrimination:
    """`all_discrimination` among the tokens of one sensor, summed over sensors.

    Args:
        config: temperature.
    """

    def __init__(self, config: ModalityAllDiscriminationConfig) -> None:
        self.config = config

    def __call__(self, pairs: TokenPairs) -> Tensor:
        """The loss, a float32 scalar (0 where nothing is predicted)."""
        return sum_over_sensors(pairs, self._one_sensor)

    def _one_sensor(self, tokens: SensorTokens) -> Tensor:
        return _among_all(tokens.predicted, tokens.target, tokens.grid, self.config)


def _among_all(
    predicted: Tensor, target: Tensor, grid: Grid, config: AllDiscriminationConfig | ModalityAllDiscriminationConfig
) -> Tensor:
    if config.pred2unit:
        predicted = standardised(predicted)
    predicted, target = normalize(predicted, dim=-1) / config.tau, normalize(target, dim=-1)
    cross_entropy = (predicted @ target.T).logsumexp(1) - (predicted * target).sum(1)
    return 2 * config.tau * (cross_entropy / grid.counts[grid.sample]).sum() / len(grid.counts)
