"""Variable-length attention: no padding, no mask."""

import torch
from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from spacenit_core.nn.sequences import Sequences


class Packed:
    """One call per sequence on a CPU, torch's jagged nested tensors on a GPU."""

    def __call__(self, query: Tensor, key: Tensor, value: Tensor, queries: Sequences, keys: Sequences) -> Tensor:
        """See :class:`~spacenit_core.nn.attention.AttentionBackend`."""
        if query.is_cuda and min(keys.lengths) and min(queries.lengths):
            return jagged_attention(query, key, value, queries, keys)
        return looped_attention(query, key, value, queries, keys)


def looped_attention(query: Tensor, key: Tensor, value: Tensor, queries: Sequences, keys: Sequences) -> Tensor:
    """One call of scaled dot product attention per sequence; shapes as in `AttentionBackend`."""
    parts = zip(
        query.transpose(0, 1).split(queries.lengths, 1),
        key.transpose(0, 1).split(keys.lengths, 1),
        value.transpose(0, 1).split(keys.lengths, 1),
        strict=True,
    )
    return torch.cat([_attend(*part) for part in parts])


def _attend(query: Tensor, key: Tensor, value: Tensor) -> Tensor:
    """Attention of one sequence, from ``[heads, n, width]`` to ``[n, heads, width]``."""
    if not query.shape[1] or not key.shape[1]:
        return (query * 0).transpose(0, 1)
    return scaled_dot_product_attention(query[None], key[None], value[None])[0].transpose(0, 1)


def jagged_attention(query: Tensor, key: Tensor, value: Tensor, queries: Sequences, keys: Sequences) -> Tensor:
    """One call for all sequences, none of which may be empty; shapes as in `AttentionBackend`."""

    def jagged(tokens: Tensor, sequences: Sequences) -> Tensor:
        nested = torch.nested.nested_tensor_from_jagged(
            tokens, sequences.offsets, min_seqlen=min(sequences.lengths), max_seqlen=sequences.longest
        )
        return nested.transpose(1, 2)

    q, k, v = jagged(query, queries), jagged(key, keys), jagged(value, keys)
    return scaled_dot_product_attention(q, k, v).transpose(1, 2).values()
