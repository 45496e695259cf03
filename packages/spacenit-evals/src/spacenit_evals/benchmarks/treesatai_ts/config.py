"""What both tasks share."""

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from attrs import frozen

from spacenit_core.config.fields import above, between, setting
from spacenit_core.kinds.benchmarks import BenchmarkConfig
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.sensors.selection import SensorSet
from spacenit_evals.benchmarks.folders import folder_of

if TYPE_CHECKING:
    from spacenit_evals.benchmarks.series.labelled_samples import LabelledSamples

SENSORS = ("sentinel2_l2a", "sentinel1", "naip_10")
"""The aerial images are four bands of 0.2 m, handed on as means of 2.5 m."""


@frozen(kw_only=True)
class TreeSatConfig(BenchmarkConfig):
    """Base of the tasks: 6 x 6 cells of 10 m, 50,381 stands."""

    variable = "TREESATAI_TS_DIR"
    source = "the hub data set IGNF/TreeSatAI-Time-Series"
    licence = "CC BY 4.0"

    name: ClassVar[str]

    folder: Path | None = setting(
        "folder that holds labels, the lists of names, sentinel (or sentinel-ts) and aerial; TREESATAI_TS_DIR if unset",
        None,
    )
    series: Literal["months", "dates"] = setting("whether samples are means of months, or all dates", "months")
    orbit: Literal["both", "ascending", "descending"] = setting("which radar images are handed on", "both")
    clouds: float = setting(
        "pixels of Sentinel-2 with a higher probability of clouds or snow, in percent, are missing; 100 keeps all",
        100.0,
        validator=between(0, 100),
    )
    least_share: float = setting(
        "genera with no larger share of a stand are not there, as in the published scores",
        0.07,
        validator=between(0, 1),
    )
    block: float = setting(
        "metres along one side of the ground whose stands count as one group, where aerial images say where they lie",
        5000.0,
        validator=above(0),
    )

    def offers(self) -> SensorSet:
        """Sentinel-2, Sentinel-1 and the aerial image."""
        return SensorSet.of(SENSORS)

    def build(self, takes: ModelInputs) -> "LabelledSamples":
        """Read the labels; images are read when they are asked for.

        Raises:
            UserError: where the data are not there, or the model takes nothing of them, or no series that long.
            DataError: where files are missing or damaged.
        """
        from spacenit_evals.benchmarks.treesatai_ts.stands import open_stands

        return open_stands(self, folder_of(self.folder, self.variable, self.name, self.source), takes)
