"""The patches of a batch, cut once and shared by whoever embeds them."""

import torch
from torch import Tensor

from spacenit_core.errors import UserError
from spacenit_core.nn.resize import resize
from spacenit_core.samples.batch import Batch
from spacenit_core.samples.layout import SensorBlock


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
        self._features: dict[str, Tensor] = {}

    def features(self, block: SensorBlock) -> Tensor:
        """The pixels of each patch and time step of a sensor.

        Returns:
            float ``[B * rows * columns * steps, C, side * side]``; without a grid the last axis is 1.
        """
        name = block.sensor.name
        if name not in self._features:
            with torch.no_grad(), torch.autocast(self.batch.pixels[name].device.type, enabled=False):
                self._features[name] = self._cut(self.batch.pixels[name], block)
        return self._features[name]

    def _cut(self, pixels: Tensor, block: SensorBlock) -> Tensor:
        channels = len(block.sensor.bands)
        expected = (
            len(self.batch),
            *block.sensor.shape(
                block.rows * self.batch.layout.patch_size, block.columns * self.batch.layout.patch_size, block.steps
            ),
        )
        if tuple(pixels.shape) != expected:
            raise UserError(
                f"pixels of sensor {block.sensor.name!r} have shape {list(pixels.shape)}, not {list(expected)}"
            )
        if not block.sensor.spatial:
            return pixels.reshape(-1, channels, 1)
        side = self._cells * block.sensor.pixels_per_cell
        height, width = block.rows * side, block.columns * side
        if pixels.shape[1:3] != (height, width):
            pixels = resize(pixels, height, width)
        grid = pixels.reshape(len(self.batch), block.rows, side, block.columns, side, block.steps, channels)
        return grid.permute(0, 1, 3, 5, 6, 2, 4).reshape(-1, channels, side * side)
