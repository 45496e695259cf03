"""Benchmark `gb2_pastis`: crops of French fields from series of Sentinel-1 and 2 (PASTIS-R, Garnot et al. 2022)."""

from datetime import date
from typing import TYPE_CHECKING, Any

from attrs import frozen

from spacenit_evals.benchmarks.geobench_v2.bands import TEN, same
from spacenit_evals.benchmarks.geobench_v2.config import GeoBench2Config, at
from spacenit_evals.benchmarks.held_sensors import HeldSensor
from spacenit_evals.benchmarks.pastis.classes import CLASSES, VOID

if TYPE_CHECKING:
    import numpy as np

    from spacenit_evals.benchmarks.geobench_v2.container import Item
    from spacenit_evals.benchmarks.geobench_v2.images import SensorImages


@frozen(kw_only=True)
class Pastis(GeoBench2Config):
    """128 x 128 pixels of 10 m, monthly means of a year of Sentinel-2 and 1, 18 crops and what is none.

    Sentinel-1 has dates of its own; ascending and descending passes are averaged. Void pixels do not count.
    """

    predicts = "segmentation"
    slug = "pastis"
    places = ("pastis", "*pastis*.tortilla")
    source = "the hub data set aialliance/pastis"
    licence = "CC-BY-4.0"
    classes = CLASSES
    ground_size = 10.0
    held = (
        HeldSensor(sensor="sentinel2_l2a", bands=TEN, others={"sentinel2": same(TEN)}),
        HeldSensor(sensor="sentinel1", bands=("vv", "vh")),
    )

    def class_names(self) -> tuple[str, ...]:
        """As published, void is a class, the last."""
        return CLASSES if self.variant == "corrected" else (*CLASSES, "void")

    def images(self, items: "tuple[Item, ...]", facts: dict[str, Any], wanted: set[str]) -> "list[SensorImages]":
        """A series of each."""
        import numpy as np

        from spacenit_evals.benchmarks.geobench_v2.images import SensorImages

        found = []
        if "sentinel2_l2a" in wanted:
            optical = at(items, "s2")
            pixels = optical.array().astype(np.float32)
            found.append(SensorImages("sentinel2_l2a", TEN, pixels, _days(optical, len(pixels))).monthly())
        if "sentinel1" in wanted:
            passes = [at(items, name) for name in ("s1a", "s1d")]
            series = [one.array()[:, :2].astype(np.float32) for one in passes]
            days = tuple(day for one, pixels in zip(passes, series, strict=True) for day in _days(one, len(pixels)))
            found.append(SensorImages("sentinel1", ("vv", "vh"), np.concatenate(series), days).monthly())
        return found

    def label_item(self, items: "tuple[Item, ...]") -> "Item":
        """The map."""
        return at(items, "semantic")

    def label_map(self, item: "Item") -> "np.ndarray":
        """The first of three channels; 19 is void."""
        labels = item.array()[0].astype("int16")
        if self.variant == "corrected":
            labels[labels == VOID] = -1
        return labels


def _days(item: "Item", count: int) -> tuple[date, ...]:
    dates = item.facts.get("dates") or []
    if len(dates) != count:
        raise item.damaged(f"it has {count} images and {len(dates)} dates")
    try:
        return tuple(date.fromisoformat(str(day)) for day in dates)
    except ValueError as error:
        raise item.damaged(str(error)) from error
