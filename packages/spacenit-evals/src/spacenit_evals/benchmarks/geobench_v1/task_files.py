"""What GEO-Bench v1 says of a whole set: the names of its classes, and which samples are trained on and tested."""

import json
from pathlib import Path
from typing import Any

from spacenit_core.errors import DataError, UserError
from spacenit_core.text import did_you_mean, natural_sorted
from spacenit_evals.benchmarks.geobench_v1.inert_pickle import Record, read_pickle

SPECS = "task_specs.pkl"
_SUFFIX = "_partition.json"
SIDES = ("train", "valid", "test")


def read_class_names(folder: Path) -> tuple[str, ...]:
    """The names of the classes of a set, by label.

    Raises:
        DataError: where the set does not say.
    """
    path = folder / SPECS
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error}", "copy the set again from its publisher") from error
    specs = read_pickle(content, str(path))
    names = _state(_state(specs).get("label_type")).get("_class_names")
    if not isinstance(names, list | tuple) or not names or not all(isinstance(name, str) for name in names):
        raise DataError(f"{path} names no classes", "copy the set again from its publisher")
    return tuple(names)


def _state(item: Any) -> dict[str, Any]:
    return item.state if isinstance(item, Record) and isinstance(item.state, dict) else {}


def read_partition(folder: Path, name: str) -> dict[str, list[str]]:
    """The names of the samples on each side.

    Args:
        folder: the set's.
        name: of the partition: "default", or "0.01x_train" for a share of the training samples.

    Raises:
        UserError: where there is no such partition.
        DataError: where its file is damaged, or a sample is on two sides.
    """
    path = folder / f"{name}{_SUFFIX}"
    if not path.is_file():
        known = natural_sorted(found.name.removesuffix(_SUFFIX) for found in folder.glob(f"*{_SUFFIX}"))
        question = did_you_mean(name, known) or f"it has {', '.join(known) or 'none'}"
        raise UserError(f"{folder} has no partition {name}", question)
    try:
        sides = json.loads(path.read_text(encoding="utf-8"))
        found = {side: [str(sample) for sample in sides[side]] for side in SIDES}
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise DataError(f"{path} cannot be read: {error!r}", "copy it again from its publisher") from error
    listed = [sample for side in SIDES for sample in found[side]]
    if len(set(listed)) < len(listed):
        repeated = next(sample for number, sample in enumerate(listed) if sample in listed[:number])
        raise DataError(f"{path} lists {repeated} twice", "copy it again from its publisher")
    if not all(found[side] for side in ("train", "test")):
        raise DataError(f"{path} lists nothing to train on or to test on", "choose another partition")
    return found
