"""What GEO-Bench v1 says of a whole set: the names of its classes, and which samples are trained on and tested."""

import json
import math
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from spacenit_core.errors import DataError, UserError
from spacenit_core.text import did_you_mean, natural_sorted
from spacenit_evals.benchmarks.dataset_statistics import BandStatistics
from spacenit_evals.benchmarks.geobench_v1.inert_pickle import Record, read_pickle

SPECS = "task_specs.pkl"
STATISTICS = "band_stats.json"
_DATED = re.compile(r"_\d{4}-\d{2}-\d{2}")
_SUFFIX = "_partition.json"
SIDES = ("train", "valid", "test")


def read_class_names(folder: Path, known: tuple[str, ...] = ()) -> tuple[str, ...]:
    """The names of the classes of a set, by label.

    Args:
        folder: the set's.
        known: the names, where the files of the set give their number alone.

    Raises:
        DataError: where the set does not say, or has another number of classes than is known.
    """
    path = folder / SPECS
    try:
        content = path.read_bytes()
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error}", "copy the set again from its publisher") from error
    label_type = _state(_state(read_pickle(content, str(path))).get("label_type"))
    names = label_type.get("_class_names") or label_type.get("class_name")
    if names is None and known and label_type.get("n_classes") == len(known):
        return known
    if not isinstance(names, list | tuple) or not names or not all(isinstance(name, str) for name in names):
        raise DataError(f"{path} names no classes", "copy the set again from its publisher")
    return tuple(names)


def read_statistics(folder: Path, names: Mapping[str, str]) -> BandStatistics:
    """Mean and deviation of each band, as the publisher states them.

    Args:
        folder: the set's.
        names: band -> name of its data set; that of a dated set stands for all of its dates.

    Raises:
        DataError: where they are not stated.
    """
    path = folder / STATISTICS
    try:
        stated = json.loads(path.read_text(encoding="utf-8"))
        found = {band: _stated(stated, name) for band, name in names.items()}
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(
            f"{path} does not state the mean and deviation of all bands: {error!r}",
            "copy the set again from its publisher",
        ) from error
    return BandStatistics(
        {band: mean for band, (mean, _) in found.items()}, {band: std for band, (_, std) in found.items()}
    )


def _stated(stated: Mapping[str, Mapping[str, float]], name: str) -> tuple[float, float]:
    rows = [row for key, row in stated.items() if key == name or _DATED.fullmatch(key.removeprefix(name))]
    if not rows:
        raise KeyError(name)
    means, deviations = ([float(row[key]) for row in rows] for key in ("mean", "std"))
    mean = sum(means) / len(rows)
    square = sum(std**2 + own**2 for std, own in zip(deviations, means, strict=True)) / len(rows)
    return mean, math.sqrt(max(square - mean**2, 0.0))


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
        raise UserError(f"{folder} has no partition {name}; {question}", "set partition (--benchmark.partition=NAME)")
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


def check_files(folder: Path, names: Sequence[str], partition: str) -> None:
    """Look for the files of samples.

    Raises:
        DataError: where some are missing.
    """
    absent = [name for name in names if not (folder / f"{name}.hdf5").is_file()]
    if absent:
        raise DataError(
            f"{folder} lacks {len(absent)} of {len(names)} samples of the partition {partition}, first "
            f"{absent[0]}.hdf5",
            "copy the set again",
        )
