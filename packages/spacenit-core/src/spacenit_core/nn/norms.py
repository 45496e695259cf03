"""How long tokens are: registers are meant to take over the few very long ones (arXiv:2309.16588)."""

import torch
from torch import Tensor

from spacenit_core.samples.transfer import send

PERCENTILES = (25, 75, 90, 95, 99)


@torch.no_grad()
def token_norms(tokens: Tensor, registers: Tensor) -> dict[str, Tensor]:
    """Statistics of the Euclidean norms, each a scalar without gradient.

    Args:
        tokens: ``[M, D]``.
        registers: ``[R, D]``.

    Returns:
        nonregister_{mean,min,max,std,25th,75th,90th,95th,99th}, and register_{mean,min,max} where there are registers.
        Names do not depend on the data, as every rank reports the same: without tokens all are 0.
    """
    found = {f"register_{name}": value for name, value in _extent(registers).items()} if len(registers) else {}
    norms = _norms(tokens)
    found |= {f"nonregister_{name}": value for name, value in _extent(tokens).items()}
    found["nonregister_std"] = norms.std(correction=min(1, len(norms) - 1))
    shares = send(torch.tensor([percentile / 100 for percentile in PERCENTILES]), norms.device)
    for percentile, value in zip(PERCENTILES, norms.quantile(shares), strict=True):
        found[f"nonregister_{percentile}th"] = value
    return found


def _extent(tokens: Tensor) -> dict[str, Tensor]:
    norms = _norms(tokens)
    return {"mean": norms.mean(), "min": norms.min(), "max": norms.max()}


def _norms(tokens: Tensor) -> Tensor:
    """The norms, ``[M]``, or a single 0 without tokens."""
    return tokens.float().norm(dim=1) if len(tokens) else tokens.new_zeros(1, dtype=torch.float32)
