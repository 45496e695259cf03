"""Memory-efficient attention of xFormers over a block-diagonal mask (arXiv:2112.05682)."""

import torch
from torch import Tensor

from spacenit_core.environment import install_line
from spacenit_core.nn.attention.fallback import KernelSpec, kernel_dtype
from spacenit_core.nn.attention.modules import attend_to_nothing
from spacenit_core.nn.attention.nonempty import attend_nonempty
from spacenit_core.nn.sequences import Sequences


class Xformers:
    """One kernel call for all sequences, without padding; float32 or half precision."""

    def unsupported_reason(self, spec: KernelSpec) -> str | None:
        """Why it cannot run there; see `spacenit_core.nn.attention.fallback.Kernel`."""
        reason = spec.why_no_gpu((6, 0))
        if reason:
            return reason
        try:
            # Which types and widths have a kernel that was built for this GPU only its own dispatch knows.
            _try_once(spec)
        except ModuleNotFoundError:
            return f"the module xformers is not installed ({install_line('spacenit-core[xformers]')})"
        except ImportError as error:
            return f"xformers does not load: {error}"
        except (NotImplementedError, ValueError, RuntimeError) as error:
            return f"xformers has no kernel for it: {str(error).splitlines()[0]}"
        return None

    def __call__(self, query: Tensor, key: Tensor, value: Tensor, queries: Sequences, keys: Sequences) -> Tensor:
        """Attend in xformers' block-diagonal kernel, without padding, ``[Mq, heads, width]``."""
        if not queries.total or not keys.total:
            return attend_to_nothing(query, key, value)
        dtype = kernel_dtype(query)
        query, key, value = (tokens.to(dtype) for tokens in (query, key, value))
        return attend_nonempty(_attend, query, key, value, queries, keys)


def _attend(query: Tensor, key: Tensor, value: Tensor, queries: Sequences, keys: Sequences) -> Tensor:
    from xformers.ops import fmha

    mask = fmha.attn_bias.BlockDiagonalMask.from_seqlens(queries.lengths, keys.lengths, device=query.device)
    # The sequences stand one after the other along the length of a batch of one.
    return fmha.memory_efficient_attention(query[None], key[None], value[None], attn_bias=mask)[0]


def _try_once(spec: KernelSpec) -> None:
    """Attend from three tokens to three, in two sequences, forward and backward."""
    with torch.inference_mode(False), torch.enable_grad():
        tokens = torch.zeros(3, 1, spec.width, dtype=spec.dtype, device=spec.device, requires_grad=True)
        two = Sequences(torch.tensor([1, 2], device=spec.device))
        _attend(tokens, tokens, tokens, two, two).sum().backward()
