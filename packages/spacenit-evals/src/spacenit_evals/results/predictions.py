"""What protocols predicted, kept beside a report so that models can be compared sample by sample."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
from attrs import field, frozen
from safetensors import SafetensorError, safe_open
from safetensors.numpy import save

from spacenit_core.checkpoint.files import replace_file
from spacenit_core.errors import DataError
from spacenit_core.kinds.benchmarks import Labels
from spacenit_core.kinds.tasks import DENSE, Task
from spacenit_evals.results.former_names import FORMAT, protocol_meant
from spacenit_evals.results.map_files import open_maps, write_maps

FILE = "predictions.safetensors"
MAPS = "prediction_maps"

_FORMAT = "format"
_PREDICTED, _SCORES, _HISTOGRAM = "predicted/", "scores/", "histogram/"


@frozen(kw_only=True, eq=False)
class Predictions:
    """What one protocol predicted for the n tested samples of a benchmark.

    Attributes:
        truth: int ``[n]``, classes from 0; of other tasks what their labels are.
        block: int ``[n]``, the group of each sample.
        predicted: kind of features -> int ``[d, n]`` of d draws, -1 where a draw does not test a sample; of other tasks
            int ``[d, n, K]``, float ``[d, n]`` (NaN), int ``[d, n, H, W]`` or float ``[d, n, H, W]``.
        task: what is predicted.
        scores: kind of features -> float32 ``[d, n, K]``, NaN where a draw does not test a sample.
        histograms: kind of features -> counted scores of pixels, see `metrics.rankings.ScoreHistogram`.
        told: what tells this test from others and says what it is of: plain values by name.
        remarks: kind of features -> what the protocol said about its fits; not kept on disk.
        seconds: kind of features -> seconds of all fits; not kept on disk.
    """

    truth: Labels
    block: np.ndarray
    predicted: dict[str, np.ndarray]
    task: Task = "classification"
    scores: dict[str, np.ndarray] = field(factory=dict)
    histograms: dict[str, np.ndarray] = field(factory=dict)
    told: dict[str, Any] = field(factory=dict)
    remarks: dict[str, tuple[str, ...]] = field(factory=dict)
    seconds: dict[str, float] = field(factory=dict)


def write_predictions(predictions: Mapping[str, Predictions], folder: Path) -> Path:
    """Write the predictions of protocols, by name, into a folder: one file, and one more for each set of maps."""
    tensors: dict[str, np.ndarray] = {}
    told = {_FORMAT: str(FORMAT)}
    for protocol, found in predictions.items():
        tensors |= {f"{protocol}/{name}": array for name, array in _arrays(found).items()}
        told[protocol] = json.dumps({"task": found.task, "told": found.told})
        if found.task in DENSE:
            _write_all_maps(found, folder / MAPS / protocol)
    replace_file(folder / FILE, save(tensors, told))
    return folder / FILE


def read_predictions(folder: Path) -> dict[str, Predictions]:
    """Read what :func:`write_predictions` wrote, now or by an earlier release; empty where there is none.

    Raises:
        DataError: where the file is damaged.
    """
    path = folder / FILE
    if not path.exists():
        return {}
    try:
        with safe_open(path, "numpy") as file:
            told = file.metadata() or {}
            tensors = {key: file.get_tensor(key) for key in file.keys()}  # noqa: SIM118
        written, names = int(told.get(_FORMAT, 1)), dict.fromkeys(key.split("/")[0] for key in tensors)
        return {
            protocol_meant(name, written): _of_protocol(tensors, name, json.loads(told.get(name, "{}")), folder)
            for name in names
        }
    except (SafetensorError, KeyError, ValueError, OSError) as error:
        raise DataError(f"{path} is damaged: {error}", "evaluate the run again") from error


def _arrays(found: Predictions) -> dict[str, np.ndarray]:
    """All but maps, as they lie on the disk."""
    arrays: dict[str, np.ndarray] = {"block": np.ascontiguousarray(found.block, np.int64)}
    if found.task not in DENSE:
        arrays["truth"] = _plain(np.asarray(found.truth))
        arrays |= {f"{_PREDICTED}{kind}": _plain(predicted) for kind, predicted in found.predicted.items()}
    arrays |= {f"{_SCORES}{kind}": np.ascontiguousarray(scores, np.float32) for kind, scores in found.scores.items()}
    arrays |= {f"{_HISTOGRAM}{kind}": counts for kind, counts in found.histograms.items()}
    return arrays


def _plain(array: np.ndarray) -> np.ndarray:
    if array.dtype.kind == "f":
        return np.ascontiguousarray(array, np.float64)
    return np.ascontiguousarray(array, np.int8 if array.ndim > 2 or array.dtype == bool else np.int64)


def _write_all_maps(found: Predictions, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    write_maps(folder / "truth.npy", found.truth)
    (folder / _PREDICTED).mkdir(exist_ok=True)
    for kind, rows in found.predicted.items():
        write_maps(folder / _PREDICTED / f"{kind}.npy", rows)


def _read_all_maps(folder: Path) -> dict[str, np.ndarray]:
    return {path.stem: open_maps(path) for path in sorted((folder / _PREDICTED).glob("*.npy"))}


def _of_protocol(tensors: Mapping[str, np.ndarray], name: str, told: Mapping[str, Any], folder: Path) -> Predictions:
    mine = {key.removeprefix(f"{name}/"): array for key, array in tensors.items() if key.startswith(f"{name}/")}

    def named(start: str) -> dict[str, np.ndarray]:
        return {key.removeprefix(start): array for key, array in mine.items() if key.startswith(start)}

    task: Task = told.get("task", "classification")
    of_maps = task in DENSE
    return Predictions(
        truth=open_maps(folder / MAPS / name / "truth.npy") if of_maps else mine["truth"],
        block=mine["block"],
        predicted=_read_all_maps(folder / MAPS / name) if of_maps else named(_PREDICTED),
        task=task,
        scores=named(_SCORES),
        histograms=named(_HISTOGRAM),
        told=dict(told.get("told", {})),
    )
