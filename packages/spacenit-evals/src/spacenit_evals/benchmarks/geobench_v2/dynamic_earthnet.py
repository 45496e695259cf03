"""Benchmark `gb2_dynamic_earthnet`: land cover of 75 places, month by month (Toker et al. 2022)."""

from typing import TYPE_CHECKING, Any

from attrs import frozen

from spacenit_evals.benchmarks.geobench_v2.bands import BY_RESOLUTION, same
from spacenit_evals.benchmarks.geobench_v2.config import GeoBench2Config, at
from spacenit_evals.benchmarks.held_sensors import HeldSensor
from spacenit_evals.benchmarks.own_sensors import PLANETSCOPE

if TYPE_CHECKING:
    import numpy as np

    from spacenit_evals.benchmarks.geobench_v2.container import Item
    from spacenit_evals.benchmarks.geobench_v2.images import SensorImages

PLANET = ("blue", "green", "red", "nir")
NAMED = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B10", "B11", "B12")
"""As the publisher names the channels of Sentinel-2, whose fourth is by far brighter than red is anywhere."""


@frozen(kw_only=True)
class DynamicEarthNet(GeoBench2Config):
    """Pixels of 3 m, a month of daily PlanetScope images and one of Sentinel-2, seven classes of its first day.

    Channels of Sentinel-2 are stored by resolution, and its publisher names them by wavelength.
    """

    predicts = "segmentation"
    slug = "dynamic_earthnet"
    places = ("dynamic_earthnet", "*dynamic_earthnet*.tortilla")
    source = "the hub data set aialliance/dynamic_earthnet"
    licence = "CC-BY-4.0"
    classes = (
        "Impervious surfaces",
        "Agriculture",
        "Forest & other vegetation",
        "Wetlands",
        "Soil",
        "Water",
        "Snow & ice",
    )
    ground_size = 3.0
    held = (
        HeldSensor(sensor="sentinel2_l2a", bands=BY_RESOLUTION, others={"sentinel2": same(BY_RESOLUTION)}),
        HeldSensor(sensor=PLANETSCOPE, bands=PLANET),
    )

    def images(self, items: "tuple[Item, ...]", facts: dict[str, Any], wanted: set[str]) -> "list[SensorImages]":
        """Of Sentinel-2 one image, which some samples lack; of PlanetScope the days of a month."""
        import numpy as np

        from spacenit_evals.benchmarks.geobench_v2.images import SensorImages, day_of, stored

        found = []
        optical = [item for item in items if item.facts.get("modality") == "s2"]
        if "sentinel2_l2a" in wanted and optical:
            bands = BY_RESOLUTION if self.variant == "corrected" else NAMED
            found.append(stored(optical[0], "sentinel2_l2a", bands, day_of(facts.get("stac:time_start"))))
        if PLANETSCOPE.name in wanted:
            series = [item for item in items if item.facts.get("modality") == "planet"]
            days = [day_of(item.facts.get("stac:time_start")) for item in series]
            images = [stored(item, PLANETSCOPE.name, PLANET).pixels[0] for item in series]
            found.append(SensorImages(PLANETSCOPE.name, PLANET, np.stack(images), tuple(day for day in days if day)))
        return found

    def label_item(self, items: "tuple[Item, ...]") -> "Item":
        """The map."""
        return at(items, "label")

    def label_map(self, item: "Item") -> "np.ndarray":
        """A class for every pixel."""
        return item.image()[0].astype("int16")
