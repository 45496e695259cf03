"""Rules on labels and splits."""

import numpy as np
import pytest

from spacenit_evals.checks import Finding, check_benchmark

from .arrays_benchmark import ArraysBenchmark, radar

N = 40


def found(**settings: object) -> list[Finding]:
    return list(check_benchmark(ArraysBenchmark({"sentinel1": radar(N)}, **settings)).findings)  # type: ignore[arg-type]


def test_right_labels_raise_nothing() -> None:
    assert found() == []


@pytest.mark.parametrize("wrong", [-1, 2])
def test_labels_outside_of_the_table(wrong: int) -> None:
    labels = np.arange(N) % 2
    labels[3] = wrong
    (finding,) = found(labels=labels)
    assert finding.rule == "labels_outside" and finding.severity == "error" and "1 labels of 1 samples" in finding.seen
    assert "from 0 to 1" in finding.expected


def test_a_class_without_samples() -> None:
    (finding,) = found(said={"classes": ("one", "other", "third")})
    assert finding.rule == "empty_classes" and finding.severity == "warning" and "third" in finding.seen


def test_a_split_of_one_class() -> None:
    (finding,) = found(labels=(np.arange(N) >= N // 2).astype(int))
    assert finding.rule == "classes_of_sides" and finding.severity == "error" and "one class alone" in finding.seen


def test_a_class_that_is_tested_and_not_trained_on() -> None:
    labels = np.arange(N) % 2
    labels[-3:] = 2
    (finding,) = found(labels=labels, said={"classes": ("one", "other", "third")})
    assert finding.rule == "classes_of_sides" and finding.severity == "warning" and "third" in finding.seen


def test_an_empty_side() -> None:
    rules = {finding.rule: finding.severity for finding in found(test=np.zeros(N, bool))}
    assert rules["empty_sides"] == "error"


def test_samples_that_repeat() -> None:
    pixels = radar(N)
    pixels[1] = pixels[0]
    (finding,) = check_benchmark(ArraysBenchmark({"sentinel1": pixels})).findings
    assert finding.rule == "repeated_samples" and finding.severity == "warning" and "1 of 40" in finding.seen
    pixels[-1] = pixels[0]
    (finding,) = check_benchmark(ArraysBenchmark({"sentinel1": pixels})).findings
    assert finding.severity == "error" and "1 test samples have the bytes of a training sample" in finding.seen


def test_samples_without_pixels_do_not_repeat() -> None:
    pixels = radar(N)
    pixels[[0, -1]] = -99999
    assert check_benchmark(ArraysBenchmark({"sentinel1": pixels})).findings == ()


def test_test_samples_in_groups_that_are_trained_on() -> None:
    groups = np.arange(N)
    groups[-2:] = 0
    (finding,) = found(groups=groups)
    assert finding.rule == "shared_ground" and finding.severity == "warning" and "2 of 20 test samples" in finding.seen


def test_test_samples_on_the_ground_of_training_samples() -> None:
    latlon = np.stack([np.full(N, 50.0), np.arange(N) * 0.01], axis=1)
    assert found(latlon=latlon) == []
    latlon[-1] = latlon[0] + (0, 0.0002)
    (finding,) = found(latlon=latlon)
    assert finding.rule == "shared_ground" and "1 of 20 test samples lie nearer" in finding.seen
    latlon[-1] = np.nan
    assert found(latlon=latlon) == []


def test_fewer_samples_are_read_evenly() -> None:
    report = check_benchmark(ArraysBenchmark({"sentinel1": radar(N)}), samples=10)
    assert (report.read, report.samples, report.failed) == (10, N, False)
