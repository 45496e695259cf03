"""Evaluation of the cells with labels, by the command `evaluate` of spacenit-evals."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import field, frozen

from spacenit_ablations.ablate.plan import Cell
from spacenit_core.errors import UserError
from spacenit_core.kinds.commands import COMMANDS

if TYPE_CHECKING:
    from spacenit_evals.intervals import Interval

_RESULTS = "results.json"


@frozen(kw_only=True)
class Evaluation:
    """How cells are evaluated.

    Attributes:
        labels: rasters of class codes.
        h5py_dir: the set that the labels lie in; None for the one that is trained on.
        options: further options of `spacenit-run evaluate`.
    """

    labels: tuple[Path, ...]
    h5py_dir: Path | None = None
    options: tuple[str, ...] = field(default=())

    def arguments(self) -> list[str]:
        """The options of `spacenit-run evaluate`."""
        place = [] if self.h5py_dir is None else [f"--h5py_dir={self.h5py_dir}"]
        return [*(f"--labels={path}" for path in self.labels), *place, *self.options]

    def words(self, cell: Cell) -> list[str]:
        """The command line that evaluates a cell, behind `spacenit-run`."""
        return ["evaluate", str(cell.folder), *self.arguments(), f"--out={folder_of(cell)}"]

    def check(self, reference: Cell) -> None:
        """Read the labels before anything is trained.

        Raises:
            UserError: where nothing is installed that could evaluate, or the labels do not lie in the set.
            DataError: where they cannot be read.
        """
        if "evaluate" not in COMMANDS.names():
            raise UserError("--labels needs the command evaluate, which is not installed", "pip install spacenit-evals")
        from spacenit_data.datasets.h5_tiles import H5Tiles
        from spacenit_evals.labels import read_labels

        experiment = reference.experiment
        folder = self.h5py_dir or getattr(experiment.dataset, "h5py_dir", None)
        if folder is None:
            raise UserError(
                "the data set has no folder of its own", "add --h5py_dir=DIR, the set that the labels lie in"
            )
        dataset = H5Tiles(h5py_dir=folder, training_modalities=experiment.sensor_set)
        read_labels(self.labels, dataset.folder, dataset.tile_size or 1)


def folder_of(cell: Cell) -> Path:
    """Where the results of a cell's evaluation lie."""
    return cell.folder / "evaluation"


def read_scores(cell: Cell) -> dict[str, "Interval"]:
    """Score of the trained encoder by probe, in the evaluation's primary metric; empty where there is none."""
    from spacenit_evals.intervals import Interval
    from spacenit_evals.scoring import PRETRAINED, PRIMARY

    path = folder_of(cell) / _RESULTS
    if not path.exists():
        return {}
    scores: list[dict[str, Any]] = json.loads(path.read_text())["scores"]
    return {
        score["probe"]: Interval(**score["metrics"][PRIMARY]) for score in scores if score["features"] == PRETRAINED
    }
