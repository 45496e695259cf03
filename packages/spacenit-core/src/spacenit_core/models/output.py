"""What models make of the views of a batch, for the losses."""

from typing import TYPE_CHECKING

import torch
from attrs import frozen
from torch import Tensor

from spacenit_core.kinds.losses import EncodedView, PixelPairs, TokenPairs
from spacenit_core.nn.encoded import EncodedTokens
from spacenit_core.nn.sequences import TokenSelection
from spacenit_core.samples.batch import Batch
from spacenit_core.samples.transfer import send

if TYPE_CHECKING:
    from collections.abc import Sequence


@frozen(kw_only=True)
class EncodedViews:
    """The V views of a batch of B samples, encoded; sequence v * B + b is view v of sample b.

    Attributes:
        encoded: the encoded tokens of all V * B sequences.
        projected: ``[V, B, D]``, the projected mean of the encoded tokens.
        reconstructed: sensor name -> pixels, ``[V * B, ...]``; None where the model makes none.
    """

    encoded: EncodedTokens
    projected: Tensor
    reconstructed: dict[str, Tensor] | None = None

    def view(self, number: int, *, projected: bool) -> EncodedView:
        """One view, for a regulariser.

        Args:
            number: which.
            projected: whether its pooled vectors are those that views are compared by, or plain means of tokens.
        """
        size = self.projected.shape[1]
        sequences = self.encoded.selection.sequences
        tokens = _of_view(sequences.lengths, number, size)
        plain = None if projected else self.encoded.pooled()[number * size :][:size]
        return EncodedView(
            pooled=self.projected[number] if plain is None else plain,
            tokens=self.encoded.packed[tokens],
            sample=sequences.number[tokens] - number * size,
            counts=torch.tensor(sequences.lengths[number * size :][:size], dtype=torch.int64),
        )

    def pixels(self, number: int, batch: Batch) -> PixelPairs | None:
        """The reconstructed pixels of one view beside the true ones, of sensors with a grid; None without any."""
        if self.reconstructed is None:
            return None
        rows = slice(number * len(batch), (number + 1) * len(batch))
        spatial = [block.sensor.name for block in batch.layout.blocks if block.sensor.spatial]
        return PixelPairs(
            reconstructed={name: self.reconstructed[name][rows] for name in spatial},
            true=batch.pixels,
            visibility=send(batch.visibility[number], batch.device),
            layout=batch.layout,
        )


@frozen(kw_only=True)
class PredictedViews(EncodedViews):
    """The same with what was predicted of the masked tokens.

    Attributes:
        predicted: ``[M, D]``, predictions of the tokens to decode, sequence after sequence.
        target: ``[M, D]``, their targets, without gradient.
        tokens: where the M tokens come from.
    """

    predicted: Tensor
    target: Tensor
    tokens: TokenSelection

    def pairs(self, number: int, batch: Batch) -> TokenPairs:
        """The predictions of one view beside their targets."""
        tokens = _of_view(self.tokens.sequences.lengths, number, len(batch))
        sensor, size = torch.from_numpy(batch.layout.sensor).long(), len(batch)
        known = self.tokens.on_host
        cell = sensor[known.position[tokens]] * size + known.sequences.number[tokens] - number * size
        names = batch.layout.sensor_names
        return TokenPairs(
            predicted=self.predicted[tokens],
            target=self.target[tokens],
            sample=self.tokens.sequences.number[tokens] - number * len(batch),
            sensor=send(sensor, batch.device)[self.tokens.position[tokens]],
            batch_size=size,
            sensors=names,
            counts=cell.bincount(minlength=len(names) * size).view(len(names), size),
        )


def _of_view(lengths: "Sequence[int]", number: int, size: int) -> slice:
    """Where the tokens of a view of `size` samples lie among those of all."""
    start = sum(lengths[: number * size])
    return slice(start, start + sum(lengths[number * size :][:size]))
