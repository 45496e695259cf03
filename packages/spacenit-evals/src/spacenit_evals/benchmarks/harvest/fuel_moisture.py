"""Benchmark `presto_fuel_moisture`: moisture of living fuel at 150 sites of the American West (Rao et al. 2020).

As Presto's authors processed it (Tseng et al. 2023): the three months before each measurement, at one pixel.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from spacenit_core.config.fields import setting
from spacenit_core.kinds.benchmarks import BenchmarkConfig
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.sensors.selection import SensorSet
from spacenit_evals.benchmarks.folders import folder_of

if TYPE_CHECKING:
    from spacenit_evals.benchmarks.series.labelled_samples import LabelledSamples


@frozen(kw_only=True)
class PrestoFuelMoisture(BenchmarkConfig):
    """Water in percent of dry weight; trained on some sites, tested on others."""

    predicts = "regression"
    variable = "PRESTO_FUEL_MOISTURE_DIR"
    source = "the repository nasaharvest/presto, data/fuel_moisture/npy"
    licence = "MIT (repository)"

    folder: Path | None = setting("folder that holds target.npy; PRESTO_FUEL_MOISTURE_DIR if unset", None)

    def offers(self) -> SensorSet:
        """Sentinel-2 L1C, Sentinel-1, two numbers of the weather, and elevation."""
        from spacenit_evals.benchmarks.harvest.bands import offered

        return offered()

    def build(self, takes: ModelInputs) -> "LabelledSamples":
        """Read the points.

        Raises:
            UserError: where the data are not there, or the model takes nothing of them.
            DataError: where files are missing or damaged.
        """
        import numpy as np

        from spacenit_evals.benchmarks.harvest.npy_folder import RegressionTarget, open_folder, read_column

        root = folder_of(self.folder, self.variable, "presto_fuel_moisture", self.source)
        sites = np.unique(read_column(root, "site"), return_inverse=True)[1].reshape(-1)
        target = RegressionTarget(name="live fuel moisture", unit="%", lowest=0.0, highest=1000.0, steps=3)
        return open_folder(target, root, takes, groups=sites, group="site")
