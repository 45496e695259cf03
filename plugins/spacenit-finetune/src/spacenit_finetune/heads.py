"""Heads on the vectors of patches."""

from torch import Tensor, nn

from spacenit_core.errors import UserError
from spacenit_core.kinds.tasks import DENSE, Task
from spacenit_evals.protocols.probe.maps import Maps, pixels_of_patch


def head_of(kind: str, task: Task, classes: int, patches: tuple[int, ...], size: tuple[int, ...]) -> nn.Module:
    """A head for a task.

    Args:
        kind: "linear" or "decoder".
        task: what is predicted.
        classes: numbers for each sample or pixel.
        patches: height, width and length of the vectors of patches.
        size: of the labels of a sample: empty, or height and width.

    Raises:
        UserError: for a decoder where labels are no maps, or a patch's side is no power of two.
    """
    rows, columns, width = patches
    if task not in DENSE:
        if kind == "decoder":
            raise UserError(f"a decoder makes maps, and the task is {task}", "choose head=linear")
        return nn.Linear(width, classes)
    height, across = size
    patch = pixels_of_patch((rows, columns), (height, across))
    if kind == "decoder":
        if patch & (patch - 1):
            raise UserError(
                f"a decoder doubles the resolution, and patches have {patch} pixels a side", "choose head=linear"
            )
        return Decoder(width, Maps(classes, 1, (height, across)), patch)
    # Between patches numbers change slowly: interpolated, they have no seams.
    return LinearMaps(width, Maps(classes, 1 if task == "pixel_regression" else patch, (height, across)))


class LinearMaps(nn.Module):
    """A linear layer for the pixels of each patch: ``[B, h, w, D]`` to ``[B, C, H, W]``."""

    def __init__(self, width: int, maps: Maps) -> None:
        super().__init__()
        self.linear, self._maps = nn.Linear(width, maps.outputs), maps

    def forward(self, patches: Tensor) -> Tensor:
        return self._maps(self.linear(patches)[None])[0]


class Decoder(nn.Module):
    """Convolutions between which the resolution is doubled, from patches to pixels, all of the encoder's width."""

    def __init__(self, width: int, maps: Maps, patch: int) -> None:
        super().__init__()
        layers: list[nn.Module] = [nn.Conv2d(width, width, 3, padding=1), nn.ReLU()]
        for _ in range(patch.bit_length() - 1):
            layers += [nn.Upsample(scale_factor=2, mode="nearest"), nn.Conv2d(width, width, 3, padding=1), nn.ReLU()]
        self.layers = nn.Sequential(*layers, nn.Conv2d(width, maps.classes, 3, padding=1))
        self._maps = maps

    def forward(self, patches: Tensor) -> Tensor:
        return self._maps(self.layers(patches.permute(0, 3, 1, 2)).permute(0, 2, 3, 1)[None])[0]
