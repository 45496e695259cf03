"""Benchmark `gb2_kuro_siwo`: floods in Sentinel-1 images of before and after (Kuro Siwo, Bountos et al. 2024)."""

from datetime import date, timedelta
from typing import TYPE_CHECKING, Any

from attrs import frozen

from spacenit_evals.benchmarks.geobench_v2.config import GeoBench2Config, at
from spacenit_evals.benchmarks.held_sensors import HeldSensor

if TYPE_CHECKING:
    import numpy as np

    from spacenit_evals.benchmarks.geobench_v2.container import Item
    from spacenit_evals.benchmarks.geobench_v2.images import SensorImages

WATER = ("no water", "permanent water", "flood")
NO_DATA = 3
LOWEST = -500.0
"""Metres; lower ones are no elevations."""

REPEAT = timedelta(days=12)
"""Between two passes of Sentinel-1."""


@frozen(kw_only=True)
class KuroSiwo(GeoBench2Config):
    """224 x 224 pixels of 10 m, three dates of Sentinel-1 and elevation, water and flood.

    The day of the flood is known; the two images before it are dated one and two passes earlier.
    """

    predicts = "segmentation"
    slug = "kuro_siwo"
    places = ("kuro_siwo", "*kuro_siwo*.tortilla")
    source = "the hub data set aialliance/kuro_siwo"
    licence = "not stated in the container"
    classes = WATER
    ground_size = 10.0
    dates = "the day of the flood is the data's own; the images before are dated 12 and 24 days earlier"
    dates_invented = True
    held = (HeldSensor(sensor="sentinel1", bands=("vv", "vh")), HeldSensor(sensor="srtm", bands=("srtm",)))

    def class_names(self) -> tuple[str, ...]:
        """As published, pixels without data are a class, the first."""
        return WATER if self.variant == "corrected" else ("no data", *WATER)

    def images(self, items: "tuple[Item, ...]", facts: dict[str, Any], wanted: set[str]) -> "list[SensorImages]":
        """Decibels of the linear power that is stored, where the publisher's mask is 1."""
        import numpy as np

        from spacenit_evals.benchmarks.geobench_v2.images import SensorImages
        from spacenit_evals.benchmarks.linear_power import decibels_of

        flood = _day(facts.get("flood_date")) or _day(facts.get("stac:time_start"))
        valid = at(items, "invalid_data").image()[0] == 1
        days = None if flood is None else (flood - 2 * REPEAT, flood - REPEAT, flood)
        found = []
        if "sentinel1" in wanted:
            names = ("pre_event_1", "pre_event_2", "post_event")
            images = [decibels_of(at(items, name).image()) for name in names]
            pixels = np.where(valid, np.stack(images), np.float32(np.nan))
            found.append(SensorImages("sentinel1", ("vv", "vh"), pixels, days or _UNDATED))
        if "srtm" in wanted:
            height = at(items, "dem").image().astype(np.float32)
            pixels = np.where(valid & (height >= LOWEST), height, np.float32(np.nan))[None]
            found.append(SensorImages("srtm", ("srtm",), pixels, None if days is None else days[-1:]))
        return found

    def label_item(self, items: "tuple[Item, ...]") -> "Item":
        """The map."""
        return at(items, "mask")

    def label_map(self, item: "Item") -> "np.ndarray":
        """0 to 2 are water, 3 is without data."""
        stored = item.image()[0].astype("int16")
        if self.variant == "corrected":
            stored[stored == NO_DATA] = -1
            return stored
        return (stored + 1) % (NO_DATA + 1)


_UNDATED = tuple(date(2020, 7, 1) + step * REPEAT for step in (-2, -1, 0))


def _day(value: object) -> date | None:
    try:
        return date.fromisoformat(str(value)[:10])
    except ValueError:
        return None
