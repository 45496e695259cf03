"""Benchmark `gb2_biomassters`: above-ground biomass of Finnish forests (Nascetti et al. 2023)."""

from datetime import date
from typing import TYPE_CHECKING, Any

from attrs import frozen

from spacenit_evals.benchmarks.geobench_v2.bands import TEN, same
from spacenit_evals.benchmarks.geobench_v2.config import GeoBench2Config, at
from spacenit_evals.benchmarks.held_sensors import HeldSensor

if TYPE_CHECKING:
    import numpy as np

    from spacenit_evals.benchmarks.geobench_v2.container import Item
    from spacenit_evals.benchmarks.geobench_v2.images import SensorImages

MONTHS = (
    *("September", "October", "November", "December", "January", "February"),
    *("March", "April", "May", "June", "July", "August"),
)
MISSING = -9999.0


@frozen(kw_only=True)
class BioMassters(GeoBench2Config):
    """256 x 256 pixels of 10 m, twelve months of Sentinel-1 and those of Sentinel-2 that there are, tonnes per hectare.

    Months are known, years are not. Ascending and descending passes of Sentinel-1 are averaged where both are there.
    """

    predicts = "pixel_regression"
    slug = "biomassters"
    places = ("biomassters", "*biomassters*.tortilla")
    source = "the hub data set aialliance/biomassters"
    licence = "CC-BY-4.0"
    classes = ("above-ground biomass",)
    unit = "t/ha"
    ground_size = 10.0
    dates = "months are the data's own, the year is not: September is put into 2019, August into 2020"
    held = (
        HeldSensor(sensor="sentinel2_l2a", bands=TEN, others={"sentinel2": same(TEN)}),
        HeldSensor(sensor="sentinel1", bands=("vv", "vh")),
    )

    def images(self, items: "tuple[Item, ...]", facts: dict[str, Any], wanted: set[str]) -> "list[SensorImages]":
        """A series of each."""
        import numpy as np

        from spacenit_evals.benchmarks.geobench_v2.images import SensorImages, masked, mean

        found = []
        for sensor, modality, bands in (("sentinel2_l2a", "S2", TEN), ("sentinel1", "S1", ("vv", "vh"))):
            steps = {_day(item): item for item in items if item.facts.get("modality") == modality}
            if sensor not in wanted or not steps:
                continue
            images = [masked(steps[day].image(), MISSING) for day in sorted(steps)]
            if modality == "S1":
                images = [mean(image.reshape(2, 2, *image.shape[1:])) for image in images]
            found.append(
                SensorImages(sensor, bands, np.stack([image[: len(bands)] for image in images]), tuple(sorted(steps)))
            )
        return found

    def label_item(self, items: "tuple[Item, ...]") -> "Item":
        """The map."""
        return at(items, "AGBM")

    def label_map(self, item: "Item") -> "np.ndarray":
        """Tonnes per hectare."""
        return item.image()[0]


def _day(item: "Item") -> date:
    month = item.facts.get("month")
    if month not in MONTHS:
        raise item.damaged(f"its month {month!r} is none")
    place = MONTHS.index(month)
    return date(2019 if place < 4 else 2020, (place + 8) % 12 + 1, 15)
