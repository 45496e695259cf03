"""Benchmark `m_nz_cattle`: cattle on pastures of New Zealand in aerial photographs (Abuaiadah and Switzer 2022)."""

from attrs import frozen

from spacenit_core.config.fields import setting
from spacenit_evals.benchmarks.geobench_v1.config import GeoBenchConfig, StoredBands
from spacenit_evals.benchmarks.geobench_v1.m_pv4ger import COLOURS
from spacenit_evals.benchmarks.held_sensors import Statistics
from spacenit_evals.benchmarks.own_sensors import AERIAL_10CM, COLOURS_AS_SENTINEL2


@frozen(kw_only=True)
class MNZCattle(GeoBenchConfig):
    """500 x 500 pixels of 0.1 m in colours, each of them of a cow or not.

    Dates are the first day of a year, and positions lie 25 degrees beside the ground, all by the same.
    """

    predicts = "segmentation"
    set_name = "m-nz-cattle"
    places = ("*_v1.0/m-nz-cattle", "m-nz-cattle")
    licence = "CC-BY-4.0"
    sensor = AERIAL_10CM
    others = COLOURS_AS_SENTINEL2
    others_in_units = False
    stored = StoredBands(names=COLOURS)
    places_are_right = False
    ground_size = 0.1

    statistics: Statistics = setting("whose statistics images are normalised by", "dataset")
