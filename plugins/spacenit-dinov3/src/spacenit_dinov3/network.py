"""DINOv3's network, which timm has."""

from typing import Any

from torch import Tensor, nn

from spacenit_core.environment import install_line
from spacenit_core.errors import UserError
from spacenit_core.nn.image_embedder import ImageTokens
from spacenit_dinov3.models import NETWORKS


class DinoNetwork(nn.Module):
    """A vision transformer of timm.

    Args:
        model: it, without a head.
    """

    def __init__(self, model: nn.Module) -> None:
        super().__init__()
        self.model = model

    def forward(self, images: Tensor) -> ImageTokens:
        """From pictures ``[N, 3, H, W]`` to normalised tokens."""
        height, width = (side // patch for side, patch in zip(images.shape[2:], self._patch, strict=True))
        if not len(images):
            size = self._of("num_features")
            return ImageTokens(images.new_zeros(0, size), images.new_zeros(0, height, width, size))
        forward: Any = self.model.forward_features
        tokens = forward(images)
        before = self._of("num_prefix_tokens")
        return ImageTokens(tokens[:, 0], tokens[:, before:].unflatten(1, (height, width)))

    @property
    def _patch(self) -> tuple[int, int]:
        embedding: Any = self.model.patch_embed
        patch: tuple[int, int] = embedding.patch_size
        return patch

    def _of(self, name: str) -> int:
        value: Any = getattr(self.model, name)
        return int(value)


def create(size: str, **settings: Any) -> DinoNetwork:
    """A network with random weights, drawn from torch's generator.

    Args:
        size: one of `NETWORKS`.
        settings: what differs from it.

    Raises:
        UserError: where timm is not installed.
    """
    try:
        import timm
    except ImportError:
        raise UserError("dinov3 needs the package timm", install_line("spacenit-dinov3[timm]")) from None
    return DinoNetwork(timm.create_model(NETWORKS[size].timm, num_classes=0, **settings))
