"""Benchmark `gb2_burn_scars`: burnt ground in harmonised Landsat and Sentinel-2 images (HLS Burn Scars, 2023)."""

from typing import TYPE_CHECKING, Any

from attrs import frozen

from spacenit_evals.benchmarks.geobench_v2.bands import same
from spacenit_evals.benchmarks.geobench_v2.config import GeoBench2Config
from spacenit_evals.benchmarks.held_sensors import HeldSensor

if TYPE_CHECKING:
    import numpy as np

    from spacenit_evals.benchmarks.geobench_v2.container import Item
    from spacenit_evals.benchmarks.geobench_v2.images import SensorImages

BANDS = ("B02", "B03", "B04", "B8A", "B11", "B12")


@frozen(kw_only=True)
class BurnScars(GeoBench2Config):
    """512 x 512 pixels of 30 m, six bands of surface reflectance, burnt or not; pixels without data do not count."""

    predicts = "segmentation"
    slug = "burn_scars"
    places = ("burn_scars", "*burn_scars*.tortilla")
    source = "the hub data set aialliance/burn_scars"
    licence = "CC-BY-4.0"
    classes = ("not burnt", "burn scar")
    ground_size = 30.0
    dates = "none in the data; {day} stands for all"
    dates_invented = True
    held = (HeldSensor(sensor="sentinel2_l2a", bands=BANDS, others={"sentinel2": same(BANDS)}),)

    def images(self, items: "tuple[Item, ...]", facts: dict[str, Any], wanted: set[str]) -> "list[SensorImages]":
        """One image; stored reflectance is 0 to 1."""
        from spacenit_evals.benchmarks.geobench_v2.images import stored

        return [stored(items[0], "sentinel2_l2a", BANDS, scale=10_000.0)]

    def label_item(self, items: "tuple[Item, ...]") -> "Item":
        """The map."""
        return items[1]

    def label_map(self, item: "Item") -> "np.ndarray":
        """-1 where there are no data."""
        return item.image()[0].astype("int16")
