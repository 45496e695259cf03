"""Loss `mae`: reconstructed against true pixels (masked autoencoders, arXiv:2111.06377)."""

from typing import Any

import torch
from torch import Tensor, nn

from spacenit_core.errors import UserError
from spacenit_core.kinds.losses import PixelPairs
from spacenit_core.samples.layout import SensorBlock
from spacenit_core.samples.visibility import DECODE, MISSING
from spacenit_train.losses.config import MAEConfig


class MAE:
    """The mean error over the values of all patches to decode, of every sensor that is reconstructed.

    A value is one band of one pixel; each counts once, so that sensors with many bands and pixels weigh more. The loss
    is 0 where no value is compared (the reference gives NaN).

    Args:
        config: error function, weight and which patches count.
    """

    def __init__(self, config: MAEConfig) -> None:
        self.config = config
        options: dict[str, Any] = {"beta": config.beta, "delta": config.delta}
        given = {name: value for name, value in options.items() if value is not None}
        self._error: nn.Module = getattr(nn, config.loss_function)(reduction="none", **given)

    def __call__(self, pairs: PixelPairs) -> Tensor:
        """The loss, a float32 scalar (0 where no pixel is compared).

        Raises:
            UserError: for a sensor without a grid.
        """
        total = torch.zeros((), device=pairs.visibility.device)
        number = torch.zeros((), device=pairs.visibility.device, dtype=torch.int64)
        for name, reconstructed in pairs.reconstructed.items():
            block = pairs.layout[name]
            if not block.sensor.spatial:
                raise UserError(f"mae compares pixels of a grid, and sensor {name!r} has none", "do not reconstruct it")
            chosen = self._chosen(pairs.visibility[:, block.tokens]).unflatten(1, block.shape)
            errors = self._by_patch(reconstructed.float(), pairs.true[name].float(), block)
            for group, channels in enumerate(block.sensor.group_channels):
                # [B, rows, side, columns, side, steps, channels]: the patches, each with its pixels and bands.
                part = errors[..., list(channels)]
                wanted = chosen[..., group]
                total = total + part.sum((2, 4, 6)).where(wanted, 0).sum()
                number = number + wanted.sum() * (part.shape[2] * part.shape[4] * part.shape[6])
        return self.config.weight * total / number.clamp(min=1)

    def _chosen(self, visibility: Tensor) -> Tensor:
        return visibility == DECODE if self.config.only_decode else visibility != MISSING

    def _by_patch(self, reconstructed: Tensor, true: Tensor, block: SensorBlock) -> Tensor:
        """The errors of all pixels, from ``[B, H*k, W*k, T, C]`` to ``[B, rows, side, columns, side, T, C]``."""
        errors: Tensor = self._error(reconstructed, true)
        return errors.unflatten(1, (block.rows, -1)).unflatten(3, (block.columns, -1))
