"""Benchmark `m_brick_kiln`: brick kilns of Bangladesh in Sentinel-2 images (Lee et al. 2021)."""

from attrs import frozen

from spacenit_evals.benchmarks.geobench_v1.config import AS_TOP_OF_ATMOSPHERE, GeoBenchConfig, StoredBands
from spacenit_evals.benchmarks.geobench_v1.sentinel2_names import NAMES

HELD = ("B01", "B02", "B03", "B04", "B05", "B07", "B8A", "B08", "B11", "B12")
"""What the first ten of 13 channels hold; a picture in red, green and blue follows (geo-bench issues 28 and 29)."""


@frozen(kw_only=True)
class MBrickKiln(GeoBenchConfig):
    """64 x 64 pixels of 10 m, ten bands of Sentinel-2, brick kiln or not; thirteen are named, and most wrongly."""

    set_name = "m-brick-kiln"
    places = ("*_v1.0/m-brick-kiln", "m-brick-kiln")
    licence = "CC-BY-SA-4.0"
    sensor = "sentinel2_l2a"
    others = AS_TOP_OF_ATMOSPHERE
    stored = StoredBands(names=dict(zip(HELD, NAMES.values(), strict=False)), published=NAMES)
    ground_size = 10.0
