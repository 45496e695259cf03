"""Evaluation of the cells with labels, by the command `evaluate` of spacenit-evals."""

import glob
import hashlib
import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import evolve, field, frozen

from spacenit_ablations.ablate.plan import Cell
from spacenit_core.config import unstructure
from spacenit_core.environment import install_line
from spacenit_core.errors import UserError, naming_options
from spacenit_core.kinds.commands import COMMANDS
from spacenit_core.sensors.selection import SensorSet
from spacenit_data.loader.fingerprint import fingerprint
from spacenit_data.rasters.source import file_of

if TYPE_CHECKING:
    from spacenit_core.kinds.datasets import GeoreferencedDataset
    from spacenit_evals.benchmarks.labelled_rasters.config import LabelledRasters
    from spacenit_evals.scores.intervals import Interval

_RESULTS = "results.json"


@frozen(kw_only=True)
class Evaluation:
    """How cells are evaluated.

    Attributes:
        labels: files of class codes, or of polygons.
        ignore: what means "no label".
        attribute: which attribute of polygons holds the class.
        h5py_dir: the set that the labels lie in; None for the one that is trained on.
        sensors: names of the inputs; empty for the imagery that every cell's encoder saw.
        options: further options of `spacenit-run evaluate`.
    """

    labels: tuple[Path, ...]
    ignore: tuple[str, ...] = ()
    attribute: str | None = None
    h5py_dir: Path | None = None
    sensors: tuple[str, ...] = ()
    options: tuple[str, ...] = field(default=())

    def arguments(self) -> list[str]:
        """The options of `spacenit-run evaluate`."""
        folder = [] if self.h5py_dir is None else [f"--h5py_dir={self.h5py_dir}"]
        inputs = [f"--sensor={name}" for name in self.sensors]
        classes = [f"--ignore={word}" for word in self.ignore]
        classes += [] if self.attribute is None else [f"--class-attribute={self.attribute}"]
        return [*(f"--labels={path}" for path in self.labels), *classes, *folder, *inputs, *self.options]

    def words(self, cell: Cell) -> list[str]:
        """The command line that evaluates a cell, behind `spacenit-run`."""
        return ["evaluate", str(cell.folder), *self.arguments(), f"--out={folder_of(cell)}"]

    def marks(self, cells: tuple[Cell, ...]) -> list[str]:
        """What the scores depend on: the options, and the content of labels and set, wherever they lie."""
        data = {} if self.h5py_dir is None else self._fingerprint(cells[0])
        files = sorted({file for path in self.labels for file in _with_companions(path)})
        digests = [f"{file.name} {_digest(file)}" for file in files]
        return [*self.arguments(), *digests, *(f"{name}: {mark}" for name, mark in data.items())]

    def checked(self, cells: tuple[Cell, ...]) -> "Evaluation":
        """The evaluation with the inputs that all cells share; labels are read before anything is trained.

        Raises:
            UserError: where nothing is installed that could evaluate, the labels do not lie in the set, or the cells
                share no input.
            DataError: where they cannot be read.
        """
        if "evaluate" not in COMMANDS.names():
            raise UserError(
                "--labels needs the command evaluate, which is not installed", install_line("spacenit-evals")
            )
        from spacenit_evals.benchmarks.labelled_rasters.inputs import common_inputs
        from spacenit_evals.cli.options import OPTIONS

        encoded = {cell.name: cell.experiment.encoded_sensors for cell in cells}
        with naming_options(OPTIONS):
            self._benchmark(cells[0]).read_labels(self._dataset(cells[0]))
            return evolve(self, sensors=common_inputs(encoded, self.sensors).names)

    def _fingerprint(self, reference: Cell) -> dict[str, str]:
        dataset = self._dataset(reference)
        return fingerprint(dataset, dataset.sensors)

    def _dataset(self, reference: Cell) -> "GeoreferencedDataset":
        sensors = reference.experiment.sensor_set
        if not len(sensors):
            raise UserError("labels judge encoders of sensors, and this recipe trains on none", "leave --labels out")
        return self._benchmark(reference).open(SensorSet.of(self.sensors) if self.sensors else sensors)

    def _benchmark(self, reference: Cell) -> "LabelledRasters":
        """The labels in the set that is trained on, or in another one."""
        from spacenit_evals.benchmarks.labelled_rasters.config import LabelledRasters

        benchmark = LabelledRasters(
            labels=tuple(map(str, self.labels)),
            ignore=self.ignore,
            class_attribute=self.attribute,
            h5py_dir=self.h5py_dir,
        )
        return benchmark.for_run(unstructure(reference.experiment))


def _with_companions(path: Path) -> list[Path]:
    """A file, its band or layer left out, and what belongs to it by name: masks, category tables, parts of shapes."""
    file = file_of(str(path)) or Path(str(path).rpartition(":")[0])
    return [found for found in file.parent.glob(f"{glob.escape(file.stem)}.*") if found.is_file()]


def _digest(path: Path) -> str:
    with open(path, "rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()[:16]


def folder_of(cell: Cell) -> Path:
    """Where the results of a cell's evaluation lie."""
    return cell.folder / "evaluation"


def read_scores(cell: Cell) -> dict[str, "Interval"]:
    """Score of the trained encoder by probe, in the evaluation's primary metric; empty where there is none."""
    from spacenit_evals.scoring import PRETRAINED

    return _scores(cell).get(PRETRAINED, {})


def read_gains(cell: Cell, reference: Cell) -> dict[str, "Interval"]:
    """By how much a cell's score is above the reference's, by probe: paired, at the same test points.

    Empty for the reference itself, and where the two were not tested at the same points.
    """
    from spacenit_evals.scoring import PRETRAINED

    return {} if cell.name == reference.name else _gains(cell, reference, PRETRAINED)


def read_baselines(reference: Cell) -> dict[str, tuple[dict[str, "Interval"], dict[str, "Interval"]]]:
    """Name of a baseline -> its scores by probe, and how far they are above the reference's encoder."""
    from spacenit_evals.scoring import PRETRAINED

    found = {name: scores for name, scores in _scores(reference).items() if name != PRETRAINED}
    return {name: (scores, _gains(reference, reference, name)) for name, scores in found.items()}


def _scores(cell: Cell) -> dict[str, dict[str, "Interval"]]:
    """Kind of features -> probe -> score."""
    from spacenit_evals.results.former_names import protocol_meant
    from spacenit_evals.scores.intervals import Interval
    from spacenit_evals.scoring import PRIMARY

    path = folder_of(cell) / _RESULTS
    content: dict[str, Any] = json.loads(path.read_text()) if path.exists() else {"scores": []}
    out: dict[str, dict[str, Interval]] = {}
    for score in content["scores"]:
        probe = protocol_meant(score["probe"], content.get("format", 1))
        out.setdefault(score["features"], {})[probe] = Interval(**score["metrics"][PRIMARY])
    return out


def _gains(cell: Cell, reference: Cell, features: str) -> dict[str, "Interval"]:
    from spacenit_evals.results.paired import paired_gain
    from spacenit_evals.results.predictions import read_predictions
    from spacenit_evals.scoring import PRETRAINED

    ours, theirs = (read_predictions(folder_of(one)) for one in (cell, reference))
    gains = {name: paired_gain(ours[name], theirs[name], features, PRETRAINED) for name in ours if name in theirs}
    return {name: gain for name, gain in gains.items() if gain is not None}
