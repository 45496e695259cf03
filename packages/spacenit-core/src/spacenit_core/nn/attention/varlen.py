"""Torch's own variable-length FlashAttention (arXiv:2307.08691)."""

import torch
from torch import Tensor

from spacenit_core.nn.attention.fallback import KernelSpec, kernel_dtype
from spacenit_core.nn.attention.modules import attend_to_nothing
from spacenit_core.nn.attention.nonempty import attend_nonempty
from spacenit_core.nn.sequences import Sequences

_WIDEST = 256


class Varlen:
    """One kernel call for all sequences, without padding, in half precision."""

    def unsupported_reason(self, spec: KernelSpec) -> str | None:
        """Why it cannot run there; see `spacenit_core.nn.attention.fallback.Kernel`."""
        reason = spec.why_no_gpu((8, 0))
        if reason:
            return reason
        if spec.dtype not in (torch.float16, torch.bfloat16):
            return f"it takes bfloat16 and float16, not {str(spec.dtype).removeprefix('torch.')}"
        if spec.width % 8 or spec.width > _WIDEST:
            return f"it takes heads whose width is a multiple of 8 up to {_WIDEST}, not {spec.width}"
        return None if _kernel() else f"torch {torch.__version__} does not have it (2.10 and newer do)"

    def __call__(self, query: Tensor, key: Tensor, value: Tensor, queries: Sequences, keys: Sequences) -> Tensor:
        """Attend in torch's variable-length kernel, without padding, ``[Mq, heads, width]``."""
        if not queries.total or not keys.total:
            return attend_to_nothing(query, key, value)
        dtype = kernel_dtype(query)
        query, key, value = (tokens.to(dtype).contiguous() for tokens in (query, key, value))
        return attend_nonempty(_attend, query, key, value, queries, keys)


def _attend(query: Tensor, key: Tensor, value: Tensor, queries: Sequences, keys: Sequences) -> Tensor:
    kernel = _kernel()
    assert kernel is not None
    starts, key_starts = queries.offsets.int(), keys.offsets.int()
    return kernel(query, key, value, starts, key_starts, queries.longest, keys.longest)


def _kernel():  # type: ignore[no-untyped-def]
    """Torch's function; None where torch is too old to have it."""
    try:
        from torch.nn.attention.varlen import varlen_attn
    except ImportError:
        return None
    return varlen_attn
