"""Benchmark `cropharvest`: crops in Togo, Kenya, Brazil or China by twelve months at one pixel (Tseng et al. 2021).

The publisher's folder: `labels.geojson`, `features/arrays/INDEX_DATASET.h5` and `test_features/*.h5`.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from spacenit_core.config.fields import above, setting
from spacenit_core.kinds.benchmarks import BenchmarkConfig
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.sensors.selection import SensorSet
from spacenit_evals.benchmarks.folders import folder_of
from spacenit_evals.benchmarks.harvest.regions import RegionName

if TYPE_CHECKING:
    from spacenit_evals.benchmarks.series.labelled_samples import LabelledSamples


@frozen(kw_only=True)
class CropHarvest(BenchmarkConfig):
    """Trained on the labelled places of a country, tested on fields or points of its own; years begin in February."""

    variable = "CROPHARVEST_DIR"
    source = "zenodo.org/record/10251170"
    licence = "CC BY-SA 4.0"

    folder: Path | None = setting("folder that holds labels.geojson; CROPHARVEST_DIR if unset", None)
    region: RegionName = setting("crops of any kind in togo or china, maize in kenya, coffee in brazil", "togo")
    block_degrees: float = setting(
        "degrees along one side of the ground whose points count as one group", 0.1, validator=above(0)
    )

    def offers(self) -> SensorSet:
        """Sentinel-2 L1C, Sentinel-1, two numbers of the weather, and elevation."""
        from spacenit_evals.benchmarks.harvest.bands import offered

        return offered()

    def build(self, takes: ModelInputs) -> "LabelledSamples":
        """Read the places and their series.

        Raises:
            UserError: where the data are not there, or the model takes nothing of them.
            DataError: where files are missing or damaged.
        """
        from spacenit_evals.benchmarks.harvest.places import open_places

        return open_places(self, folder_of(self.folder, self.variable, "cropharvest", self.source), takes)
