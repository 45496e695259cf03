"""What the model gets."""

from collections.abc import Iterator

import torch
from attrs import define, evolve

from spacenit_core.samples.layout import TokenLayout
from spacenit_core.samples.visibility import MISSING


@define(kw_only=True)
class Batch:
    """B windows of one size, normalised, with one visibility per view.

    Attributes:
        pixels: sensor name -> float tensor ``[B, H*k, W*k, T, C]`` (grid), ``[B, T, C]`` (time only) or ``[B, C]``;
            normalised; missing pixels are 0 (their tokens' visibility says that they are missing).
        timestamps: int64 ``[B, T, 3]``: day 1-31, month 0-11, year.
        layout: the N tokens of each sample.
        visibility: uint8 ``[V, B, N]`` for V views (see `spacenit_core.samples.visibility`). It stays in host memory:
            which tokens there are decides the sizes of everything, and the host would wait for a device to tell them.
        grid_gsd: metres per cell; a patch is `layout.patch_size` cells wide.
        indices: int64 ``[B]``, sample numbers, for error messages and pictures.
    """

    pixels: dict[str, torch.Tensor]
    timestamps: torch.Tensor
    layout: TokenLayout
    visibility: torch.Tensor
    grid_gsd: float = 10.0
    indices: torch.Tensor | None = None

    def __len__(self) -> int:
        return self.timestamps.shape[0]

    @property
    def device(self) -> torch.device:
        """Where the pixels are."""
        return self.timestamps.device

    @property
    def views(self) -> int:
        """The number of masked views."""
        return self.visibility.shape[0]

    def token_count(self) -> int:
        """Tokens of one view that are not missing, over all samples."""
        return int((self.visibility[0] != MISSING).sum())

    def to(self, device: torch.device | str) -> "Batch":
        """The batch on a device (asynchronously from pinned memory), its visibility in host memory."""
        moved = self._map(lambda tensor: tensor.to(device, non_blocking=True))
        return evolve(moved, visibility=self.visibility.cpu())

    def pin_memory(self) -> "Batch":
        """The batch in page-locked memory; torch's loader calls this."""
        return self._map(lambda tensor: tensor.pin_memory())

    def single_views(self) -> "Iterator[Batch]":
        """The batch once for each view, with that view alone."""
        for number in range(self.views):
            yield evolve(self, visibility=self.visibility[number : number + 1])

    def micro_batches(self, size: int) -> Iterator["Batch"]:
        """Cut along the batch axis into chunks of `size` samples; the last may be smaller."""
        for start in range(0, len(self), size):
            part = slice(start, start + size)
            yield evolve(
                self,
                pixels={name: tensor[part] for name, tensor in self.pixels.items()},
                timestamps=self.timestamps[part],
                visibility=self.visibility[:, part],
                indices=None if self.indices is None else self.indices[part],
            )

    def _map(self, function) -> "Batch":  # type: ignore[no-untyped-def]
        return evolve(
            self,
            pixels={name: function(tensor) for name, tensor in self.pixels.items()},
            timestamps=function(self.timestamps),
            indices=None if self.indices is None else function(self.indices),
        )
