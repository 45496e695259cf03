"""Benchmark `m_so2sat`: 17 local climate zones in Sentinel-2 images of cities (Zhu et al. 2020)."""

from attrs import frozen

from spacenit_evals.benchmarks.geobench_v1.config import AS_SURFACE, GeoBenchConfig, StoredBands
from spacenit_evals.benchmarks.geobench_v1.sentinel2_names import NAMES


@frozen(kw_only=True)
class MSo2Sat(GeoBenchConfig):
    """32 x 32 pixels of 10 m, ten bands of reflectance, 17 classes; its radar channels are no decibels and left out."""

    set_name = "m-so2sat"
    places = ("*_v1.0/m-so2sat", "m-so2sat")
    licence = "CC-BY-4.0"
    sensor = "sentinel2"
    others = AS_SURFACE
    stored = StoredBands(
        names={band: name for band, name in NAMES.items() if band not in ("B01", "B09", "B10")}, scale=10_000.0
    )
    ground_size = 10.0
