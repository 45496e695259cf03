"""Intervals of scores from blocks of ground."""

import numpy as np
import pytest

from spacenit_evals.scores.intervals import FEWEST_BLOCKS, BlockIntervals
from spacenit_evals.scores.metrics.confusions import METRICS, accuracy, balanced_accuracy, macro_f1


def make(n: int, accuracy_: float, seed: int) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    truth = rng.integers(0, 3, n)
    return truth, np.where(rng.random(n) < accuracy_, truth, (truth + 1) % 3)


def width(interval: object) -> float:
    return interval.high - interval.low  # type: ignore[attr-defined, no-any-return]


def test_an_interval_holds_the_value_and_shrinks_with_more_blocks() -> None:
    widths = []
    for n in (60, 1500):
        truth, predicted = make(n, 0.7, 1)
        interval = BlockIntervals(np.arange(n) // 5, 3).score(truth, predicted, accuracy)
        assert interval.low is not None and interval.high is not None
        assert interval.low <= interval.value <= interval.high
        assert interval.value == pytest.approx((truth == predicted).mean())
        widths.append(width(interval))
    assert widths[1] < 0.5 * widths[0]


def test_independent_points_give_the_binomial_interval() -> None:
    truth, predicted = make(800, 0.8, 2)
    interval = BlockIntervals(np.arange(800), 3).score(truth, predicted, accuracy)
    half = 1.96 * np.sqrt(interval.value * (1 - interval.value) / 800)
    assert width(interval) == pytest.approx(2 * half, rel=0.1)


def test_alike_neighbours_widen_the_interval() -> None:
    """Points that are right or wrong together count as one."""
    truth, predicted = make(60, 0.7, 3)
    truth, predicted = truth.repeat(10), predicted.repeat(10)
    by_point = BlockIntervals(np.arange(600), 3).score(truth, predicted, accuracy)
    by_block = BlockIntervals(np.arange(600) // 10, 3).score(truth, predicted, accuracy)
    assert width(by_block) > 2 * width(by_point)


def test_differences_are_paired() -> None:
    truth, predicted = make(300, 0.7, 4)
    intervals = BlockIntervals(np.arange(300) // 3, 3)
    same = intervals.difference(truth, predicted, predicted, balanced_accuracy)
    assert same.value == 0.0 and not same.clear and width(same) < 0.03
    better = predicted.copy()
    better[:60] = truth[:60]
    gain = intervals.difference(truth, better, predicted, accuracy)
    assert gain.value == pytest.approx((better == truth).mean() - (predicted == truth).mean())
    assert gain.clear and width(gain) < width(intervals.score(truth, predicted, accuracy))


@pytest.mark.parametrize("metric", METRICS.values(), ids=METRICS)
def test_ends_stay_within_the_range_of_the_metric(metric: object) -> None:
    truth = np.arange(60) % 3
    intervals = BlockIntervals(np.arange(60) // 10, 3)
    right, wrong = truth, (truth + 1) % 3
    best, worst = intervals.score(truth, right, metric), intervals.score(truth, wrong, metric)  # type: ignore[arg-type]
    # Six blocks without an error are no proof that there is none.
    assert best.high == best.value == 1.0 and 0.6 < best.low < 0.99  # type: ignore[operator]
    assert worst.low == worst.value == 0.0 and 0.01 < worst.high < 0.4  # type: ignore[operator]
    gain = intervals.difference(truth, right, wrong, metric)  # type: ignore[arg-type]
    assert gain.high == gain.value == 1.0 and 0.3 < gain.low < 1.0  # type: ignore[operator]
    nearly = np.where(np.arange(60) == 7, wrong, right)
    near = intervals.score(truth, nearly, metric)  # type: ignore[arg-type]
    assert near.value - near.low > near.high - near.value > 0  # type: ignore[operator]


def test_below_five_blocks_there_is_a_reason_in_place_of_an_interval() -> None:
    truth, predicted = make(100, 0.7, 5)
    few = BlockIntervals(np.arange(100) % (FEWEST_BLOCKS - 1), 3).score(truth, predicted, accuracy)
    assert few.low is few.high is None and "4 test blocks" in few.reason and not few.clear
    assert str(few) == f"{few.value:.3f} (no interval)"
    enough = BlockIntervals(np.arange(100) % FEWEST_BLOCKS, 3).score(truth, predicted, accuracy)
    assert enough.low is not None and not enough.reason and str(enough).startswith(f"{enough.value:.3f} [")


def test_a_class_in_one_block_widens_the_interval() -> None:
    """Resampled blocks would say that its recall is known, for they see it once or not at all."""
    rng = np.random.default_rng(0)
    blocks = np.repeat(np.arange(8), 20)
    truth = np.where((blocks == 7) & (np.arange(160) % 5 == 0), 2, rng.integers(0, 2, 160))
    predicted = np.where(rng.random(160) < 0.8, truth, (truth + 1) % 3)
    intervals = BlockIntervals(blocks, 3)
    rare = intervals.score(truth, predicted, balanced_accuracy)
    recalls = [np.mean(predicted[truth == label] == label) for label in range(3)]
    assert rare.value == pytest.approx(np.mean(recalls))
    assert width(rare) > 1.5 * width(intervals.score(truth, predicted, accuracy))


def test_a_point_that_several_draws_test_counts_once() -> None:
    truth, first = make(120, 0.7, 6)
    _, second = make(120, 0.6, 7)
    intervals = BlockIntervals(np.arange(120) // 10, 3)
    both = np.stack([first, np.where(np.arange(120) < 60, second, -1)])
    right = (first == truth).astype(float)
    right[:60] = (right[:60] + (second == truth)[:60]) / 2
    assert intervals.score(truth, both, accuracy).value == pytest.approx(right.mean())
    once = intervals.score(truth, first, macro_f1)
    twice = intervals.score(truth, np.stack([first, first]), macro_f1)
    assert (twice.value, twice.low, twice.high) == pytest.approx((once.value, once.low, once.high))
