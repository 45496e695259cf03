"""Tokens of many sequences, packed one sequence after the other, without padding."""

from collections.abc import Iterator
from functools import cached_property

import torch
from torch import Tensor

from spacenit_core.samples.transfer import send


class Sequences:
    """How M packed tokens divide into S sequences.

    Args:
        counts: int64 ``[S]``, tokens of each sequence (0 is allowed), in host memory; the host waits for any others.
        device: where the tokens are; None: where the counts are.

    Attributes:
        counts: the same, on the device.
        lengths: the same as Python integers.
        longest: tokens of the longest sequence.
        total: M.
    """

    def __init__(self, counts: Tensor, device: torch.device | None = None) -> None:
        self.counts = send(counts, device or counts.device)
        self.lengths: list[int] = counts.tolist()
        self.longest = max(self.lengths, default=0)
        self.total = sum(self.lengths)

    def __len__(self) -> int:
        return len(self.lengths)

    @cached_property
    def number(self) -> Tensor:
        """The sequence of each token, int64 ``[M]``."""
        rows = torch.arange(len(self), device=self.counts.device)
        return torch.repeat_interleave(rows, self.counts, output_size=self.total)

    @cached_property
    def offsets(self) -> Tensor:
        """Where each sequence starts, and M at the end, int64 ``[S + 1]``."""
        return torch.nn.functional.pad(self.counts.cumsum(0), (1, 0))

    @cached_property
    def slot(self) -> Tensor:
        """The place of each token in its sequence, int64 ``[M]``."""
        return torch.arange(self.total, device=self.counts.device) - self.offsets[self.number]

    @cached_property
    def valid(self) -> Tensor:
        """Which positions of the padded form hold a token, bool ``[S, longest]``."""
        return torch.arange(self.longest, device=self.counts.device) < self.counts[:, None]

    def runs(self, most: int) -> Iterator[tuple[slice, "Sequences"]]:
        """Neighbours together, as many as have at most some number of tokens, but at least one sequence.

        Args:
            most: the number.

        Yields:
            Which of the M tokens are theirs, and how these divide into sequences.
        """
        first, begin, end = 0, 0, 0
        for number, length in enumerate(self.lengths):
            if number > first and end - begin + length > most:
                yield slice(begin, end), Sequences(self.counts[first:number])
                first, begin = number, end
            end += length
        yield slice(begin, end), Sequences(self.counts[first:])

    def pad(self, values: Tensor) -> Tensor:
        """From packed ``[M, ...]`` to ``[S, longest, ...]``, zeros behind each sequence's end."""
        out = values.new_zeros((len(self) * self.longest, *values.shape[1:]))
        padded = out.index_copy(0, self._place, values)
        return padded.unflatten(0, (len(self), self.longest))

    def unpad(self, values: Tensor) -> Tensor:
        """From ``[S, longest, ...]`` back to packed ``[M, ...]``."""
        return values.flatten(0, 1).index_select(0, self._place)

    def mean(self, values: Tensor) -> Tensor:
        """The mean of each sequence's tokens, ``[S, D]`` from ``[M, D]``; 0 for an empty sequence."""
        return self.pad(values).sum(1) / self.counts.clamp(min=1)[:, None]

    @cached_property
    def _place(self) -> Tensor:
        return self.number * self.longest + self.slot


class TokenSelection:
    """Some tokens of S sequences of N, packed.

    Args:
        chosen: bool ``[S, N]``, the tokens to take, in host memory; the host waits for any others.
        device: where the tokens are; None: where `chosen` is.

    Attributes:
        position: int64 ``[M]``, index of each token among the N, on the device.
        sequences: which sequence each belongs to.
    """

    def __init__(self, chosen: Tensor, device: torch.device | None = None) -> None:
        self._chosen = chosen
        self.sequences = Sequences(chosen.sum(1), device)
        self.position = send(chosen.nonzero()[:, 1], device or chosen.device)

    def __len__(self) -> int:
        return self.sequences.total

    @cached_property
    def on_host(self) -> "TokenSelection":
        """The same in host memory, for sizes that the host has to know."""
        return self if self.position.device.type == "cpu" else TokenSelection(self._chosen.cpu())

    def samples(self, batch_size: int) -> Tensor:
        """The sample of each token, int64 ``[M]``: the sequences are the samples, view after view."""
        return self.sequences.number % batch_size
