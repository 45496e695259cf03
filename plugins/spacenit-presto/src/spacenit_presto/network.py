"""The encoder of Presto, into which its weights fit."""

import torch
from torch import Tensor, nn

from spacenit_presto.bands import CLASSES, DYNAMIC_WORLD, GROUPS, LONGEST_SERIES, TIMELESS
from spacenit_presto.inputs import PrestoInputs
from spacenit_presto.layers import Block, Table, masked_mean
from spacenit_presto.positions import date_table, month_table, on_sphere

_ORDER = (*GROUPS, DYNAMIC_WORLD)


class PrestoEncoder(nn.Module):
    """From series of single pixels to one vector for each.

    Args:
        embedding_size: width of tokens and vectors, D.
        depth: blocks.
        num_heads: of the attention.
        mlp_ratio: width inside of a block's layers, over D.
    """

    pos_embed: Tensor

    def __init__(self, *, embedding_size: int = 128, depth: int = 2, num_heads: int = 8, mlp_ratio: float = 4) -> None:
        super().__init__()
        self.embedding_size, quarter = embedding_size, embedding_size // 4
        self.eo_patch_embed = nn.ModuleDict(
            {name: nn.Linear(len(bands), embedding_size) for name, bands in GROUPS.items()}
        )
        self.dw_embed = nn.Embedding(CLASSES + 1, embedding_size)
        self.latlon_embed = nn.Linear(3, embedding_size)
        self.blocks = nn.ModuleList(Block(embedding_size, num_heads, mlp_ratio) for _ in range(depth))
        self.norm = nn.LayerNorm(embedding_size)
        self.register_buffer("pos_embed", date_table(LONGEST_SERIES, 2 * quarter)[None])
        self.month_embed = Table(month_table(quarter))
        self.channel_embed = nn.Embedding(len(_ORDER), quarter)
        self.apply(_initialise)

    def forward(self, inputs: PrestoInputs) -> Tensor:
        """The mean over the tokens that are seen, normalised, ``[P, D]``; the others influence nothing.

        Args:
            inputs: P series.
        """
        x, seen = self.embed(inputs)
        # A series without any token would attend to nothing, which is no number; its mean is none either.
        attended = seen | ~seen.any(dim=1, keepdim=True)
        mask = None if bool(attended.all()) else attended[:, None, None]
        for block in self.blocks:
            x = block(x, mask)
        out: Tensor = self.norm(masked_mean(x, seen))
        return out

    def embed(self, inputs: PrestoInputs) -> tuple[Tensor, Tensor]:
        """The tokens before the first block ``[P, N, D]``, and which are seen, bool ``[P, N]``."""
        known = inputs.latlon.isfinite().all(dim=1)
        where = self.latlon_embed(on_sphere(inputs.latlon.nan_to_num()))
        tokens, seen = [where[:, None]], [known[:, None]]
        for name, values in inputs.values.items():
            there = inputs.seen[name]
            made = self.dw_embed(values) if name == DYNAMIC_WORLD else self.eo_patch_embed[name](values)
            made = made + self._encoding(name, inputs.months)
            single = name == TIMELESS
            tokens.append(made[:, :1] if single else made)
            seen.append(there[:, :1] if single else there)
        return torch.cat(tokens, dim=1), torch.cat(seen, dim=1)

    def _encoding(self, name: str, months: Tensor) -> Tensor:
        """What is added to a group's tokens, ``[P, T, D]``: month, channel and place in the series."""
        month = self.month_embed(months)
        channel = self.channel_embed.weight[_ORDER.index(name)].expand_as(month)
        place = self.pos_embed[:, : months.shape[1]].expand(len(months), -1, -1)
        if name == TIMELESS:
            month, place = torch.zeros_like(month), torch.zeros_like(place)
        return torch.cat([month, channel, place], dim=2)


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Linear):
        nn.init.xavier_uniform_(module.weight)
        nn.init.zeros_(module.bias)
