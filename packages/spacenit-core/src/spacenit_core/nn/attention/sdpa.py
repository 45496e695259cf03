"""Padded attention: runs everywhere, wastes the padding."""

from torch import Tensor
from torch.nn.functional import scaled_dot_product_attention

from spacenit_core.nn.attention.modules import attend_to_nothing
from spacenit_core.nn.sequences import Sequences


class Sdpa:
    """Sequences padded to the longest, with a key mask ``[S, 1, 1, Nk]`` that is never expanded in memory."""

    def __call__(self, query: Tensor, key: Tensor, value: Tensor, queries: Sequences, keys: Sequences) -> Tensor:
        """Attend in one padded call, ``[Mq, heads, width]``."""
        if not queries.total or not keys.total:
            return attend_to_nothing(query, key, value)
        q = queries.pad(query).transpose(1, 2)
        k, v = (keys.pad(tokens).transpose(1, 2) for tokens in (key, value))
        out = scaled_dot_product_attention(q, k, v, attn_mask=_key_mask(keys))
        return queries.unpad(out.transpose(1, 2))


def _key_mask(keys: Sequences) -> Tensor | None:
    if min(keys.lengths) == keys.longest:
        return None
    # A sequence without keys attends to its padding, which is 0, and so gets 0 instead of NaN.
    return (keys.valid | (keys.counts == 0)[:, None])[:, None, None]
