"""What both tasks share."""

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from attrs import frozen

from spacenit_core.config.fields import above, setting
from spacenit_core.kinds.benchmarks import BenchmarkConfig
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.sensors.selection import SensorSet
from spacenit_evals.benchmarks.folders import folder_of

if TYPE_CHECKING:
    from spacenit_evals.benchmarks.series.labelled_samples import LabelledSamples

SENSORS = ("sentinel2_l2a", "sentinel1")
"""The set has Landsat 8 besides, in other units than our sensor's: it is not handed on."""


@frozen(kw_only=True)
class SickleConfig(BenchmarkConfig):
    """Base of the tasks: 32 x 32 cells of 10 m over the six months of a season."""

    variable = "SICKLE_DIR"
    source = "sites.google.com/iiitd.ac.in/sickle (by a form)"
    licence = "none stated"

    name: ClassVar[str]

    folder: Path | None = setting(
        "folder that holds sickle_dataset_tabular.csv, images and masks; SICKLE_DIR if unset", None
    )
    block_degrees: float = setting(
        "degrees along one side of the ground whose samples count as one group", 0.02, validator=above(0)
    )

    def offers(self) -> SensorSet:
        """Sentinel-2 and Sentinel-1."""
        return SensorSet.of(SENSORS)

    def build(self, takes: ModelInputs) -> "LabelledSamples":
        """Read table and masks; images are read when they are asked for.

        Raises:
            UserError: where the data are not there, or the model takes neither sensor.
            DataError: where files are missing or damaged.
        """
        from spacenit_evals.benchmarks.sickle.plots import open_plots

        return open_plots(self, folder_of(self.folder, self.variable, self.name, self.source), takes)
