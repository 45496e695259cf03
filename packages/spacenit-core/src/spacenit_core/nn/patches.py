"""The patches of a batch, cut once and shared by whoever embeds them."""

import torch
from torch import Tensor

from spacenit_core.errors import UserError
from spacenit_core.nn.precision import full_precision
from spacenit_core.nn.resize import resize
from spacenit_core.samples.batch import Batch
from spacenit_core.samples.layout import SensorBlock
from spacenit_core.samples.transfer import send


class Patches:
    """Pixels by patch, resized to one patch size; made sensor by sensor when asked for, and kept.

    Args:
        batch: the batch.
        cells: cells along one side of a patch after resizing.

    Attributes:
        batch: the batch.
    """

    def __init__(self, batch: Batch, cells: int) -> None:
        self.batch = batch
        self._cells = cells
        self._cut: dict[tuple[str, bool], Tensor] = {}

    def take(self, block: SensorBlock, group: int, row: Tensor, *, pixels_first: bool = False) -> Tensor:
        """The pixels of some patches of a band group; a copy.

        Args:
            block: the sensor.
            group: the band group.
            row: int64 ``[M]``, the patches, counted over [B, rows, columns, steps].
            pixels_first: whether the axis of pixels comes before that of bands.

        Returns:
            float ``[M, bands, side * side]``, or ``[M, side * side, bands]``; one pixel without a grid.
        """
        pixels, channels = self.features(block, pixels_first=pixels_first), block.sensor.group_channels[group]
        axis = 2 if pixels_first else 1
        first, count = channels[0], len(channels)
        if channels == tuple(range(first, first + count)):
            # Neighbours in the file are read where they lie.
            return pixels.narrow(axis, first, count).index_select(0, row)
        return pixels.index_select(0, row).index_select(axis, send(torch.tensor(channels), row.device))

    def nothing(self, block: SensorBlock, group: int, *, pixels_first: bool = False) -> Tensor:
        """What `take` returns for no patch."""
        bands = len(block.sensor.group_channels[group])
        shape = (0, self._pixels(block), bands) if pixels_first else (0, bands, self._pixels(block))
        return self.batch.timestamps.new_zeros(shape, dtype=torch.float32)

    def features(self, block: SensorBlock, *, pixels_first: bool = False) -> Tensor:
        """The pixels of each patch and time step of a sensor.

        Returns:
            float ``[B * rows * columns * steps, C, side * side]``, or ``[..., side * side, C]``; without a grid one
            pixel.
        """
        key = (block.sensor.name, pixels_first)
        if key not in self._cut:
            pixels = self.batch.pixels[block.sensor.name]
            with torch.no_grad(), full_precision(pixels.device):
                self._cut[key] = self._cut_sensor(pixels, block, pixels_first)
        return self._cut[key]

    def _pixels(self, block: SensorBlock) -> int:
        return (self._cells * block.sensor.pixels_per_cell) ** 2 if block.sensor.spatial else 1

    def _cut_sensor(self, pixels: Tensor, block: SensorBlock, pixels_first: bool) -> Tensor:
        channels = len(block.sensor.bands)
        expected = (
            len(self.batch),
            *block.sensor.shape(
                block.rows * self.batch.layout.patch_size, block.columns * self.batch.layout.patch_size, block.timesteps
            ),
        )
        if tuple(pixels.shape) != expected:
            raise UserError(
                f"pixels of sensor {block.sensor.name!r} have shape {list(pixels.shape)}, not {list(expected)}"
            )
        if not block.sensor.spatial:
            return pixels.reshape(-1, 1, channels) if pixels_first else pixels.reshape(-1, channels, 1)
        side = self._cells * block.sensor.pixels_per_cell
        height, width = block.rows * side, block.columns * side
        if pixels.shape[1:3] != (height, width):
            pixels = resize(pixels, height, width)
        grid = pixels.reshape(len(self.batch), block.rows, side, block.columns, side, block.timesteps, channels)
        if pixels_first:
            return grid.permute(0, 1, 3, 5, 2, 4, 6).reshape(-1, side * side, channels)
        return grid.permute(0, 1, 3, 5, 6, 2, 4).reshape(-1, channels, side * side)
