"""Benchmark `gb2_flair2`: land cover in aerial photographs of France (FLAIR #2, Garioud et al. 2023)."""

from typing import TYPE_CHECKING, Any

from attrs import frozen

from spacenit_core.config.fields import setting
from spacenit_evals.benchmarks.geobench_v2.config import GeoBench2Config, at
from spacenit_evals.benchmarks.held_sensors import HeldSensor, Statistics
from spacenit_evals.benchmarks.own_sensors import FLAIR_AERIAL, RGBN_AS_SENTINEL2

if TYPE_CHECKING:
    import numpy as np

    from spacenit_evals.benchmarks.geobench_v2.container import Item
    from spacenit_evals.benchmarks.geobench_v2.images import SensorImages

OTHER = 13
"""Stored classes from here on are `other`."""


@frozen(kw_only=True)
class Flair2(GeoBench2Config):
    """512 x 512 pixels of 0.2 m, four bands and height above ground, 13 classes.

    Models of Sentinel-2 get its colours and near infrared as theirs, by the statistics of the set.
    """

    predicts = "segmentation"
    slug = "flair2"
    places = ("flair2", "*flair2*.tortilla")
    source = "the hub data set aialliance/flair2"
    licence = "etalab-2.0"
    classes = (
        "building",
        "pervious surface",
        "impervious surface",
        "bare soil",
        "water",
        "coniferous",
        "deciduous",
        "brushwood",
        "vineyard",
        "herbaceous vegetation",
        "agricultural land",
        "plowed land",
        "other",
    )
    ground_size = 0.2
    held = (
        HeldSensor(
            sensor=FLAIR_AERIAL,
            bands=FLAIR_AERIAL.bands,
            others=RGBN_AS_SENTINEL2,
            others_in_units=False,
        ),
    )

    statistics: Statistics = setting("whose statistics images are normalised by", "dataset")

    def images(self, items: "tuple[Item, ...]", facts: dict[str, Any], wanted: set[str]) -> "list[SensorImages]":
        """One photograph."""
        from spacenit_evals.benchmarks.geobench_v2.images import day_of, stored

        day = day_of(facts.get("stac:time_start"))
        return [stored(at(items, "aerial"), FLAIR_AERIAL.name, FLAIR_AERIAL.bands, day)]

    def label_item(self, items: "tuple[Item, ...]") -> "Item":
        """The map."""
        return at(items, "mask")

    def label_map(self, item: "Item") -> "np.ndarray":
        """Stored classes count from 1."""
        return item.image()[0].astype("int16").clip(max=OTHER) - 1
