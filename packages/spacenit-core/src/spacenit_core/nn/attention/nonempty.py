"""For kernels that want something in every sequence."""

import torch
from torch import Tensor

from spacenit_core.nn.attention.modules import AttentionBackend, attend_to_nothing
from spacenit_core.nn.sequences import Sequences
from spacenit_core.samples.transfer import send


def attend_nonempty(
    attend: AttentionBackend, query: Tensor, key: Tensor, value: Tensor, queries: Sequences, keys: Sequences
) -> Tensor:
    """Attention of the sequences that have both queries and keys, and 0 for the queries of the others.

    Args:
        attend: attention for sequences none of which is empty.
        query: as in `AttentionBackend`, like the other arguments.
        key: see there.
        value: see there.
        queries: see there.
        keys: see there.
    """
    if min(queries.lengths, default=0) and min(keys.lengths, default=0):
        return attend(query, key, value, queries, keys)
    counts = torch.tensor([queries.lengths, keys.lengths])
    filled = (counts > 0).all(0)
    inner_queries, inner_keys = (Sequences(each[filled], query.device) for each in counts)
    if not inner_queries.total:
        return attend_to_nothing(query, key, value)
    rows, columns = (send(filled.repeat_interleave(each).nonzero()[:, 0], query.device) for each in counts)
    key, value = key.index_select(0, columns), value.index_select(0, columns)
    out = attend(query.index_select(0, rows), key, value, inner_queries, inner_keys)
    return out.new_zeros(query.shape).index_copy(0, rows, out)
