"""What is predicted for the test samples, one row for each draw, while it comes in."""

from collections.abc import Iterator

import numpy as np

from spacenit_core.errors import DataError
from spacenit_core.kinds.benchmarks import Labels
from spacenit_core.kinds.protocols import Prediction
from spacenit_core.kinds.tasks import IGNORED, Task
from spacenit_evals.results.map_files import label_type, new_maps
from spacenit_evals.scores.metrics.rankings import ScoreHistogram

NOT_TESTED = IGNORED


class PredictedRows:
    """Predictions of d draws for n test samples.

    Args:
        task: what is predicted.
        classes: how many classes.
        rows: d.
        truth: labels of the n samples.

    Attributes:
        values: int ``[d, n]``, -1 where a draw does not test a sample; see `predictions.Predictions.predicted`.
        scores: float32 ``[d, n, K]``, NaN where there are none; None where no draw has any.
        histogram: counted scores of pixels; None where there are none.
    """

    def __init__(self, task: Task, classes: int, rows: int, truth: Labels) -> None:
        self._task, self._classes, self._truth = task, classes, truth
        shape = (rows, *truth.shape)
        if task == "classification":
            self.values = np.full(shape, NOT_TESTED, dtype=np.int64)
        elif task == "multilabel":
            self.values = np.full(shape, NOT_TESTED, dtype=np.int8)
        elif task == "regression":
            self.values = np.full(shape, np.nan)
        elif task == "segmentation":
            self.values = new_maps(shape, label_type(classes), NOT_TESTED)
        else:
            self.values = new_maps(shape, np.float32, np.nan)
        self.scores: np.ndarray | None = None
        self.histogram: ScoreHistogram | None = None

    def fill(self, row: int, places: np.ndarray, parts: Iterator[Prediction]) -> None:
        """Take in what is predicted for some samples.

        Args:
            row: of which draw.
            places: int ``[m]``, the numbers of the samples among the n, in the order of the prediction.
            parts: the prediction.

        Raises:
            DataError: where a sample is not predicted, or by what is no class and no number: scores would leave it out.
        """
        done = 0
        for part in parts:
            here = places[done : done + len(part.values)]
            _check(part)
            self.values[row, here] = part.values
            if part.scores is not None:
                self._take(row, here, part.scores)
            done += len(here)
        if done != len(places):
            raise DataError(f"{len(places)} samples are tested, and {done} of them are predicted")

    def _take(self, row: int, places: np.ndarray, scores: np.ndarray) -> None:
        if self._task == "segmentation":
            self.histogram = self.histogram or ScoreHistogram(self._classes)
            truth = self._truth[places]
            known = truth >= 0
            self.histogram.add(truth[known], np.moveaxis(scores, 1, -1)[known])
        elif self._task in ("classification", "multilabel"):
            if self.scores is None:
                shape = (*self.values.shape[:2], self._classes)
                self.scores = np.full(shape, np.nan, dtype=np.float32)
            self.scores[row, places] = scores


def _check(part: Prediction) -> None:
    """Refuse what stands for a sample that is not tested."""
    is_number = part.values.dtype.kind == "f"
    lost = int((~np.isfinite(part.values) if is_number else part.values < 0).sum())
    if part.scores is not None:
        lost += int((~np.isfinite(part.scores)).sum())
    if lost:
        raise DataError(
            f"{lost} predictions are NaN, infinite or no class",
            "training may have diverged: choose a lower learning rate, or another protocol",
        )
