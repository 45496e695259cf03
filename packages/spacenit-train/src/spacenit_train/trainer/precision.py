"""In which numbers a run computes, and by which attention."""

import torch
from torch import nn

from spacenit_core.nn.attention.fallback import running_backends


def uses_bfloat16(precision: str, device: torch.device) -> bool:
    """Whether matrix products are computed in bfloat16; "auto": on GPUs that have it (CPUs are slower with it)."""
    if precision == "auto":
        return device.type == "cuda" and torch.cuda.is_bf16_supported()
    return precision == "bfloat16"


def arithmetic_of(model: nn.Module, device: torch.device, *, bfloat16: bool) -> str:
    """What a model computes in, in words: "float32, attention packed"."""
    dtype = torch.bfloat16 if bfloat16 else torch.float32
    attention = "+".join(running_backends(model, device, dtype))
    return f"{str(dtype).removeprefix('torch.')}{attention and f', attention {attention}'}"
