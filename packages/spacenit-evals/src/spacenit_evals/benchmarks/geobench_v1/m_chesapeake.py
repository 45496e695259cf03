"""Benchmark `m_chesapeake`: land cover around the Chesapeake Bay in aerial photographs (Robinson et al. 2019)."""

from attrs import frozen

from spacenit_core.config.fields import setting
from spacenit_evals.benchmarks.geobench_v1.config import GeoBenchConfig, StoredBands
from spacenit_evals.benchmarks.geobench_v1.m_pv4ger import COLOURS
from spacenit_evals.benchmarks.held_sensors import Statistics
from spacenit_evals.benchmarks.own_sensors import AERIAL_1M, RGBN_AS_SENTINEL2


@frozen(kw_only=True)
class MChesapeake(GeoBenchConfig):
    """256 x 256 pixels of 1 m, colours and near infrared, six classes; pixels without data do not count."""

    predicts = "segmentation"
    set_name = "m-chesapeake"
    places = ("*_v1.0/m-chesapeake", "m-chesapeake")
    licence = "CDLA-Permissive-1.0"
    sensor = AERIAL_1M
    others = RGBN_AS_SENTINEL2
    others_in_units = False
    stored = StoredBands(names=COLOURS | {"nir": "NearInfrared"})
    classes = (
        "water",
        "tree-canopy-forest",
        "low-vegetation-field",
        "barren-land",
        "impervious-other",
        "impervious-roads",
        "no-data",
    )
    no_data = 6
    ground_size = 1.0

    statistics: Statistics = setting("whose statistics images are normalised by", "dataset")
