"""What probes predicted, kept beside a report so that runs can be compared point by point."""

from collections.abc import Mapping
from pathlib import Path

import numpy as np
from attrs import field, frozen
from safetensors import SafetensorError, safe_open
from safetensors.numpy import load, save

from spacenit_core.checkpoint.files import replace_file
from spacenit_core.errors import DataError
from spacenit_evals.former_names import FORMAT, protocol_meant
from spacenit_evals.intervals import BlockIntervals, Interval
from spacenit_evals.metrics import balanced_accuracy

FILE = "predictions.safetensors"

_PREDICTED = "predicted/"


@frozen(kw_only=True, eq=False)
class Predictions:
    """What one probe predicted for the n tested points of a task.

    Attributes:
        truth: int ``[n]``, classes from 0.
        block: int ``[n]``, the block of each point.
        predicted: kind of features -> int ``[draws, n]``; -1 where a draw does not test a point.
        remarks: kind of features -> what the probe said about its fits; not kept on disk.
    """

    truth: np.ndarray
    block: np.ndarray
    predicted: dict[str, np.ndarray]
    remarks: dict[str, tuple[str, ...]] = field(factory=dict)


def write_predictions(predictions: Mapping[str, Predictions], folder: Path) -> Path:
    """Write the predictions of probes, by name, into a folder as int64 tensors."""
    tensors: dict[str, np.ndarray] = {}
    for probe, found in predictions.items():
        arrays = {"truth": found.truth, "block": found.block}
        arrays |= {f"{_PREDICTED}{kind}": predicted for kind, predicted in found.predicted.items()}
        tensors |= {f"{probe}/{name}": np.ascontiguousarray(array, np.int64) for name, array in arrays.items()}
    replace_file(folder / FILE, save(tensors, metadata={"format": str(FORMAT)}))
    return folder / FILE


def read_predictions(folder: Path) -> dict[str, Predictions]:
    """Read what :func:`write_predictions` wrote; empty where there is none.

    Raises:
        DataError: where the file is damaged.
    """
    path = folder / FILE
    if not path.exists():
        return {}
    try:
        tensors = load(path.read_bytes())
        with safe_open(path, "numpy") as file:
            written = int((file.metadata() or {}).get("format", 1))
        probes = dict.fromkeys(key.split("/")[0] for key in tensors)
        return {protocol_meant(probe, written): _of_probe(tensors, f"{probe}/") for probe in probes}
    except (SafetensorError, KeyError, ValueError) as error:
        raise DataError(f"{path} is damaged: {error}", "evaluate the run again") from error


def _of_probe(tensors: Mapping[str, np.ndarray], prefix: str) -> Predictions:
    start = prefix + _PREDICTED
    predicted = {name.removeprefix(start): array for name, array in tensors.items() if name.startswith(start)}
    return Predictions(truth=tensors[f"{prefix}truth"], block=tensors[f"{prefix}block"], predicted=predicted)


def paired_gain(ours: Predictions, theirs: Predictions, kind: str, against: str | None = None) -> Interval | None:
    """How much more balanced accuracy one run's features have than another's; None where they share no test.

    Args:
        ours: what a probe predicted from features of one run.
        theirs: what it predicted from those of the other.
        kind: of our features.
        against: of theirs; the same kind if None.
    """
    against = against or kind
    same = np.array_equal(ours.truth, theirs.truth) and np.array_equal(ours.block, theirs.block)
    if not same or kind not in ours.predicted or against not in theirs.predicted:
        return None
    one, other = ours.predicted[kind], theirs.predicted[against]
    if one.shape != other.shape or not np.array_equal(one < 0, other < 0):
        return None
    intervals = BlockIntervals(ours.block, int(ours.truth.max()) + 1)
    return intervals.difference(ours.truth, one, other, balanced_accuracy)
