"""Benchmark `gb2_spacenet7`: buildings in monthly PlanetScope mosaics (SpaceNet 7, Van Etten et al. 2021)."""

from typing import TYPE_CHECKING, Any

from attrs import frozen

from spacenit_core.config.fields import setting
from spacenit_evals.benchmarks.geobench_v2.config import GeoBench2Config, at
from spacenit_evals.benchmarks.held_sensors import HeldSensor, Statistics
from spacenit_evals.benchmarks.own_sensors import COLOURS_AS_SENTINEL2, PLANET_RGB, RGB

if TYPE_CHECKING:
    import numpy as np

    from spacenit_evals.benchmarks.geobench_v2.container import Item
    from spacenit_evals.benchmarks.geobench_v2.images import SensorImages


@frozen(kw_only=True)
class SpaceNet7(GeoBench2Config):
    """512 x 512 pixels of 4 m, colours of 8 bit, building or not.

    The fourth channel, which its publisher calls near infrared, is the mosaic's mask and left out. Models of Sentinel-2
    get the colours as theirs, by the statistics of the set.
    """

    predicts = "segmentation"
    slug = "spacenet7"
    places = ("spacenet7", "*spacenet7*.tortilla")
    source = "the hub data set aialliance/spacenet7"
    licence = "CC-BY-SA-4.0"
    classes = ("no building", "building")
    ground_size = 4.0
    held = (
        HeldSensor(
            sensor=PLANET_RGB,
            bands=RGB,
            others=COLOURS_AS_SENTINEL2,
            others_in_units=False,
        ),
    )

    statistics: Statistics = setting("whose statistics images are normalised by", "dataset")

    def images(self, items: "tuple[Item, ...]", facts: dict[str, Any], wanted: set[str]) -> "list[SensorImages]":
        """One mosaic."""
        from spacenit_evals.benchmarks.geobench_v2.images import day_of, stored

        day = day_of(facts.get("stac:time_start"))
        return [stored(at(items, "images"), PLANET_RGB.name, (*RGB, ""), day)]

    def label_item(self, items: "tuple[Item, ...]") -> "Item":
        """The map."""
        return at(items, "mask")

    def label_map(self, item: "Item") -> "np.ndarray":
        """1 is building; the publisher's package adds 1 and leaves class 0 without a pixel."""
        return item.image()[0].astype("int16")
