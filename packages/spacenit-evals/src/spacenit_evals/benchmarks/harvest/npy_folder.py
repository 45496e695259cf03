"""The folders of Presto's own evaluations: one array for each fact, a row for each sample."""

import hashlib
from pathlib import Path

import numpy as np
from attrs import frozen

from spacenit_core.errors import DataError
from spacenit_core.kinds.benchmarks import BenchmarkFacts, Split
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_evals.benchmarks.harvest.arrays import series_of
from spacenit_evals.benchmarks.harvest.bands import COLUMNS, LEFT_OUT, STORED
from spacenit_evals.benchmarks.series.inputs import inputs_of, stand_ins
from spacenit_evals.benchmarks.series.labelled_samples import LabelledSamples

INVENTED_YEAR, INVENTED_DAY = 2019, 15
MONTHS = 12


@frozen(kw_only=True)
class RegressionTarget:
    """What is predicted of the points of a folder.

    Attributes:
        name: of the number.
        unit: of the number.
        lowest: the smallest that can be.
        highest: the largest that can be.
        steps: months before it that a series has.
    """

    name: str
    unit: str
    lowest: float
    highest: float
    steps: int


def open_folder(
    number: RegressionTarget, root: Path, takes: ModelInputs, *, groups: np.ndarray, group: str
) -> LabelledSamples:
    """The points of a folder.

    Args:
        number: what is predicted.
        root: the folder.
        takes: what the model takes.
        groups: int ``[n]``.
        group: what points of one group share.

    Raises:
        UserError: see `inputs_of`.
        DataError: where files are missing, damaged, or do not belong together.
    """
    inputs = inputs_of(takes, STORED, what="the points", longest=number.steps)
    target, tested = read_column(root, "target").astype(np.float64), read_column(root, "is_test")
    latlon, month = read_column(root, "latlon").astype(np.float64), read_column(root, "month")
    arrays = read_column(root, "s1_s2_era5_srtm").astype(np.float64)
    steps = (number.steps,)
    if len({len(part) for part in (target, tested, latlon, month, arrays, groups)}) > 1 or month.shape[1:] != steps:
        raise DataError(f"the arrays of {root} do not belong together", "copy all of them again")
    _check(root, number, target, tested, month)
    series = series_of(arrays, dates_of_months(month), latlon[:, 0], latlon[:, 1], inputs.sensors, str(root))
    test = tested == 1
    return LabelledSamples(
        source=series,
        facts=BenchmarkFacts(
            task="regression",
            classes=(number.name,),
            sensors=inputs.sensors,
            version=f"1, {series.digest(target)}, {hashlib.sha256(test.tobytes()).hexdigest()[:8]}",
            dates_invented=True,
            group=group,
            ground_size=10.0,
            unit=number.unit,
        ),
        inputs=inputs,
        labels=target,
        groups=groups,
        draws=((Split(~test, test),),),
        told={"data": str(root)},
        said={
            "dates": f"months are real; day and year are none of the data: {INVENTED_DAY}, {INVENTED_YEAR}",
            "bands_left_out": f"{LEFT_OUT}, dynamic world",
            **series.bands_absent(),
            **stand_ins(inputs, STORED),
        },
        warmth=arrays[:, :, COLUMNS.index("temperature_2m")],
    )


def read_column(root: Path, name: str) -> np.ndarray:
    """One array of a folder, ``[n, ...]``, in which nothing is pickled.

    Raises:
        DataError: where it is missing or damaged.
    """
    path = root / f"{name}.npy"
    try:
        return np.asarray(np.load(path, allow_pickle=False))
    except (OSError, ValueError, EOFError) as error:
        raise DataError(f"{path} cannot be read: {error}", "copy it again") from error


def dates_of_months(month: np.ndarray) -> np.ndarray:
    """From months from 0, int ``[n, T]``, to dates int32 ``[n, T, 3]``; a new year begins where the month falls."""
    year = INVENTED_YEAR + np.cumsum(np.diff(month, axis=1, prepend=month[:, :1]) < 0, axis=1)
    return np.stack([np.full_like(month, INVENTED_DAY), month, year], axis=-1).astype(np.int32)


def _check(root: Path, number: RegressionTarget, target: np.ndarray, tested: np.ndarray, month: np.ndarray) -> None:
    wrong = ~((target >= number.lowest) & (target <= number.highest))
    if wrong.any():
        raise DataError(
            f"{root} has the {number.name} {target[wrong][0]:g} (row {int(np.flatnonzero(wrong)[0])}), outside of "
            f"{number.lowest:g} to {number.highest:g} {number.unit}".rstrip(),
            "copy target.npy again",
        )
    if not np.isin(tested, (0, 1)).all() or len(np.unique(tested)) < 2:
        raise DataError(f"is_test of {root} does not divide the points by 0 and 1", "copy it again")
    if not ((month >= 0) & (month < MONTHS)).all():
        raise DataError(f"the months of {root} are not 0 to 11", "copy month.npy again")
