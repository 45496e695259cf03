"""Benchmark `labelled_rasters`: cells of a set of tiles, labelled by rasters or polygons, split by blocks of ground."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, cast

from attrs import evolve, frozen

from spacenit_core.config import structure
from spacenit_core.config.fields import at_least, one_of, setting
from spacenit_core.contracts.build import build
from spacenit_core.contracts.owner import owner_of
from spacenit_core.errors import UserError
from spacenit_core.kinds.benchmarks import BenchmarkConfig
from spacenit_core.kinds.datasets import DatasetConfig, GeoreferencedDataset
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.sensors.selection import SensorSet
from spacenit_data.datasets.h5_tiles_config import H5TilesConfig
from spacenit_evals.benchmarks.labelled_rasters.dates import DateRule

if TYPE_CHECKING:
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
    dataset: DatasetConfig | None = setting("set that the labels lie in; the run's own if unset", None)
    h5py_dir: Path | None = setting("the same by its folder, for a set of H5 samples", None)
    months_from: int | None = setting(
        "the number of January in a set of H5 samples; as trained if unset", None, validator=one_of((None, 0, 1))
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

    def inactive(self) -> dict[str, str]:
        """Folds take the place of one split."""
        return {} if self.folds is None else {"train_share": f"folds={self.folds}"}

    def for_run(self, experiment: Mapping[str, Any]) -> Self:
        """The same in the run's own set, and with its months, where none are named."""
        own = experiment.get("dataset") or {}
        if self.h5py_dir is None and self.dataset is None and own:
            return evolve(self, dataset=structure(own, DatasetConfig).whole())
        if self.h5py_dir is not None and self.months_from is None:
            return evolve(self, months_from=own.get("months_from"))
        return self

    def offers(self) -> SensorSet:
        """The installed sensors that the set lists; of a set that cannot say, those that are named.

        Raises:
            UserError: where there is no set, none of its sensors is installed, or it cannot say and none is named.
        """
        config = self._set
        found = config.offers() or (SensorSet.of(self.sensors) if self.sensors else None)
        if found is None:
            raise UserError(
                f"{owner_of(config).text} does not say which sensors it holds",
                "name them{sensors}",
                things=("sensors",),
            )
        return found

    def open(self, sensors: SensorSet) -> GeoreferencedDataset:
        """Open the set that the labels lie in.

        Raises:
            UserError: where there is none, or it does not say where its samples lie.
            DataError: where it cannot be read.
        """
        config = self._set
        dataset = build(config, sensors)
        # Asked of the object: from Python 3.12 on isinstance sees nothing of one that is held to its contract.
        if not hasattr(dataset, "georeference"):
            raise UserError(
                f"{owner_of(config).text} does not say where its samples lie, and labels are found by that",
                "name a set that does{set}",
                things=("set",),
            )
        return cast(GeoreferencedDataset, dataset)

    def build(self, takes: ModelInputs) -> "LabelledCells":
        """Open the set, read the labels and split them.

        Raises:
            UserError: where set, labels, windows and blocks do not fit each other or the model.
            DataError: where set or labels cannot be read.
        """
        from spacenit_evals.benchmarks.labelled_rasters.benchmark import LabelledCells
        from spacenit_evals.benchmarks.labelled_rasters.inputs import common_inputs

        if self.window % takes.patch_size:
            raise UserError(
                f"windows of {self.window} cells cannot be cut into patches of {takes.patch_size}",
                "choose windows{window} of a multiple of the patch size{patch_size}",
                things=("window", "patch_size"),
            )
        inputs = common_inputs({"this model": takes.sensors}, self.sensors)
        dataset = self.open(inputs)
        dataset.checked_months()
        return LabelledCells.of(self, takes, dataset, self.read_labels(dataset))

    def read_labels(self, dataset: GeoreferencedDataset) -> "LabelledPoints":
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
            dataset.source,
            dataset.tile_size or 1,
            ignore=self._ignored,
            attribute=self.class_attribute,
            most=self.max_points,
            georeference=dataset.georeference(),
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
            f"all {len(points)} labelled pixels in {dataset.source} have the code {points.codes[0]}; {without} means "
            '"no label"',
            "give labels of two classes at least{labels}; to ignore none{ignore_none} makes 0 of a mask a class",
            things=("labels", "ignore_none"),
        )

    @property
    def _set(self) -> DatasetConfig:
        if self.h5py_dir is not None:
            if self.dataset is not None:
                raise UserError("h5py_dir and dataset both name the set that the labels lie in", "keep one of them")
            return H5TilesConfig(h5py_dir=self.h5py_dir, months_from=self.months_from or 0)
        unset = isinstance(self.dataset, H5TilesConfig) and self.dataset.h5py_dir is None
        if self.dataset is None or unset:
            raise UserError(
                "nothing names the set that the labels lie in",
                "name the folder that holds sample_metadata.csv{set}",
                things=("set",),
            )
        return self._dated(self.dataset)

    def _dated(self, dataset: DatasetConfig) -> DatasetConfig:
        if self.months_from is None:
            return dataset
        if not isinstance(dataset, H5TilesConfig):
            raise UserError(
                "months_from is for sets of H5 samples, and this one says itself how its months count",
                "leave it out{months}",
                things=("months",),
            )
        return evolve(dataset, months_from=self.months_from)

    @property
    def _ignored(self) -> list[int | str] | None:
        if not self.ignore:
            return None
        words = [word for word in self.ignore if word.lower() != "none"]
        return [int(word) if word.lstrip("-").isdigit() else word for word in words]
