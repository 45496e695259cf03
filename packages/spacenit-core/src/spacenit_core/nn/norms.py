"""How long tokens are: registers are meant to take over the few very long ones (arXiv:2309.16588)."""

import torch
from torch import Tensor

PERCENTILES = (25, 75, 90, 95, 99)


@torch.no_grad()
def token_norms(tokens: Tensor, registers: Tensor) -> dict[str, Tensor]:
    """Statistics of the Euclidean norms, each a scalar without gradient.

    Args:
        tokens: ``[M, D]``.
        registers: ``[R, D]``.

    Returns:
        register_{mean,min,max} and nonregister_{mean,min,max,std,25th,75th,90th,95th,99th}; nothing where there are no
        tokens or no registers.
    """
    if not len(tokens) or not len(registers):
        return {}
    ours, theirs = tokens.float().norm(dim=1), registers.float().norm(dim=1)
    shares = torch.tensor([percentile / 100 for percentile in PERCENTILES], device=ours.device)
    quantiles = zip(PERCENTILES, ours.quantile(shares), strict=True)
    return {
        "register_mean": theirs.mean(),
        "register_min": theirs.min(),
        "register_max": theirs.max(),
        "nonregister_mean": ours.mean(),
        "nonregister_min": ours.min(),
        "nonregister_max": ours.max(),
        "nonregister_std": ours.std(),
        **{f"nonregister_{percentile}th": value for percentile, value in quantiles},
    }
