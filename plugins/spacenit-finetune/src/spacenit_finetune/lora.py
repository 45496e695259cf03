"""Low-rank additions to linear layers that stay as they are (Hu et al. 2021, arXiv:2106.09685)."""

import torch
from torch import Tensor, nn
from torch.nn.utils import parametrize

from spacenit_core.errors import UserError


def add_low_ranks(encoder: nn.Module, rank: int, alpha: float) -> None:
    """Freeze a module, and add a trained matrix of a rank to the weight of each of its linear layers; 0 at first.

    Args:
        encoder: the module.
        rank: of what is added.
        alpha: what is added is multiplied by `alpha / rank`.

    Raises:
        UserError: where it has no linear layer.
    """
    encoder.requires_grad_(False)
    layers = [layer for layer in encoder.modules() if isinstance(layer, nn.Linear)]
    if not layers:
        raise UserError("LoRA adds to linear layers, and the encoder has none", "leave lora_rank out")
    for layer in layers:
        parametrize.register_parametrization(layer, "weight", _LowRank(layer, rank, alpha / rank))


class _LowRank(nn.Module):
    def __init__(self, layer: nn.Linear, rank: int, scale: float) -> None:
        super().__init__()
        self._scale = scale
        self.down = nn.Parameter(torch.empty(rank, layer.in_features, device=layer.weight.device))
        self.up = nn.Parameter(torch.zeros(layer.out_features, rank, device=layer.weight.device))
        nn.init.kaiming_uniform_(self.down, a=5**0.5)

    def forward(self, weight: Tensor) -> Tensor:
        return weight + self._scale * (self.up @ self.down)
