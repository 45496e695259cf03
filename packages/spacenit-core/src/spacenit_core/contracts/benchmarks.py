"""What a benchmark holds: see `spacenit_core.kinds.benchmarks.Benchmark`."""

from typing import Any

import numpy as np

from spacenit_core.contracts.held_benchmark import HeldBenchmark
from spacenit_core.contracts.labelled import check_labels
from spacenit_core.contracts.owner import Owner, shown_type
from spacenit_core.kinds.benchmarks import Benchmark
from spacenit_core.kinds.tasks import DENSE, TASKS, Task
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.text import listed

MEMBERS = tuple(name for name in vars(Benchmark) if not name.startswith("_"))

_LABELS: dict[Task, tuple[str, str]] = {
    "classification": ("iu", "int [n]"),
    "multilabel": ("b", "bool [n, K]"),
    "regression": ("f", "float [n]"),
    "segmentation": ("iu", "int [n, H, W]"),
    "pixel_regression": ("f", "float [n, H, W]"),
}
"""Task -> kinds of data types, and the shape."""


def hold(component: Any, owner: Owner, takes: ModelInputs | None = None) -> HeldBenchmark:
    """The benchmark, once its labels, groups and splits are known to belong together, and its inputs to the model.

    Its samples are checked when they are read.

    Raises:
        PluginError: where it lacks something, or they do not.
        DataError: where nothing can be learned from its labels.
    """
    absent = [name for name in MEMBERS if not hasattr(component, name)]
    if absent:
        contract = "a benchmark inherits spacenit_core.kinds.benchmarks.Benchmark, or has all of its members"
        owner.breaks(contract, f"built {shown_type(component)} without {listed(absent)}")
    owner.takes(component.samples, "numbers, batch_size", iterated=True)
    _check_labels(component, owner)
    _check_draws(component, owner)
    check_labels(component, owner)
    if takes is not None:
        _check_inputs(component.inputs, takes, owner)
    return HeldBenchmark(component, owner)


def _check_inputs(inputs: Any, takes: ModelInputs, owner: Owner) -> None:
    due = "the inputs are sensors that the model takes, with its band groups: choose among takes.sensors"
    if not isinstance(inputs, ModelInputs):
        owner.breaks("inputs are ModelInputs", f"has inputs {shown_type(inputs)}")
    if not len(inputs.sensors):
        owner.breaks(due, "has inputs without sensors")
    for spec in inputs.sensors:
        if spec.name not in takes.sensors:
            owner.breaks(due, f"has the input {spec.name}, which the model does not take")
        if spec != takes.sensors[spec.name]:
            owner.breaks(due, f"has the input {spec.name} with other bands, groups or statistics than the model's")
    if not 1 <= inputs.patch_size <= takes.patch_size:
        due = "inputs have the patch size of `takes`, or less where samples are smaller than that"
        owner.breaks(due, f"has {inputs.patch_size} and not {takes.patch_size}")


def _check_labels(benchmark: Benchmark, owner: Owner) -> None:
    labels: Any = benchmark.labels
    task, classes = benchmark.facts.task, len(benchmark.facts.classes)
    if task not in TASKS:
        owner.breaks(f"a task is one of {listed(TASKS)}", f"has the task {task!r}")
    kinds, due = _LABELS[task]
    shape: tuple[int, ...] = getattr(labels, "shape", ())
    dtype = getattr(labels, "dtype", np.dtype(object))
    is_array = isinstance(labels, np.ndarray) or task in DENSE
    if not (is_array and dtype.kind in kinds and len(shape) == due.count(",") + 1 and shape[0]):
        owner.breaks(f"labels of {task} are {due}", f"has labels {shown_type(labels)}")
    _check_values(labels, task, classes, owner)
    count = shape[0]
    for name in ("groups", "numbers"):
        values: Any = getattr(benchmark, name)
        if not (isinstance(values, np.ndarray) and values.dtype.kind in "iu" and values.shape == (count,)):
            owner.breaks(f"{name} are int [{count}], one for each label", f"has {name} {shown_type(values)}")
    if (np.diff(benchmark.numbers) <= 0).any():
        owner.breaks("numbers ascend", "has numbers that do not")


def _check_values(labels: Any, task: Task, classes: int, owner: Owner) -> None:
    """The values of labels that are at hand; of maps see `spacenit_core.contracts.labelled`."""
    if task == "classification" and (labels.min() < 0 or labels.max() >= classes):
        what = f"has labels from {labels.min()} to {labels.max()} and {classes} classes"
        owner.breaks("labels count the classes from 0", what)
    if task == "multilabel" and labels.shape[1] != classes:
        owner.breaks("labels have one column for each class", f"has {labels.shape[1]} and {classes} classes")
    if task == "regression" and not np.isfinite(labels).all():
        owner.breaks("the numbers of a regression are finite", "has labels that are not")
    if task.endswith("regression") and classes != 1:
        owner.breaks("a regression names the one thing that it predicts", f"has {classes} classes")


def _check_draws(benchmark: Benchmark, owner: Owner) -> None:
    count = len(benchmark.labels)
    due = f"splits have masks bool [{count}], of which no two share a sample"
    if not len(benchmark.draws) or not all(len(draw) for draw in benchmark.draws):
        owner.breaks("a benchmark has one draw of splits at least", "has none")
    for split in (split for draw in benchmark.draws for split in draw):
        sides = [side for side in (split.train, split.test, split.validation) if side is not None]
        for side in sides:
            if not (isinstance(side, np.ndarray) and side.dtype == bool and side.shape == (count,)):
                owner.breaks(due, f"has a mask {shown_type(side)}")
        if (np.sum(sides, axis=0) > 1).any():
            owner.breaks(due, "has a sample on two sides of a split")
        if not (split.train.any() and split.test.any()):
            owner.breaks("a split has samples to train on and to test on", "has one without")
