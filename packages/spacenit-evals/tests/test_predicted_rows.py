"""What protocols may leave out of a prediction: nothing."""

import numpy as np
import pytest

from spacenit_core.errors import DataError
from spacenit_core.kinds.protocols import Prediction
from spacenit_core.kinds.tasks import Task
from spacenit_evals.predicted_rows import PredictedRows

N = 4


@pytest.mark.parametrize(
    ("task", "values", "scores"),
    [
        ("regression", np.array([1.0, np.nan, 2.0, 3.0]), None),
        ("pixel_regression", np.full((N, 2, 2), np.inf, np.float32), None),
        ("classification", np.array([0, 1, -1, 1]), None),
        ("segmentation", np.full((N, 2, 2), -1), None),
        ("classification", np.array([0, 1, 0, 1]), np.full((N, 2), np.nan, np.float32)),
    ],
)
def test_what_would_count_as_not_tested_is_refused(task: Task, values: np.ndarray, scores: np.ndarray | None) -> None:
    rows = PredictedRows(task, 2, 1, np.zeros(values.shape, values.dtype))
    with pytest.raises(DataError, match="NaN, infinite or no class"):
        rows.fill(0, np.arange(N), iter([Prediction(values=values, scores=scores)]))


def test_a_prediction_for_fewer_samples_is_refused() -> None:
    rows = PredictedRows("classification", 2, 1, np.zeros(N, np.int64))
    parts = (Prediction(values=np.zeros(size, np.int64)) for size in (2, 1))
    with pytest.raises(DataError, match="4 samples are tested, and 3 of them are predicted"):
        rows.fill(0, np.arange(N), parts)
