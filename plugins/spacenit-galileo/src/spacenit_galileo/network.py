"""The encoder of Galileo, into which its weights fit."""

import torch
from torch import Tensor, nn

from spacenit_galileo.bands import AXES, GROUPS, Axes
from spacenit_galileo.inputs import GalileoInputs, GalileoTokens
from spacenit_galileo.layers import Block, PatchEmbedding, Table
from spacenit_galileo.positions import ground_positions, month_table, sines

_CHANNELS: dict[Axes, str] = {
    "space_time": "s_t_channel_embed",
    "space": "sp_channel_embed",
    "time": "t_channel_embed",
    "static": "st_channel_embed",
}


class GalileoEncoder(nn.Module):
    """From pixels of any groups of bands to tokens.

    Args:
        embedding_size: width of the tokens, D.
        depth: blocks.
        num_heads: of the attention.
        mlp_ratio: width inside of a block's layers, over D.
        max_sequence_length: most dates.
        max_patch_size: pixels along one side of the largest patch.
    """

    pos_embed: Tensor

    def __init__(
        self,
        *,
        embedding_size: int,
        depth: int,
        num_heads: int,
        mlp_ratio: float = 4,
        max_sequence_length: int = 24,
        max_patch_size: int = 8,
    ) -> None:
        super().__init__()
        self.embedding_size, self.part = embedding_size, embedding_size // 4
        self.max_sequence_length, self.max_patch_size = max_sequence_length, max_patch_size
        for axes, name in _CHANNELS.items():
            layers = {group.name: self._embedding(axes, len(group.bands)) for group in GROUPS[axes]}
            self.add_module(f"{axes}_embed", nn.ModuleDict(layers))
            self.register_parameter(name, nn.Parameter(torch.randn(len(GROUPS[axes]), self.part) * 0.02))
        self.register_buffer("pos_embed", sines(torch.arange(max_sequence_length), self.part))
        self.month_embed = Table(month_table(self.part))
        self.blocks = nn.ModuleList(Block(embedding_size, num_heads, mlp_ratio) for _ in range(depth))
        self.norm = nn.LayerNorm(embedding_size)
        self.apply(_initialise)

    def forward(self, inputs: GalileoInputs) -> GalileoTokens:
        """Encode the tokens that are seen; the others influence nothing.

        Args:
            inputs: B samples.
        """
        embedded = self.embed(inputs)
        x, seen = embedded.values, embedded.seen
        # A sample without any token would attend to nothing, which is no number; its tokens count nowhere.
        attended = seen | ~seen.any(dim=1, keepdim=True)
        mask = None if bool(attended.all()) else attended[:, None, None]
        for block in self.blocks:
            x = block(x, mask)
        return GalileoTokens(self.norm(x), seen, embedded.groups)

    def embed(self, inputs: GalileoInputs) -> GalileoTokens:
        """The tokens before the first block."""
        tokens, seen, groups, start = [], [], {}, 0
        for name, values in inputs.values.items():
            made = self._embedded(name, values, inputs) + self._encoding(name, inputs)
            shape = made.shape[1:-1]
            tokens.append(made.flatten(1, -2) if shape else made[:, None])
            seen.append(inputs.seen[name].reshape(len(made), -1))
            groups[name] = (slice(start, start + shape.numel()), shape if shape else torch.Size([1]))
            start += shape.numel()
        return GalileoTokens(torch.cat(tokens, dim=1), torch.cat(seen, dim=1), groups)

    def _embedding(self, axes: Axes, bands: int) -> nn.Module:
        if axes in ("space_time", "space"):
            return PatchEmbedding(bands, self.embedding_size, self.max_patch_size)
        return nn.Linear(bands, self.embedding_size)

    def _embedded(self, name: str, values: Tensor, inputs: GalileoInputs) -> Tensor:
        axes = AXES[name]
        layer = self.get_submodule(f"{axes}_embed.{name}")
        made: Tensor = layer(values, inputs.patch_size) if axes in ("space_time", "space") else layer(values)
        return made

    def _encoding(self, name: str, inputs: GalileoInputs) -> Tensor:
        """What is added to a group's tokens: channel, place in the series, month and place on the ground."""
        axes = AXES[name]
        number = [group.name for group in GROUPS[axes]].index(name)
        channel = self.get_parameter(_CHANNELS[axes])[number]
        parts = [channel, *(channel.new_zeros(self.part) for _ in range(3))]
        if axes in ("space_time", "time"):
            parts[1] = self.pos_embed[: inputs.months.shape[1]]
            parts[2] = self.month_embed(inputs.months)
        if axes in ("space_time", "space"):
            height, width = inputs.values[name].shape[1:3]
            patch = inputs.patch_size
            parts[3] = ground_positions(height // patch, width // patch, patch * inputs.gsd, self.part, channel.device)
        if axes == "space_time":
            parts[2], parts[3] = parts[2][:, None, None], parts[3][None, :, :, None]
        shape = torch.broadcast_shapes(*(part.shape[:-1] for part in parts))
        return torch.cat([part.expand(*shape, -1) for part in parts], dim=-1)


def _initialise(module: nn.Module) -> None:
    if isinstance(module, nn.Linear):
        nn.init.xavier_uniform_(module.weight)
        nn.init.zeros_(module.bias)
