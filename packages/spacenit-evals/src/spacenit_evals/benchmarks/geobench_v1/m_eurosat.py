"""Benchmark `m_eurosat`: ten kinds of land cover in Sentinel-2 images of Europe (Helber et al. 2019)."""

from attrs import frozen

from spacenit_evals.benchmarks.geobench_v1.config import AS_SURFACE, GeoBenchConfig, StoredBands
from spacenit_evals.benchmarks.geobench_v1.sentinel2_names import NAMES

SHIFTED = {
    "B09": "08A - Vegetation Red Edge",
    "B10": "09 - Water vapour",
    "B11": "10 - SWIR - Cirrus",
    "B12": "11 - SWIR",
    "B8A": "12 - SWIR",
}
"""EuroSAT stores B8A last, and the labels do not (geo-bench issues 28 and 29)."""


@frozen(kw_only=True)
class MEuroSat(GeoBenchConfig):
    """64 x 64 pixels of 10 m, 13 bands of level 1C, 10 classes, one date that is not known."""

    set_name = "m-eurosat"
    places = ("*_v1.0/m-eurosat", "m-eurosat")
    licence = "MIT"
    sensor = "sentinel2"
    others = AS_SURFACE
    stored = StoredBands(names=NAMES | SHIFTED, published=NAMES)
    ground_size = 10.0
