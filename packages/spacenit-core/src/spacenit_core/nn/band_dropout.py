"""Band dropout: in pretraining the online encoder misses some bands of some samples."""

from collections.abc import Collection, Mapping

import torch
from torch import Tensor, nn

from spacenit_core.errors import UserError
from spacenit_core.samples.layout import TokenLayout
from spacenit_core.sensors.selection import SensorSet

KeptBands = Mapping[tuple[str, int], Tensor]
"""(sensor, band group) -> which bands each of S sequences keeps, bool ``[S, bands]``; all where it is not named."""


class BandDropout(nn.Module):
    """Draws which bands each sample keeps; groups of one band always keep it.

    It does nothing until it is enabled (see :func:`enable_band_dropout`), so that a loaded encoder can be tuned with
    all bands.

    Args:
        rate: probability of dropping a band; where it would drop all of a group, one is kept, each as likely.
        random: whether the probability is drawn for each band group and view, uniformly from 0 to `rate`.
        names: the sensors it applies to; None for all.
        sensors: the sensors of the encoder.

    Attributes:
        enabled: whether it is in use.

    Raises:
        UserError: for a name that the encoder has no sensor of.
    """

    def __init__(self, rate: float, *, random: bool, names: Collection[str] | None, sensors: SensorSet) -> None:
        super().__init__()
        unknown = sorted(set(names or ()) - set(sensors.names))
        if unknown:
            raise UserError(
                f"band_dropout_modalities names {', '.join(unknown)}, which the encoder does not take",
                f"its sensors: {', '.join(sensors.names)}",
            )
        self.rate = rate
        self.random = random
        self.names = frozenset(sensors.names if names is None else names)
        self.enabled = False

    def forward(self, layout: TokenLayout, views: int, samples: int, device: torch.device) -> KeptBands:
        """Draw for V views of B samples, sequence v * B + b is view v of sample b; views are drawn independently."""
        if not (self.training and self.enabled and self.rate):
            return {}
        return {
            (block.sensor.name, group): self._draw(views, samples, len(bands), device)
            for block in layout.blocks
            if block.sensor.name in self.names
            for group, bands in enumerate(block.sensor.token_groups)
            if len(bands) > 1
        }

    def _draw(self, views: int, samples: int, bands: int, device: torch.device) -> Tensor:
        rate = torch.full((views, 1, 1), self.rate, device=device)
        if self.random:
            rate = rate * torch.rand_like(rate)
        draws = torch.rand((views, samples, bands), device=device)
        # Where all draws say drop, the greatest of them is at a band chosen uniformly.
        return ((draws >= rate) | (draws == draws.amax(-1, keepdim=True))).flatten(0, 1)


def enable_band_dropout(encoder: nn.Module) -> None:
    """Use band dropout, where the encoder has it: for the online encoder of a pretraining run, not for its targets."""
    for module in encoder.modules():
        if isinstance(module, BandDropout):
            module.enabled = True
