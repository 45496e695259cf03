"""What encoders return."""

from dataclasses import dataclass, field

import torch
from torch import Tensor

from spacenit_core.nn.sequences import TokenSelection
from spacenit_core.samples.layout import TokenLayout


@dataclass(eq=False)
class EncodedTokens:
    """The encoded tokens of S sequences: B samples, or V views of them one view after the other (S = V * B).

    Attributes:
        packed: ``[M, D]``, one sequence after the other, without padding.
        selection: where the M tokens come from.
        norms: statistics of the tokens' lengths by name, where the encoder was asked for them.
        projected: ``[S, D]``, the vectors that views are compared by, where the encoder was asked for them.
    """

    packed: Tensor
    selection: TokenSelection
    norms: dict[str, Tensor] = field(default_factory=dict)
    projected: Tensor | None = None

    @property
    def values(self) -> Tensor:
        """The tokens padded to K, the length of the longest sequence, ``[S, K, D]``; 0 behind the end."""
        return self.selection.sequences.pad(self.packed)

    @property
    def position(self) -> Tensor:
        """Index of each token into the layout, int64 ``[S, K]``; 0 behind the end."""
        return self.selection.sequences.pad(self.selection.position)

    @property
    def valid(self) -> Tensor:
        """Which of the padded positions hold a token, bool ``[S, K]``."""
        return self.selection.sequences.valid

    def pooled(self) -> Tensor:
        """The mean over each sequence's tokens, ``[S, D]`` (0 where nothing was encoded)."""
        return self.selection.sequences.mean(self.packed)

    def dense(self, layout: TokenLayout) -> Tensor:
        """All tokens of the layout, ``[S, N, D]``; 0 where not encoded."""
        sequences = self.selection.sequences
        out = self.packed.new_zeros((len(sequences) * len(layout), self.packed.shape[1]))
        out = out.index_copy(0, sequences.number * len(layout) + self.selection.position, self.packed)
        return out.unflatten(0, (len(sequences), len(layout)))

    def present(self, layout: TokenLayout) -> Tensor:
        """Which tokens of the layout were encoded, bool ``[S, N]``."""
        sequences = self.selection.sequences
        out = torch.zeros((len(sequences), len(layout)), dtype=torch.bool, device=self.packed.device)
        out[sequences.number, self.selection.position] = True
        return out

    def by_sensor(self, layout: TokenLayout) -> dict[str, Tensor]:
        """Sensor name -> ``[S, rows, columns, steps, groups, D]``; 0 where not encoded."""
        dense = self.dense(layout)
        return {block.sensor.name: dense[:, block.tokens].unflatten(1, block.shape) for block in layout.blocks}


# `fully_shard` gathers a module's weights again where gradients reach its output, whose tensors it finds by the pytree.
torch.export.register_dataclass(EncodedTokens, serialized_type_name="spacenit_core.EncodedTokens")
