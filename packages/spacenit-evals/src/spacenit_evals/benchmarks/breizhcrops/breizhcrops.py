"""Benchmark `breizhcrops`: nine classes of crops of 610,000 parcels in Brittany, by their Sentinel-2 series of 2017.

The publisher's files: `codes.csv`, `classmapping.csv`, and for each region `2017/L1C/REGION.csv` and `.h5`.
"""

from pathlib import Path
from typing import TYPE_CHECKING, Literal

from attrs import frozen

from spacenit_core.config.fields import above, setting
from spacenit_core.kinds.benchmarks import BenchmarkConfig
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.sensors.selection import SensorSet
from spacenit_evals.benchmarks.folders import folder_of

if TYPE_CHECKING:
    from spacenit_evals.benchmarks.series.labelled_samples import LabelledSamples

BANDS = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B10", "B11", "B12")
"""The first columns of the files, which are in spectral order."""

ALPHABETICAL = ("B01", "B10", "B11", "B12", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09")
"""The order in which the publisher's own package returns them, and which others took for the spectral one."""

YEAR = 2017


@frozen(kw_only=True)
class BreizhCrops(BenchmarkConfig):
    """Parcels of one pixel; top-of-atmosphere reflectance with its clouds."""

    variable = "BREIZHCROPS_DIR"
    source = "https://breizhcrops.org"
    licence = "GPL-3.0 (repository dl4sits/BreizhCrops)"

    folder: Path | None = setting("folder that holds classmapping.csv and 2017; BREIZHCROPS_DIR if unset", None)
    train: tuple[str, ...] = setting("regions to train on", ("frh01", "frh02"))
    validation: tuple[str, ...] = setting("regions to choose settings by", ("frh03",))
    test: tuple[str, ...] = setting("regions to test on", ("frh04",))
    series: Literal["months", "dates"] = setting(
        "whether samples are means of months, as most models take them, or all dates", "months"
    )
    variant: Literal["corrected", "as_published"] = setting(
        "whether bands are what they are called, or in the alphabetical order under spectral names that published "
        "scores were made with",
        "corrected",
    )
    block: float = setting(
        "metres along one side of the ground whose parcels count as one group, where 2017/REGION.shp are there",
        5000.0,
        validator=above(0),
    )

    def offers(self) -> SensorSet:
        """Sentinel-2 L1C."""
        return SensorSet.of(["sentinel2"])

    def build(self, takes: ModelInputs) -> "LabelledSamples":
        """Read the index of the regions; series are read when they are asked for.

        Raises:
            UserError: where the data are not there, the model takes no Sentinel-2, or no series that long.
            DataError: where files are missing or damaged.
        """
        from spacenit_evals.benchmarks.breizhcrops.parcels import open_parcels

        return open_parcels(self, folder_of(self.folder, self.variable, "breizhcrops", self.source), takes)
