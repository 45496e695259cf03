"""Tokens that take part in attention but are no tokens of a sample."""

import torch
from torch import Tensor

from spacenit_core.nn.sequences import Sequences


class ExtraTokens:
    """Registers before each sequence and zeros behind it, for as long as the blocks run.

    Args:
        sequences: the sequences of the M tokens.
        registers: how many registers come before each sequence.
        filling: int64 ``[S]``, how many zeros come behind each; None for none.

    Attributes:
        sequences: the sequences with their extra tokens.
    """

    def __init__(self, sequences: Sequences, registers: int, filling: Tensor | None) -> None:
        self._registers = registers
        self._place: Tensor | None = None
        self.sequences = sequences
        if registers or filling is not None:
            counts = torch.tensor(sequences.lengths, dtype=torch.int64) + registers
            counts = counts if filling is None else counts + filling.cpu()
            self.sequences = Sequences(counts, sequences.counts.device)
            self._place = self.sequences.offsets[sequences.number] + registers + sequences.slot

    def join(self, tokens: Tensor, registers: Tensor | None = None) -> Tensor:
        """Tokens ``[M, ...]`` with their extra tokens, ``[M', ...]``: registers ``[R, ...]`` (0 if None), and zeros."""
        if self._place is None:
            return tokens
        out = tokens.new_zeros((self.sequences.total, *tokens.shape[1:])).index_copy(0, self._place, tokens)
        if registers is None:
            return out
        repeated = registers.to(tokens.dtype).repeat(len(self.sequences), *[1] * (registers.ndim - 1))
        return out.index_copy(0, self._register_place, repeated)

    def leave(self, tokens: Tensor) -> Tensor:
        """From tokens with extra tokens ``[M', ...]`` back to tokens ``[M, ...]``."""
        return tokens if self._place is None else tokens.index_select(0, self._place)

    def registers(self, tokens: Tensor) -> Tensor:
        """The registers ``[S * R, ...]`` among tokens with extra tokens ``[M', ...]``."""
        return tokens.index_select(0, self._register_place)

    @property
    def _register_place(self) -> Tensor:
        first = self.sequences.offsets[:-1, None]
        return (first + torch.arange(self._registers, device=first.device)).flatten()
