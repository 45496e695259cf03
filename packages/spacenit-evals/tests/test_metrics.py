"""Scores against scikit-learn's, and their intervals."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.metrics import accuracy_score, confusion_matrix, f1_score, recall_score

from spacenit_evals.bootstrap import BlockBootstrap
from spacenit_evals.metrics import METRICS, accuracy, balanced_accuracy, confusion, macro_f1


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


def make(n: int, accuracy_: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, n)
    return truth, np.where(rng.random(n) < accuracy_, truth, (truth + 1) % 3)


def test_an_interval_holds_the_value_and_shrinks_with_more_blocks() -> None:
    wide, narrow = [], []
    for n, widths in ((60, wide), (1500, narrow)):
        truth, predicted = make(n, 0.7, 1)
        interval = BlockBootstrap(np.arange(n) // 5, 3, seed=0).score(truth, predicted, accuracy)
        assert interval.low <= interval.value <= interval.high
        assert interval.value == pytest.approx((truth == predicted).mean())
        widths.append(interval.high - interval.low)
    assert narrow[0] < 0.5 * wide[0]


def test_independent_points_give_the_binomial_interval() -> None:
    truth, predicted = make(800, 0.8, 2)
    interval = BlockBootstrap(np.arange(800), 3, draws=4000, seed=0).score(truth, predicted, accuracy)
    half = 1.96 * np.sqrt(interval.value * (1 - interval.value) / 800)
    assert interval.high - interval.low == pytest.approx(2 * half, rel=0.1)


def test_alike_neighbours_widen_the_interval() -> None:
    """Points that are right or wrong together count as one."""
    truth, predicted = make(60, 0.7, 3)
    truth, predicted = truth.repeat(10), predicted.repeat(10)
    by_point = BlockBootstrap(np.arange(600), 3, seed=0).score(truth, predicted, accuracy)
    by_block = BlockBootstrap(np.arange(600) // 10, 3, seed=0).score(truth, predicted, accuracy)
    assert by_block.high - by_block.low > 2 * (by_point.high - by_point.low)


def test_differences_are_paired() -> None:
    truth, predicted = make(300, 0.7, 4)
    bootstrap = BlockBootstrap(np.arange(300) // 3, 3, seed=0)
    same = bootstrap.difference(truth, predicted, predicted, balanced_accuracy)
    assert (same.value, same.low, same.high) == (0.0, 0.0, 0.0)
    better = predicted.copy()
    better[:30] = truth[:30]
    gain = bootstrap.difference(truth, better, predicted, accuracy)
    assert 0 < gain.value == pytest.approx((better == truth).mean() - (predicted == truth).mean())
    assert gain.low >= 0


def test_the_same_seed_gives_the_same_interval() -> None:
    truth, predicted = make(200, 0.6, 5)
    first, again, other = (
        BlockBootstrap(np.arange(200) // 4, 3, seed=seed).score(truth, predicted, macro_f1) for seed in (1, 1, 2)
    )
    assert first == again != other
    assert str(first).startswith(f"{first.value:.3f} [")
