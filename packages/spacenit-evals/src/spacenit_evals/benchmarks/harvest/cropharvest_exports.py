"""Benchmark `cropharvest_exports`: Earth Engine exports as CropHarvest makes them, of labelled places of any kind.

The folder holds `labels.geojson`, and in `eo_data` (or beside the table) `INDEX-DATASET_START_END.tif` of 206 bands.
"""

from pathlib import Path
from typing import TYPE_CHECKING

from attrs import frozen

from spacenit_core.config.fields import above, at_least, between, setting
from spacenit_core.kinds.benchmarks import BenchmarkConfig
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.sensors.selection import SensorSet
from spacenit_evals.benchmarks.folders import folder_of

if TYPE_CHECKING:
    from spacenit_evals.benchmarks.series.labelled_samples import LabelledSamples


@frozen(kw_only=True)
class CropHarvestExports(BenchmarkConfig):
    """Crops or not, in folds of cells of ground; gaps stay gaps, and B01 and B10 are there."""

    variable = "CROPHARVEST_EXPORTS_DIR"
    source = "zenodo.org/record/10251170 (eo_data.tar.gz)"
    licence = "CC BY-SA 4.0"

    folder: Path | None = setting("folder that holds labels.geojson; CROPHARVEST_EXPORTS_DIR if unset", None)
    cells: int = setting(
        "cells along one side of a sample, around that nearest to the label", 1, validator=between(1, 16)
    )
    block_degrees: float = setting("degrees along one side of a cell of ground", 0.1, validator=above(0))
    folds: int = setting("parts of the cells that are tested in turn", 5, validator=at_least(2))
    draws: int = setting("draws of the folds", 5, validator=at_least(1))
    seed: int = setting("seed of the draws", 0, validator=at_least(0))

    def offers(self) -> SensorSet:
        """Sentinel-2 L1C, Sentinel-1, two numbers of the weather, and elevation."""
        from spacenit_evals.benchmarks.harvest.bands import offered

        return offered()

    def build(self, takes: ModelInputs) -> "LabelledSamples":
        """Find the exports and their labels; pixels are read when they are asked for.

        Raises:
            UserError: where the data are not there, the model takes nothing of them, or there are too few cells.
            DataError: where files are missing or damaged.
        """
        from spacenit_evals.benchmarks.harvest.exports import open_exports

        return open_exports(self, folder_of(self.folder, self.variable, "cropharvest_exports", self.source), takes)
