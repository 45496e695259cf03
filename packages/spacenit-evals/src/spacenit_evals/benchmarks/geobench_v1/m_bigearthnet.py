"""Benchmark `m_bigearthnet`: 43 kinds of land cover in Sentinel-2 images of Europe (Sumbul et al. 2019)."""

from attrs import frozen

from spacenit_evals.benchmarks.geobench_v1.config import AS_TOP_OF_ATMOSPHERE, GeoBenchConfig, StoredBands
from spacenit_evals.benchmarks.geobench_v1.sentinel2_names import WITHOUT_CIRRUS


@frozen(kw_only=True)
class MBigEarthNet(GeoBenchConfig):
    """120 x 120 pixels of 10 m, 12 bands of level 2A, any of 43 classes, no dates and no positions."""

    predicts = "multilabel"
    superseded_by = "gb2_benv2"
    set_name = "m-bigearthnet"
    places = ("*_v1.0/m-bigearthnet", "m-bigearthnet")
    licence = "CDLA-Permissive-1.0"
    sensor = "sentinel2_l2a"
    others = AS_TOP_OF_ATMOSPHERE
    stored = StoredBands(names=WITHOUT_CIRRUS)
    ground_size = 10.0
