"""Benchmark `gb2_spacenet2`: buildings of four cities from WorldView-2 (SpaceNet 2, Van Etten et al. 2018)."""

from typing import TYPE_CHECKING, Any

from attrs import frozen

from spacenit_core.config.fields import setting
from spacenit_evals.benchmarks.geobench_v2.config import GeoBench2Config
from spacenit_evals.benchmarks.held_sensors import HeldSensor, Statistics
from spacenit_evals.benchmarks.own_sensors import WORLDVIEW2, WORLDVIEW2_BANDS

if TYPE_CHECKING:
    import numpy as np

    from spacenit_evals.benchmarks.geobench_v2.container import Item
    from spacenit_evals.benchmarks.geobench_v2.images import SensorImages

SENTINEL2 = {"B01": "coastal", "B02": "blue", "B03": "green", "B04": "red", "B06": "red_edge", "B08": "nir1"}
"""Bands of Sentinel-2 whose wavelengths are within 10 nm of one of the eight, and its broad near infrared."""

SIDE = 512
"""Pixels along one side that are looked at, around the middle: stored images have 650, which few patches divide."""


@frozen(kw_only=True)
class SpaceNet2(GeoBench2Config):
    """The middle 512 x 512 pixels of 0.3 m, eight sharpened bands and the panchromatic one, building or not.

    Models of Sentinel-2 get the bands of their wavelengths, by the statistics of the set.
    """

    predicts = "segmentation"
    slug = "spacenet2"
    places = ("spacenet2", "*spacenet2*.tortilla")
    source = "the hub data set aialliance/spacenet2"
    licence = "CC-BY-SA-4.0"
    classes = ("no building", "building")
    ground_size = 0.3
    dates = "none in the data; {day} stands for all"
    dates_invented = True
    held = (
        HeldSensor(
            sensor=WORLDVIEW2,
            bands=WORLDVIEW2.bands,
            others={"sentinel2_l2a": SENTINEL2, "sentinel2": SENTINEL2},
            others_in_units=False,
        ),
    )

    statistics: Statistics = setting("whose statistics images are normalised by", "dataset")

    def images(self, items: "tuple[Item, ...]", facts: dict[str, Any], wanted: set[str]) -> "list[SensorImages]":
        """One image of nine bands."""
        import numpy as np

        from spacenit_evals.benchmarks.geobench_v2.images import SensorImages, stored

        sharpened, pan = stored(items[0], "", WORLDVIEW2_BANDS), stored(items[1], "", ("pan",))
        if sharpened.pixels.shape[2:] != pan.pixels.shape[2:]:
            raise items[1].damaged(f"it has {pan.pixels.shape[2:]} pixels, not {sharpened.pixels.shape[2:]}")
        pixels = np.concatenate([sharpened.pixels, pan.pixels], axis=1)
        return [SensorImages(WORLDVIEW2.name, WORLDVIEW2.bands, _middle(pixels))]

    def label_item(self, items: "tuple[Item, ...]") -> "Item":
        """The map."""
        return items[2]

    def label_map(self, item: "Item") -> "np.ndarray":
        """1 is building; the publisher's package adds 1 and leaves class 0 without a pixel."""
        return _middle(item.image()[0].astype("int16"))


def _middle(pixels: "np.ndarray") -> "np.ndarray":
    height, width = pixels.shape[-2:]
    top, left = max(height - SIDE, 0) // 2, max(width - SIDE, 0) // 2
    return pixels[..., top : top + SIDE, left : left + SIDE]
