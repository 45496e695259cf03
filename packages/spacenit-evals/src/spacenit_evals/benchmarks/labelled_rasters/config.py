"""Benchmark `labelled_rasters`: cells of a set of tiles, labelled by rasters or polygons, split by blocks of ground."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from attrs import evolve, frozen

from spacenit_core.config.fields import at_least, one_of, setting
from spacenit_core.errors import UserError
from spacenit_core.kinds.benchmarks import BenchmarkConfig
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.sensors.selection import SensorSet
from spacenit_evals.benchmarks.labelled_rasters.dates import DateRule

if TYPE_CHECKING:
    from spacenit_data.datasets.h5_tiles import H5Tiles
    from spacenit_evals.benchmarks.labelled_rasters.benchmark import LabelledCells
    from spacenit_evals.labels import LabelledPoints

MOST_POINTS = 500_000
"""Points at most where nothing else is said: their memory stays bounded, however large labels and set are."""

BLOCK_CELLS = 64
"""Cells along one side of a block of ground, where nothing else is said."""


@frozen(kw_only=True)
class LabelledRasters(BenchmarkConfig):
    """Windows around labelled cells of a set of tiles.

    Training and test cells lie in different blocks of ground, and windows that reach from one side to the other are
    left out. Cells whose windows hold no whole patch of pixels are neither trained on nor tested.
    """

    labels: tuple[str, ...] = setting(
        "rasters of class codes, or files of polygons or points, as FILE, FILE:BAND or FILE:LAYER", ()
    )
    ignore: tuple[str, ...] = setting(
        'codes and names that mean "no label"; 0 of rasters if empty, "none" for every code a class', ()
    )
    class_attribute: str | None = setting("attribute of polygons that holds the class; their only one if unset", None)
    max_points: int | None = setting(
        "most labelled cells; of more, so many are drawn; unset for all", MOST_POINTS, validator=at_least(1)
    )
    h5py_dir: Path | None = setting("set that the labels lie in; the run's own if unset", None)
    months_from: int | None = setting(
        "the number of January in the set; as trained if unset", None, validator=one_of((None, 0, 1))
    )
    sensors: tuple[str, ...] = setting("inputs; all imagery that the model takes if empty, maps only by name", ())
    window: int = setting("cells along one side of the window around a cell", 8, validator=at_least(1))
    block: float | None = setting(f"metres along one side of a block of ground; {BLOCK_CELLS} cells if unset", None)
    train_share: float = setting("share of the blocks to train on, without folds", 0.5)
    folds: int | None = setting(
        "parts of the blocks that are tested in turn; unset for one split", None, validator=at_least(2)
    )
    draws: int = setting(
        "draws of the blocks to train on, or of the folds; scores are means over them", 5, validator=at_least(1)
    )
    seed: int = setting("seed of the draws", 0, validator=at_least(0))
    dates: DateRule = setting("which dates are kept of series that are longer than the model takes", "last")

    def for_run(self, experiment: Mapping[str, Any]) -> Self:
        """The same in the run's own set, and with its months, where none are named."""
        dataset = experiment.get("dataset") or {}
        months = dataset.get("months_from", 0) if self.months_from is None else self.months_from
        own = dataset.get("h5py_dir")
        return evolve(self, h5py_dir=self.h5py_dir or (Path(own) if own else None), months_from=months)

    def offers(self) -> SensorSet:
        """The installed sensors that the set lists.

        Raises:
            UserError: where there is no set, or none of its sensors is installed.
        """
        from spacenit_data.datasets.index import sensors_of_set

        return sensors_of_set(self._folder)

    def build(self, takes: ModelInputs) -> "LabelledCells":
        """Open the set, read the labels and split them.

        Raises:
            UserError: where set, labels, windows and blocks do not fit each other or the model.
            DataError: where set or labels cannot be read.
        """
        from spacenit_data.datasets.h5_tiles import H5Tiles
        from spacenit_evals.benchmarks.labelled_rasters.benchmark import LabelledCells
        from spacenit_evals.benchmarks.labelled_rasters.inputs import common_inputs

        if self.window % takes.patch_size:
            raise UserError(
                f"windows of {self.window} cells cannot be cut into patches of {takes.patch_size}",
                "choose windows{window} of a multiple of the patch size{patch_size}",
                things=("window", "patch_size"),
            )
        inputs = common_inputs({"this model": takes.sensors}, self.sensors)
        dataset = H5Tiles(h5py_dir=self._folder, training_modalities=inputs, months_from=self.months_from or 0)
        dataset.checked_months()
        return LabelledCells.of(self, takes, dataset, self.read_labels(dataset))

    def read_labels(self, dataset: "H5Tiles") -> "LabelledPoints":
        """Read the labels, and place them in a set.

        Raises:
            UserError: if they do not fit, or are of one class; see `spacenit_evals.labels.read_labels`.
            DataError: if they cannot be read.
        """
        from spacenit_evals.labels import read_labels

        if not self.labels:
            raise UserError(
                "no labels are given", "name rasters of class codes, or polygons{labels}", things=("labels",)
            )
        points = read_labels(
            self.labels,
            dataset.folder,
            dataset.tile_size or 1,
            ignore=self._ignored,
            attribute=self.class_attribute,
            most=self.max_points,
        )
        if len(points.codes) > 1:
            return points
        if points.found > len(points):
            raise UserError(
                f"all {len(points)} points that were drawn of {points.found} have the code {points.codes[0]}",
                "let more be drawn{max_points}",
                things=("max_points",),
            )
        without = ", ".join(self.ignore) or "0 of a raster"
        raise UserError(
            f"all {len(points)} labelled pixels in {dataset.folder} have the code {points.codes[0]}; {without} means "
            '"no label"',
            "give labels of two classes at least{labels}; to ignore none{ignore_none} makes 0 of a mask a class",
            things=("labels", "ignore_none"),
        )

    @property
    def _folder(self) -> Path:
        if self.h5py_dir is None:
            raise UserError(
                "the run names no set of its own",
                "name the folder that holds sample_metadata.csv{set}",
                things=("set",),
            )
        return self.h5py_dir

    @property
    def _ignored(self) -> list[int | str] | None:
        if not self.ignore:
            return None
        words = [word for word in self.ignore if word.lower() != "none"]
        return [int(word) if word.lstrip("-").isdigit() else word for word in words]
