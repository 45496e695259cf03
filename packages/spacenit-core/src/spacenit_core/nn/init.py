"""Initial weights."""

from torch import nn

from spacenit_core.nn.attention.modules import CrossAttention, SelfAttention


def init_transformer(module: nn.Module) -> None:
    """Xavier-uniform weights and zero biases for the linear layers of a module, except those of patch embeddings.

    Query, key and value matrices that are stored together are drawn as the separate matrices that they are.
    """
    from spacenit_core.nn.patch_embedding import PatchEmbedding

    if isinstance(module, PatchEmbedding):
        return
    for child in module.children():
        init_transformer(child)
    if isinstance(module, nn.Linear):
        nn.init.xavier_uniform_(module.weight)
        if module.bias is not None:
            nn.init.zeros_(module.bias)
    elif isinstance(module, SelfAttention):
        _init_parts(module.qkv)
    elif isinstance(module, CrossAttention):
        _init_parts(module.kv)


def _init_parts(stacked: nn.Linear) -> None:
    for part in stacked.weight.split(stacked.in_features):
        nn.init.xavier_uniform_(part.data)
