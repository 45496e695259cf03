"""Benchmark `gb2_benv2`: 19 kinds of land cover in Sentinel-1 and 2 images of Europe (reBEN, Clasen et al. 2024)."""

from typing import TYPE_CHECKING, Any

from attrs import frozen

from spacenit_evals.benchmarks.geobench_v2.bands import SPECTRAL, same
from spacenit_evals.benchmarks.geobench_v2.config import GeoBench2Config, at
from spacenit_evals.benchmarks.held_sensors import HeldSensor

if TYPE_CHECKING:
    from spacenit_evals.benchmarks.geobench_v2.container import Item
    from spacenit_evals.benchmarks.geobench_v2.images import SensorImages

CLASSES = (
    "Urban fabric",
    "Industrial or commercial units",
    "Arable land",
    "Permanent crops",
    "Pastures",
    "Complex cultivation patterns",
    "Land principally occupied by agriculture, with significant areas of natural vegetation",
    "Agro-forestry areas",
    "Broad-leaved forest",
    "Coniferous forest",
    "Mixed forest",
    "Natural grassland and sparsely vegetated areas",
    "Moors, heathland and sclerophyllous vegetation",
    "Transitional woodland, shrub",
    "Beaches, dunes, sands",
    "Inland wetlands",
    "Coastal wetlands",
    "Inland waters",
    "Marine waters",
)


@frozen(kw_only=True)
class Benv2(GeoBench2Config):
    """120 x 120 pixels of 10 m, Sentinel-2 level 2A and Sentinel-1, any of 19 classes.

    Sentinel-1 is stored as VH, VV, and its publisher says VV, VH.
    """

    predicts = "multilabel"
    slug = "benv2"
    places = ("benv2", "*benv2*.tortilla")
    source = "the hub data set aialliance/benv2"
    licence = "CDLA-Permissive-1.0"
    classes = CLASSES
    ground_size = 10.0
    held = (
        HeldSensor(sensor="sentinel2_l2a", bands=SPECTRAL, others={"sentinel2": same(SPECTRAL)}),
        HeldSensor(sensor="sentinel1", bands=("vv", "vh")),
    )

    def images(self, items: "tuple[Item, ...]", facts: dict[str, Any], wanted: set[str]) -> "list[SensorImages]":
        """One image of each, of one day."""
        from spacenit_evals.benchmarks.geobench_v2.images import day_of, stored

        day = day_of(facts.get("stac:time_start"))
        radar = ("vh", "vv") if self.variant == "corrected" else ("vv", "vh")
        found = []
        if "sentinel2_l2a" in wanted:
            found.append(stored(at(items, "s2"), "sentinel2_l2a", SPECTRAL, day))
        if "sentinel1" in wanted:
            found.append(stored(at(items, "s1"), "sentinel1", radar, day))
        return found

    def label(self, facts: dict[str, Any]) -> tuple[str, ...]:
        """All classes of the image."""
        return tuple(facts["labels"])
