"""Benchmark `gb2_fotw`: fields and their boundaries (Fields of The World, Kerner et al. 2024)."""

from typing import TYPE_CHECKING, Any

from attrs import frozen

from spacenit_evals.benchmarks.geobench_v2.config import GeoBench2Config, at
from spacenit_evals.benchmarks.held_sensors import HeldSensor

if TYPE_CHECKING:
    import numpy as np

    from spacenit_evals.benchmarks.geobench_v2.container import Item
    from spacenit_evals.benchmarks.geobench_v2.images import SensorImages

BANDS = ("B04", "B03", "B02", "B08")


@frozen(kw_only=True)
class FieldsOfTheWorld(GeoBench2Config):
    """256 x 256 pixels of 10 m, four bands of Sentinel-2 early in the season, fields and their boundaries."""

    predicts = "segmentation"
    slug = "fotw"
    places = ("fotw", "*fotw*.tortilla")
    source = "the hub data set aialliance/fotw"
    licence = "mixed by country, CC-BY-4.0 to CC-BY-NC-SA-4.0"
    classes = ("background", "field", "field boundary")
    ground_size = 10.0
    dates = "the year alone is in the data; {day} stands for all"
    dates_invented = True
    held = (HeldSensor(sensor="sentinel2_l2a", bands=BANDS, others={"sentinel2": {band: band for band in BANDS}}),)

    def images(self, items: "tuple[Item, ...]", facts: dict[str, Any], wanted: set[str]) -> "list[SensorImages]":
        """The first of the two images, whose season is not known."""
        from spacenit_evals.benchmarks.geobench_v2.images import stored

        return [stored(at(items, "win_a"), "sentinel2_l2a", BANDS)]

    def label_item(self, items: "tuple[Item, ...]") -> "Item":
        """The map."""
        return at(items, "semantic_3class_mask")

    def label_map(self, item: "Item") -> "np.ndarray":
        """What is no class (3: not labelled) does not count."""
        labels = item.image()[0].astype("int16")
        labels[labels >= len(self.classes)] = -1
        return labels
