"""Scores against scikit-learn's."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, recall_score

from spacenit_evals.scores.metrics.confusions import METRICS, accuracy, balanced_accuracy, confusion, macro_f1


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=1, max_size=60))
def test_scores_are_those_of_scikit_learn(pairs: list[tuple[int, int]]) -> None:
    truth, predicted = np.array(pairs).T
    matrix = confusion(truth, predicted, 5)
    np.testing.assert_array_equal(matrix, confusion_matrix(truth, predicted, labels=range(5)))
    assert accuracy(matrix) == pytest.approx(accuracy_score(truth, predicted))
    found = recall_score(truth, predicted, labels=np.unique(truth), average="macro")
    assert balanced_accuracy(matrix) == pytest.approx(found)
    assert macro_f1(matrix) == pytest.approx(f1_score(truth, predicted, average="macro"))


def test_scores_of_many_matrices_are_those_of_each() -> None:
    matrices = np.random.default_rng(0).integers(0, 9, (7, 4, 4))
    for metric in METRICS.values():
        np.testing.assert_allclose(metric(matrices), [metric(matrix) for matrix in matrices])
