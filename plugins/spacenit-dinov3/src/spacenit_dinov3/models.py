"""The published networks."""

from typing import Final, Literal

from attrs import frozen

Flavour = Literal["web", "satellite"]


@frozen(kw_only=True)
class Network:
    """One size.

    Attributes:
        timm: what timm calls its architecture.
        width: of its tokens.
        parameters: how many numbers it learned.
        flavours: what weights were published for it.
    """

    timm: str
    width: int
    parameters: int
    flavours: tuple[Flavour, ...] = ("web",)


NETWORKS: Final[dict[str, Network]] = {
    "vits16": Network(timm="vit_small_patch16_dinov3", width=384, parameters=21_586_944),
    "vits16plus": Network(timm="vit_small_plus_patch16_dinov3", width=384, parameters=28_683_264),
    "vitb16": Network(timm="vit_base_patch16_dinov3", width=768, parameters=85_641_216),
    "vitl16": Network(
        timm="vit_large_patch16_dinov3", width=1024, parameters=303_079_424, flavours=("web", "satellite")
    ),
    "vith16plus": Network(timm="vit_huge_plus_patch16_dinov3", width=1280, parameters=840_509_440),
    "vit7b16": Network(
        timm="vit_7b_patch16_dinov3", width=4096, parameters=6_716_030_976, flavours=("web", "satellite")
    ),
}
"""Name -> network; biases of queries and values, which are 0 in most files, are not counted."""

DATA: Final[dict[Flavour, str]] = {"web": "lvd1689m", "satellite": "sat493m"}
"""Flavour -> what the files are called after."""

PRETRAINED_ON: Final[dict[Flavour, str]] = {
    "web": "1,689 million pictures of the web (LVD-1689M)",
    "satellite": "493 million satellite pictures of 0.6 m (SAT-493M)",
}

MEAN_AND_DEVIATION: Final[dict[Flavour, tuple[tuple[float, float, float], tuple[float, float, float]]]] = {
    "web": ((0.485, 0.456, 0.406), (0.229, 0.224, 0.225)),
    "satellite": ((0.430, 0.411, 0.296), (0.213, 0.156, 0.143)),
}
"""Flavour -> mean and standard deviation of red, green and blue, from 0 to 1, that its pictures were normalised by."""

PATCH: Final = 16
LICENCE: Final = "DINOv3 License (https://ai.meta.com/resources/models-and-libraries/dinov3-license)"
PAGE: Final = "https://ai.meta.com/resources/models-and-libraries/dinov3-downloads"

RANGES: Final[dict[str, tuple[str, float, float]]] = {
    "sentinel2_l2a": ("reflectance x 10,000", 0.0, 3558.0),
    "sentinel2": ("reflectance x 10,000", 0.0, 3558.0),
    "landsat": ("digital number", 5000.0, 22790.0),
    "naip": ("digital number", 0.0, 255.0),
    "naip_10": ("digital number", 0.0, 255.0),
}
"""Sensor -> units, and the stored numbers that become 0 and 255.

Those of ESA's true-colour pictures, reflectance 0 to .3558; of Landsat's collection 2 level 1 the same reflectances,
digital number = (reflectance + 0.1) / 0.00002.
"""

RANGES_OF_UNITS: Final[dict[str, tuple[float, float]]] = {
    "8-bit number": (0.0, 255.0),
    "reflectance x 10,000": (0.0, 3558.0),
}
"""Units of other sensors that have red, green and blue -> the same."""
