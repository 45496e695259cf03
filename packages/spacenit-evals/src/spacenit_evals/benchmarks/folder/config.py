"""Benchmark `folder`: one GeoTIFF per sample, and a table of labels."""

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from attrs import evolve, frozen

from spacenit_core.config.fields import above, at_least, setting
from spacenit_core.errors import UserError
from spacenit_core.kinds.benchmarks import BenchmarkConfig
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.sensors.selection import SensorSet

if TYPE_CHECKING:
    from spacenit_evals.benchmarks.folder.benchmark import LabelledImages

TABLE = "labels.csv"


@frozen(kw_only=True)
class LabelledFolder(BenchmarkConfig):
    """Images of one date and sensor, all of one size.

    The table has the columns `file` (below the folder) and `label`; `split` (train, validation, test), `group` and
    `date` (2020-06-15) where they are known. Without splits, folds of groups are tested in turn.
    """

    folder: Path | None = setting("folder that holds the images and the table", None)
    table: str = setting("the table's name in the folder", TABLE)
    sensor: str = setting("what the images are of, the name of a sensor", "sentinel2_l2a")
    bands: tuple[str, ...] = setting(
        "the sensor's bands in the order of the files; as their band descriptions say if empty", ()
    )
    scale: float = setting("numbers of the files times this are in the sensor's units", 1.0, validator=above(0))
    folds: int = setting("parts of the groups that are tested in turn, without splits", 5, validator=at_least(2))
    draws: int = setting("draws of the folds", 5, validator=at_least(1))
    seed: int = setting("seed of the draws", 0, validator=at_least(0))

    def offers(self) -> SensorSet:
        """The sensor that is named."""
        return SensorSet.of([self.sensor])

    def build(self, takes: ModelInputs) -> "LabelledImages":
        """Read the table.

        Raises:
            UserError: where no folder is named, or the model does not take the sensor.
            DataError: where table or images are not what they should be.
        """
        from spacenit_evals.benchmarks.folder.benchmark import LabelledImages

        if self.folder is None:
            raise UserError("no folder of labelled images is named", "name it: --benchmark.folder=DIR")
        (spec,) = self.offers()
        if spec.name not in takes.sensors:
            raise UserError(
                f"the images are of {spec.name}, and the model takes {', '.join(takes.sensors.names)}",
                "name another model, or what the images are of: --benchmark.sensor=NAME",
            )
        folder = self.folder.expanduser()
        return LabelledImages.of(self, folder, evolve(takes, sensors=SensorSet((spec,))))


INVENTED_DATE = date(2020, 7, 1)
"""Stands for dates that the table does not state."""
