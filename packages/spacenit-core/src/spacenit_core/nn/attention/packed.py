"""Variable-length attention: no padding, no mask."""

import warnings

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from spacenit_core.nn.attention.modules import attend_to_nothing
from spacenit_core.nn.attention.nonempty import attend_nonempty
from spacenit_core.nn.sequences import Sequences


class Packed:
    """One call per sequence on a CPU, torch's jagged nested tensors on a GPU."""

    def unsupported_reason(self, spec: object) -> None:
        """It runs everywhere; see `spacenit_core.nn.attention.fallback.Kernel`."""

    def __call__(self, query: Tensor, key: Tensor, value: Tensor, queries: Sequences, keys: Sequences) -> Tensor:
        """Attend without padding, ``[Mq, heads, width]``: sequence by sequence on a CPU, in one kernel on a GPU."""
        if not queries.total or not keys.total:
            return attend_to_nothing(query, key, value)
        if query.is_cuda:
            return attend_nonempty(jagged_attention, query, key, value, queries, keys)
        return looped_attention(query, key, value, queries, keys)


def looped_attention(query: Tensor, key: Tensor, value: Tensor, queries: Sequences, keys: Sequences) -> Tensor:
    """One call of scaled dot product attention per sequence; shapes as in `AttentionBackend`."""
    parts = zip(query.split(queries.lengths), key.split(keys.lengths), value.split(keys.lengths), strict=True)
    return torch.cat([_attend(*part) for part in parts])


def _attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Attention of one sequence, ``[n, heads, width]``."""
    if not len(query) or not len(key):
        return attend_to_nothing(query, key, value)
    q, k, v = (tokens.transpose(0, 1)[None] for tokens in (query, key, value))
    return scaled_dot_product_attention(q, k, v)[0].transpose(0, 1)


def jagged_attention(query: Tensor, key: Tensor, value: Tensor, queries: Sequences, keys: Sequences) -> Tensor:
    """One call for all sequences, none of which may be empty; shapes as in `AttentionBackend`."""

    def jagged(tokens: Tensor, sequences: Sequences) -> Tensor:
        nested = torch.nested.nested_tensor_from_jagged(
            tokens, sequences.offsets, min_seqlen=min(sequences.lengths), max_seqlen=sequences.longest
        )
        return nested.transpose(1, 2)

    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="The PyTorch API of nested tensors")
        q, k, v = jagged(query, queries), jagged(key, keys), jagged(value, keys)
        return scaled_dot_product_attention(q, k, v).transpose(1, 2).values()
