"""Panopticon's network, which torchgeo has."""

from typing import Any

from torch import Tensor, nn
from torch.func import functional_call

from spacenit_core.environment import install_line
from spacenit_core.errors import UserError
from spacenit_core.foreign_weights import ForeignWeights, fit_exactly, read_state
from spacenit_core.nn.image_embedder import ImageTokens
from spacenit_panopticon.reader import PATCH

FILES = ForeignWeights(
    model="panopticon",
    files=("panopticon_vitb14_teacher.pth",),
    variable="PANOPTICON_DIR",
    page="https://huggingface.co/lewaldm/panopticon",
)

PARAMETERS = 98_975_232
"""How many numbers the published network learned."""

NATIVE_SIZE = 518
"""Pixels along one side that the published positions are for; they are interpolated to others."""


class PanopticonNetwork(nn.Module):
    """A vision transformer of torchgeo, whose patches attend over channels first.

    Args:
        backbone: it, for images of `NATIVE_SIZE`.
    """

    def __init__(self, backbone: nn.Module) -> None:
        super().__init__()
        self.features = _Features(backbone)

    def forward(self, images: Tensor, channels: Tensor, absent: Tensor) -> ImageTokens:
        """From N images to normalised tokens.

        Args:
            images: ``[N, C, H, W]``, standardised, square.
            channels: ``[N, C]``, the number by which each channel is known.
            absent: bool ``[N, C]``: channels that do not count.
        """
        from torchgeo.models.copernicusfm import resize_abs_pos_embed

        patches = images.shape[-1] // PATCH
        positions: Tensor = self.features.backbone.pos_embed  # type: ignore[assignment]
        if not len(images):
            width = positions.shape[-1]
            return ImageTokens(images.new_zeros(0, width), images.new_zeros(0, patches, patches, width))
        resized = resize_abs_pos_embed(positions, patches, NATIVE_SIZE // PATCH)
        # The network rounds the numbers of channels where they lie: it gets a copy.
        given = {"imgs": images, "chn_ids": channels.clone(), "spec_masks": absent}
        tokens = functional_call(self.features, {"backbone.pos_embed": resized}, (given,))
        return ImageTokens(tokens[:, 0], tokens[:, 1:].unflatten(1, (patches, patches)))


class _Features(nn.Module):
    def __init__(self, backbone: nn.Module) -> None:
        super().__init__()
        self.backbone = backbone

    def forward(self, given: dict[str, Tensor]) -> Any:
        features: Any = self.backbone.forward_features
        return features(given)


def create() -> PanopticonNetwork:
    """The network with random weights, drawn from torch's generator.

    Raises:
        UserError: where torchgeo is not installed.
    """
    try:
        from torchgeo.models import panopticon_vitb14
    except ImportError:
        raise UserError(
            "panopticon needs the package torchgeo", install_line("spacenit-panopticon[torchgeo]")
        ) from None
    return PanopticonNetwork(panopticon_vitb14(weights=None, img_size=NATIVE_SIZE).model)


def load_network(source: str | None) -> PanopticonNetwork:
    """The pretrained network.

    Args:
        source: a folder with `panopticon_vitb14_teacher.pth`, or `hf://lewaldm/panopticon`; None for what the
            environment variable PANOPTICON_DIR names.

    Raises:
        UserError: where there are no weights, or torchgeo is not installed.
        DataError: where the file is damaged, or does not fit the network exactly.
    """
    path = FILES.find(source) / FILES.files[0]
    network = create()
    state = {name: values for name, values in read_state(path).items() if name != "mask_token"}
    fit_exactly(network.features.backbone, state, path)
    return network
