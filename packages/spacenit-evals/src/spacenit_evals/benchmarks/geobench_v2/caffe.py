"""Benchmark `gb2_caffe`: glaciers and their fronts in radar images (CaFFe, Gourmelon et al. 2022)."""

from typing import TYPE_CHECKING, Any

from attrs import frozen

from spacenit_core.config.fields import setting
from spacenit_evals.benchmarks.geobench_v2.config import GeoBench2Config, at
from spacenit_evals.benchmarks.held_sensors import HeldSensor, Statistics
from spacenit_evals.benchmarks.own_sensors import SAR_AMPLITUDE

if TYPE_CHECKING:
    import numpy as np

    from spacenit_evals.benchmarks.geobench_v2.container import Item
    from spacenit_evals.benchmarks.geobench_v2.images import SensorImages

ZONES = ("rock", "glacier", "ocean or ice melange")


@frozen(kw_only=True)
class CaFFe(GeoBench2Config):
    """512 x 512 pixels of one grey channel, rock, glacier or sea; ground that is not known does not count.

    Models of Sentinel-1 get it as VV by the statistics of the set, and no VH.
    """

    predicts = "segmentation"
    slug = "caffe"
    places = ("caffe", "*caffe*.tortilla")
    source = "the hub data set aialliance/caffe"
    licence = "CC-BY-4.0"
    classes = ZONES
    held = (
        HeldSensor(
            sensor=SAR_AMPLITUDE, bands=("amplitude",), others={"sentinel1": {"vv": "amplitude"}}, others_in_units=False
        ),
    )

    statistics: Statistics = setting("whose statistics images are normalised by", "dataset")

    def class_names(self) -> tuple[str, ...]:
        """As published, the unknown counts as a class."""
        return ZONES if self.variant == "corrected" else ("not known", *ZONES)

    def images(self, items: "tuple[Item, ...]", facts: dict[str, Any], wanted: set[str]) -> "list[SensorImages]":
        """One image."""
        from spacenit_evals.benchmarks.geobench_v2.images import day_of, stored

        return [stored(at(items, "img"), SAR_AMPLITUDE.name, ("amplitude",), day_of(facts.get("stac:time_start")))]

    def label_item(self, items: "tuple[Item, ...]") -> "Item":
        """The map."""
        return at(items, "mask")

    def label_map(self, item: "Item") -> "np.ndarray":
        """0 is not known."""
        return item.image()[0].astype("int16") - (1 if self.variant == "corrected" else 0)
