"""Benchmark `m_pv4ger`: solar panels on German roofs in aerial photographs (Mayer et al. 2022)."""

from attrs import frozen

from spacenit_core.config.fields import setting
from spacenit_evals.benchmarks.geobench_v1.config import GeoBenchConfig, StoredBands
from spacenit_evals.benchmarks.held_sensors import Statistics
from spacenit_evals.benchmarks.own_sensors import AERIAL_10CM, COLOURS_AS_SENTINEL2

COLOURS = {"red": "Red", "green": "Green", "blue": "Blue"}


@frozen(kw_only=True)
class MPv4Ger(GeoBenchConfig):
    """320 x 320 pixels of 0.1 m in colours, solar panels or none.

    Models of Sentinel-2 get the colours as theirs, by the statistics of the set.
    """

    set_name = "m-pv4ger"
    places = ("*_v1.0/m-pv4ger", "m-pv4ger")
    licence = "MIT"
    sensor = AERIAL_10CM
    others = COLOURS_AS_SENTINEL2
    others_in_units = False
    stored = StoredBands(names=COLOURS)
    ground_size = 0.1

    statistics: Statistics = setting("whose statistics images are normalised by", "dataset")
