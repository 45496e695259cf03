"""From the outputs of patches to maps of the size of the labels."""

import math

from attrs import frozen
from torch import Tensor
from torch.nn import functional


@frozen
class Maps:
    """How maps are made of what a head gives for each patch.

    Attributes:
        classes: numbers for each pixel.
        patch: pixels along one side of a patch that are predicted apart; 1 where maps are interpolated.
        size: height and width of the labels, in pixels.
    """

    classes: int
    patch: int
    size: tuple[int, int]

    @property
    def outputs(self) -> int:
        """Numbers that a head gives for one patch."""
        return self.classes * self.patch**2

    def __call__(self, outputs: Tensor) -> Tensor:
        """From float ``[R, B, h, w, outputs]`` to ``[R, B, classes, H, W]``.

        Interpolation commutes with a linear layer, so that it comes last: the numbers are the same, and fewer.
        """
        heads = outputs.shape[0]
        maps = functional.pixel_shuffle(outputs.flatten(0, 1).permute(0, 3, 1, 2), self.patch)
        if tuple(maps.shape[2:]) != self.size:
            maps = functional.interpolate(maps, size=self.size, mode="bilinear", align_corners=True)
        return maps.unflatten(0, (heads, -1))


def pixels_of_patch(grid: tuple[int, int], size: tuple[int, int]) -> int:
    """Pixels along one side of a patch, at least 1.

    Args:
        grid: patches along height and width.
        size: pixels of the labels along both.
    """
    return max(1, math.isqrt(size[0] * size[1] // (grid[0] * grid[1])))
