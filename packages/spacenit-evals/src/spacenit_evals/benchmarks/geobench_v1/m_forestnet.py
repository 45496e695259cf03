"""Benchmark `m_forestnet`: why forests of Indonesia were lost, in Landsat 8 images (Irvin et al. 2020)."""

from attrs import frozen

from spacenit_core.config.fields import setting
from spacenit_evals.benchmarks.geobench_v1.config import GeoBenchConfig, StoredBands
from spacenit_evals.benchmarks.held_sensors import Statistics

NAMES = {
    "B2": "02 - Blue",
    "B3": "03 - Green",
    "B4": "04 - Red",
    "B5": "05 - NIR",
    "B6": "06 - SWIR1",
    "B7": "07 - SWIR2",
}


@frozen(kw_only=True)
class MForestNet(GeoBenchConfig):
    """332 x 332 pixels of 15 m, six bands of Landsat 8 as 8-bit pictures, 12 causes of loss.

    Ground outside of the loss is faded. Numbers are no digital numbers of Landsat: a model's own statistics do not fit.
    """

    set_name = "m-forestnet"
    places = ("*_v1.0/m-forestnet", "m-forestnet")
    licence = "CC-BY-4.0"
    sensor = "landsat"
    in_units = False
    stored = StoredBands(names=NAMES)
    ground_size = 15.0

    statistics: Statistics = setting("whose statistics images are normalised by", "dataset")
