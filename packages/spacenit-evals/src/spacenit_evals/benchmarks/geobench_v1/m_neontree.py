"""Benchmark `m_neontree`: crowns of trees in aerial photographs of forests of the USA (Weinstein et al. 2021)."""

from attrs import frozen

from spacenit_core.config.fields import setting
from spacenit_evals.benchmarks.geobench_v1.config import GeoBenchConfig, StoredBands
from spacenit_evals.benchmarks.geobench_v1.m_pv4ger import COLOURS
from spacenit_evals.benchmarks.held_sensors import Statistics
from spacenit_evals.benchmarks.own_sensors import AERIAL_10CM, COLOURS_AS_SENTINEL2


@frozen(kw_only=True)
class MNeonTree(GeoBenchConfig):
    """400 x 400 pixels of 0.1 m in colours, each of them of a crown or not.

    Height of the canopy and 369 hyperspectral bands, both of 1 m, are left out.
    """

    predicts = "segmentation"
    set_name = "m-NeonTree"
    places = ("*_v1.0/m-NeonTree", "m-NeonTree")
    licence = "CC0-1.0"
    sensor = AERIAL_10CM
    others = COLOURS_AS_SENTINEL2
    others_in_units = False
    stored = StoredBands(names=COLOURS)
    ground_size = 0.1

    statistics: Statistics = setting("whose statistics images are normalised by", "dataset")
