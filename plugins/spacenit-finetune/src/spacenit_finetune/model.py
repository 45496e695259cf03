"""An encoder and a head."""

from collections.abc import Sequence

import torch
from torch import Tensor, nn

from spacenit_core.samples.sample_window import SampleWindow


class FineTuned(nn.Module):
    """From samples to what losses take, ``[B, C]`` or ``[B, C, H, W]``.

    Args:
        encoder: from samples to the vectors of their patches, ``[B, h, w, D]``; NaN where a patch holds nothing.
        head: from these, NaN replaced by 0, to the result where labels are maps; else from their mean ``[B, D]``.
        maps: whether labels are maps.
    """

    def __init__(self, encoder: nn.Module, head: nn.Module, *, maps: bool) -> None:
        super().__init__()
        self.encoder, self.head, self._maps = encoder, head, maps
        self._thawed = [parameter for parameter in encoder.parameters() if parameter.requires_grad]
        self._is_frozen = False

    def freeze(self, frozen: bool) -> None:
        """Keep the encoder as it is, or train it."""
        self._is_frozen = frozen
        for parameter in self._thawed:
            parameter.requires_grad_(not frozen)
        self.train(self.training)

    def train(self, mode: bool = True) -> "FineTuned":
        """Training mode, but for an encoder that is frozen."""
        super().train(mode)
        self.encoder.train(mode and not self._is_frozen)
        return self

    def forward(self, samples: Sequence[SampleWindow]) -> Tensor:
        patches = self.encoder(samples)
        known = ~patches.isnan().any(dim=-1, keepdim=True)
        patches = torch.where(known, patches, 0.0)
        if self._maps:
            out: Tensor = self.head(patches)
            return out
        mean: Tensor = self.head(patches.sum(dim=(1, 2)) / known.sum(dim=(1, 2)).clamp(min=1))
        return mean
