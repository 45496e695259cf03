"""Benchmark `gb2_treesatai`: tree genera of German forests (TreeSatAI, Ahlswede et al. 2023)."""

from typing import TYPE_CHECKING, Any

from attrs import frozen

from spacenit_evals.benchmarks.geobench_v2.bands import BY_RESOLUTION, same
from spacenit_evals.benchmarks.geobench_v2.config import GeoBench2Config, at
from spacenit_evals.benchmarks.held_sensors import HeldSensor
from spacenit_evals.benchmarks.own_sensors import AERIAL_20CM, RGBN

if TYPE_CHECKING:
    from spacenit_evals.benchmarks.geobench_v2.container import Item
    from spacenit_evals.benchmarks.geobench_v2.images import SensorImages

CLASSES = (
    "Abies",
    "Acer",
    "Alnus",
    "Betula",
    "Cleared",
    "Fagus",
    "Fraxinus",
    "Larix",
    "Picea",
    "Pinus",
    "Populus",
    "Prunus",
    "Pseudotsuga",
    "Quercus",
    "Tilia",
)

CELLS = 6
"""Pixels of 10 m along one side: the publisher stores each of them as about 51 x 51 equal ones."""


@frozen(kw_only=True)
class TreeSatAI(GeoBench2Config):
    """60 x 60 m: 6 x 6 pixels of Sentinel-2 and 1, an aerial photograph of 0.2 m; any of 15 genera.

    Sentinel-1 is stored as unsigned numbers into which whole, negative decibels were wrapped. Years are stated, and no
    days.
    """

    predicts = "multilabel"
    slug = "treesatai"
    places = ("treesatai", "*treesatai*.tortilla")
    source = "the hub data set aialliance/treesatai"
    licence = "CC-BY-4.0"
    classes = CLASSES
    ground_size = 10.0
    dates = "none in the data; {day} stands for all"
    dates_invented = True
    held = (
        HeldSensor(sensor="sentinel2_l2a", bands=BY_RESOLUTION, others={"sentinel2": same(BY_RESOLUTION)}),
        HeldSensor(sensor="sentinel1", bands=("vv", "vh")),
        HeldSensor(sensor=AERIAL_20CM, bands=RGBN),
    )

    def images(self, items: "tuple[Item, ...]", facts: dict[str, Any], wanted: set[str]) -> "list[SensorImages]":
        """One image of each."""
        import numpy as np

        from spacenit_evals.benchmarks.geobench_v2.images import SensorImages, stored

        found = []
        if "sentinel2_l2a" in wanted:
            optical = stored(at(items, "s2"), "sentinel2_l2a", BY_RESOLUTION)
            found.append(SensorImages("sentinel2_l2a", optical.bands, optical.pixels[..., *_cells(optical.pixels)]))
        if "sentinel1" in wanted:
            image = at(items, "s1").image()[:2]
            numbers = image.view(np.int16) if self.variant == "corrected" and image.dtype == np.uint16 else image
            # 0 dB in both polarisations is a pixel without data, not one of the brightest.
            missing = (numbers == 0).all(axis=0)
            pixels = np.where(missing, np.nan, numbers).astype(np.float32)[None]
            found.append(SensorImages("sentinel1", ("vv", "vh"), pixels[..., *_cells(pixels)]))
        if AERIAL_20CM.name in wanted:
            found.append(stored(at(items, "aerial"), AERIAL_20CM.name, RGBN))
        return found

    def label(self, facts: dict[str, Any]) -> tuple[str, ...]:
        """All genera of the plot."""
        return tuple(facts["species_labels"])


def _cells(pixels: Any) -> tuple[Any, Any]:
    """The middle pixel of each stored cell, rows and columns."""
    import numpy as np

    rows, columns = (((np.arange(CELLS) + 0.5) * side / CELLS).astype(int) for side in pixels.shape[-2:])
    return rows[:, None], columns[None, :]
