"""Benchmark `presto_algae_blooms`: severity of cyanobacteria in lakes of the American Midwest (Dorne et al. 2023).

As Presto's authors processed it (Tseng et al. 2023): the year before each measurement, at one pixel.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from spacenit_core.config.fields import above, setting
from spacenit_core.kinds.benchmarks import BenchmarkConfig
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.sensors.selection import SensorSet
from spacenit_evals.benchmarks.folders import folder_of

if TYPE_CHECKING:
    from spacenit_evals.benchmarks.series.labelled_samples import LabelledSamples


@frozen(kw_only=True)
class PrestoAlgaeBlooms(BenchmarkConfig):
    """Severity from 1 to 5, an ordered number; tested on a part of the country of its own."""

    predicts = "regression"
    variable = "PRESTO_ALGAE_BLOOMS_DIR"
    source = "the repository nasaharvest/presto, data/algae_blooms/npy"
    licence = "MIT (repository)"

    folder: Path | None = setting("folder that holds target.npy; PRESTO_ALGAE_BLOOMS_DIR if unset", None)
    block_degrees: float = setting("degrees along one side of a cell of ground", 0.1, validator=above(0))

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
        from spacenit_evals.benchmarks.harvest.npy_folder import RegressionTarget, open_folder, read_column
        from spacenit_evals.benchmarks.series.ground import cells_of, group_of

        root = folder_of(self.folder, self.variable, "presto_algae_blooms", self.source)
        lat, lon = read_column(root, "latlon").T
        target = RegressionTarget(name="severity", unit="severity 1 to 5", lowest=1.0, highest=5.0, steps=12)
        groups = cells_of(lat, lon, self.block_degrees)
        return open_folder(target, root, takes, groups=groups, group=group_of(self.block_degrees))
