"""Loss `modality_patch_discrimination_masked_negatives`: equal targets are not told apart (OlmoEarth v1.1)."""

import torch
from torch import Tensor
from torch.nn.functional import normalize

from spacenit_core.kinds.losses import TokenPairs
from spacenit_train.losses.config import ModalityPatchDiscriminationMaskedNegativesConfig
from spacenit_train.losses.grid import Grid, SensorTokens, standardised, sum_over_sensors
from spacenit_train.losses.patch_discrimination import token_cross_entropy


class ModalityPatchDiscriminationMaskedNegatives:
    """`modality_patch_discrimination` where targets that equal a token's own are no negatives for it.

    Maps have many equal patches, which nothing could tell apart. A sample with more than one token of a sensor does not
    count for that sensor where one of them has no negative left. Sensors without a weight have weight 1.

    Args:
        config: temperature, weights and what counts as equal.
    """

    def __init__(self, config: ModalityPatchDiscriminationMaskedNegativesConfig) -> None:
        self.config = config

    def __call__(self, pairs: TokenPairs) -> Tensor:
        """The loss, a float32 scalar (0 where nothing is predicted)."""
        return self.config.weight * sum_over_sensors(pairs, self._one_sensor)

    def _one_sensor(self, tokens: SensorTokens) -> Tensor:
        config, grid = self.config, tokens.grid
        predicted = standardised(tokens.predicted) if config.pred2unit else tokens.predicted
        hidden, without = self._equal_targets(tokens.target, grid) if self._masks(tokens.sensor) else (None, None)
        loss = grid.mean(token_cross_entropy(predicted, tokens.target, grid, config.tau, hidden), without)
        return (config.modality_weights or {}).get(tokens.sensor, 1.0) * 2 * config.tau * loss

    def _masks(self, sensor: str) -> bool:
        chosen = self.config.mask_negatives_for_modalities
        return chosen is None or sensor in chosen

    @torch.no_grad()
    def _equal_targets(self, target: Tensor, grid: Grid) -> tuple[Tensor, Tensor]:
        """The targets that are no negatives, bool ``[B, L, L]``, and the samples that do not count, bool ``[B]``."""
        target = normalize(target, dim=-1)
        equal = grid.products(target, target) > self.config.same_target_threshold
        negatives = (~equal & grid.inside[:, None]).sum(2)
        lonely = (negatives == 0) & grid.inside
        equal.diagonal(dim1=1, dim2=2).fill_(False)
        return equal, lonely.any(1) & (grid.counts > 1)
