"""Benchmark `gb2_cloudsen12`: clouds and their shadows in Sentinel-2 images (CloudSEN12+, Aybar et al. 2024)."""

from typing import TYPE_CHECKING, Any

from attrs import frozen

from spacenit_evals.benchmarks.geobench_v2.bands import SPECTRAL, same
from spacenit_evals.benchmarks.geobench_v2.config import GeoBench2Config
from spacenit_evals.benchmarks.held_sensors import HeldSensor

if TYPE_CHECKING:
    import numpy as np

    from spacenit_evals.benchmarks.geobench_v2.container import Item
    from spacenit_evals.benchmarks.geobench_v2.images import SensorImages

CHANNELS = (*SPECTRAL, "", "")
"""Optical thickness and water vapour follow the bands."""


@frozen(kw_only=True)
class CloudSen12(GeoBench2Config):
    """512 x 512 pixels of 10 m, Sentinel-2 level 2A, four classes of clouds."""

    predicts = "segmentation"
    slug = "cloudsen12"
    places = ("cloudsen12", "*cloudsen12*.tortilla")
    source = "the hub data set aialliance/cloudsen12"
    licence = "CC0-1.0"
    classes = ("clear", "thick cloud", "thin cloud", "cloud shadow")
    ground_size = 10.0
    held = (HeldSensor(sensor="sentinel2_l2a", bands=SPECTRAL, others={"sentinel2": same(SPECTRAL)}),)

    def images(self, items: "tuple[Item, ...]", facts: dict[str, Any], wanted: set[str]) -> "list[SensorImages]":
        """One image."""
        from spacenit_evals.benchmarks.geobench_v2.images import day_of, stored

        return [stored(items[0], "sentinel2_l2a", CHANNELS, day_of(facts.get("stac:time_start")))]

    def label_item(self, items: "tuple[Item, ...]") -> "Item":
        """The map."""
        return items[1]

    def label_map(self, item: "Item") -> "np.ndarray":
        """A class for every pixel."""
        return item.image()[0].astype("int16")
