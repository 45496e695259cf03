"""Benchmark `m_eurosat`: ten kinds of land cover in Sentinel-2 images of Europe (Helber et al. 2019)."""

from attrs import frozen

from spacenit_evals.benchmarks.geobench_v1.config import GeoBenchConfig, StoredBands

NAMES = {
    "B01": "01 - Coastal aerosol",
    "B02": "02 - Blue",
    "B03": "03 - Green",
    "B04": "04 - Red",
    "B05": "05 - Vegetation Red Edge",
    "B06": "06 - Vegetation Red Edge",
    "B07": "07 - Vegetation Red Edge",
    "B08": "08 - NIR",
    "B8A": "08A - Vegetation Red Edge",
    "B09": "09 - Water vapour",
    "B10": "10 - SWIR - Cirrus",
    "B11": "11 - SWIR",
    "B12": "12 - SWIR",
}

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
    stored = StoredBands(sensors=("sentinel2", "sentinel2_l2a"), names=NAMES, corrected=SHIFTED)
