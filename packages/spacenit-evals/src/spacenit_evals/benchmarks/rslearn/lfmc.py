"""Benchmark `lfmc`: moisture of living fuel in the west of the United States (Globe-LFMC 2.0, by Allen AI)."""

from attrs import frozen

from spacenit_core.config.fields import at_least, setting
from spacenit_evals.benchmarks.rslearn.config import RslearnConfig


@frozen(kw_only=True)
class Lfmc(RslearnConfig):
    """Places with the moisture of woody plants in percent of dry weight, half a year of Sentinel-1 and 2 before it."""

    title = "LFMC"
    predicts = "pixel_regression"
    unit = "%"
    variable = "LFMC_DIR"
    source = "the hub data set allenai/olmoearth_projects_lfmc"
    licence = "as the page of the hub data set states"
    uses = ("sentinel1", "sentinel2")
    label_layers = (("labels", "value"), ("labels", "woodyvalue"), ("label", "value"))
    classes = ("live fuel moisture content",)
    unlabelled = (0.0, -99999.0)

    cells: int = setting("pixels along one side of a sample", 32, validator=at_least(1))
