"""Probes against independent implementations, and on data whose answer is known."""

from typing import cast

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import balanced_accuracy_score
from sklearn.model_selection import LeaveOneGroupOut, cross_val_predict
from sklearn.neighbors import KNeighborsClassifier
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from spacenit_core.kinds.embedders import Embedder
from spacenit_core.kinds.protocols import PROTOCOLS, EmbeddedPart, LabelledSplit
from spacenit_evals.protocols.knn import KNN
from spacenit_evals.protocols.logistic_blocks import LogisticBlocks
from spacenit_evals.protocols.scaling import fill_missing, standardise

from .vector_splits import predicted


def blobs(n: int, features: int, seed: int, spread: float = 1.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(99).normal(0, 2, (4, features))
    labels = rng.integers(0, 4, n)
    return centres[labels] + spread * rng.standard_normal((n, features)), labels * 10 + 3


def test_probes_are_found_by_name() -> None:
    assert PROTOCOLS.get("knn") is KNN
    assert PROTOCOLS.get("logistic_blocks") is LogisticBlocks


def test_knn_votes_like_scikit_learn() -> None:
    train, labels = blobs(300, 6, 0, spread=3.0)
    test, _ = blobs(200, 6, 1, spread=3.0)
    oracle = KNeighborsClassifier(
        20, metric="cosine", algorithm="brute", weights=lambda distance: np.exp((1 - distance) / 0.07)
    )
    expected = oracle.fit(train, labels).predict(test)
    np.testing.assert_array_equal(predicted(KNN(standardise=False), train, labels, test), expected)


@pytest.mark.parametrize("temperature", [1e-3, 1e-5, 1e-300])
def test_at_a_low_temperature_the_nearest_point_decides(temperature: float) -> None:
    train, labels = blobs(300, 6, 0, spread=3.0)
    test, _ = blobs(200, 6, 1, spread=3.0)
    nearest = predicted(KNN(k=1, standardise=False), train, labels, test)
    with np.errstate(over="raise", invalid="raise"):
        found = predicted(KNN(temperature=temperature, standardise=False), train, labels, test)
    assert (found == nearest).mean() > 0.97


def test_knn_looks_at_directions_alone() -> None:
    train, labels = blobs(100, 5, 0)
    test, _ = blobs(60, 5, 1)
    probe = KNN(standardise=False)
    lengths = np.random.default_rng(0).uniform(0.1, 10, (100, 1))
    np.testing.assert_array_equal(
        predicted(probe, train, labels, test), predicted(probe, train * lengths, labels, test * 7)
    )


def test_standardised_knn_does_not_care_for_scale() -> None:
    train, labels = blobs(200, 6, 0)
    test, truth = blobs(100, 6, 1)
    scale, shift = np.logspace(-2, 2, 6), np.full(6, 1000.0)
    expected = predicted(KNN(), train, labels, test)
    np.testing.assert_array_equal(predicted(KNN(), train * scale + shift, labels, test * scale + shift), expected)
    assert (expected == truth).mean() > 0.9


def test_knn_takes_fewer_points_than_neighbours_and_many_test_points() -> None:
    train, labels = blobs(5, 5, 0)
    test, _ = blobs(4500, 5, 1)
    found = predicted(KNN(), train, labels, test)
    assert found.shape == (4500,)
    assert set(found) <= set(labels)


@pytest.mark.parametrize("config", [KNN(), LogisticBlocks()])
def test_probes_learn_what_can_be_learnt_and_nothing_else(config: KNN | LogisticBlocks) -> None:
    train, labels = blobs(240, 8, 0)
    test, truth = blobs(200, 8, 1)
    assert (predicted(config, train, labels, test) == truth).mean() > 0.9
    shuffled = np.random.default_rng(0).permutation(labels)
    assert (predicted(config, train, shuffled, test) == truth).mean() < 0.5


@pytest.mark.parametrize("config", [KNN(), LogisticBlocks()])
def test_probes_take_missing_values(config: KNN | LogisticBlocks) -> None:
    train, labels = blobs(240, 12, 0)
    test, truth = blobs(200, 12, 1)
    rng = np.random.default_rng(0)
    for part in (train, test):
        part[rng.random(part.shape) < 0.2] = np.nan
    train[:, 3] = test[:, 3] = np.nan
    assert (predicted(config, train, labels, test) == truth).mean() > 0.8


def test_the_logistic_blocks_does_not_care_for_scale() -> None:
    train, labels = blobs(200, 6, 0)
    test, _ = blobs(100, 6, 1)
    scale, shift = np.logspace(-3, 3, 6), np.arange(6.0)
    probe = LogisticBlocks().build()
    np.testing.assert_array_equal(
        probe.fit_predict(train, labels, test),
        probe.fit_predict(train * scale + shift, labels, test * scale + shift),
    )


def test_the_penalty_is_chosen_on_blocks_that_were_left_out() -> None:
    """Features that only tell blocks apart ask for a strong penalty, though random folds would reward a weak one."""
    rng = np.random.default_rng(0)
    blocks = np.arange(360) // 6
    of_block = rng.integers(0, 2, 60)[blocks] * 2 - 1
    labels = np.where(rng.random(360) < 0.9, of_block, -of_block)
    signature = rng.standard_normal((60, 50))[blocks]
    weak = rng.standard_normal((360, 20)) + 0.2 * labels[:, None]
    features = np.concatenate([signature, weak], axis=1)
    probe = LogisticBlocks(strengths=(1e-4, 10.0)).build()
    assert probe._best_strength(features, labels, blocks) == 1e-4
    assert probe._best_strength(features, labels, np.arange(360)) == 10.0


def test_the_logistic_blocks_weighs_classes_alike() -> None:
    rng = np.random.default_rng(0)
    labels = (rng.random(600) < 0.05).astype(int)
    features = rng.normal(0, 1, (600, 3)) + labels[:, None]
    found = {}
    for balanced in (True, False):
        guessed = LogisticBlocks(balanced=balanced).build().fit_predict(features[:300], labels[:300], features[300:])
        found[balanced] = np.mean([(guessed == label)[labels[300:] == label].mean() for label in (0, 1)])
    assert found[True] > found[False] + 0.1


@pytest.mark.parametrize("seed", range(3))
def test_the_penalty_is_that_of_the_best_predictions_for_all_blocks_together(seed: int) -> None:
    features, labels = blobs(90, 30, seed, spread=12.0)
    blocks, strengths = np.arange(90) // 15, (1e-4, 1e-2, 1.0)
    scores = []
    for strength in strengths:
        oracle = make_pipeline(
            StandardScaler(), LogisticRegression(C=strength, class_weight="balanced", max_iter=5000, tol=1e-6)
        )
        left_out = cross_val_predict(oracle, features, labels, groups=blocks, cv=LeaveOneGroupOut())
        scores.append(balanced_accuracy_score(labels, left_out))
    probe = LogisticBlocks(strengths=strengths).build()
    assert scores[strengths.index(probe._best_strength(features, labels, blocks))] > max(scores) - 0.005


def test_with_one_training_block_the_probe_says_how_it_chose() -> None:
    train, labels = blobs(120, 6, 0)
    test, truth = blobs(100, 6, 1)
    probe = LogisticBlocks().build()
    assert (probe.fit_predict(train, labels, test, np.zeros(120, dtype=int)) == truth).mean() > 0.9
    assert "only training block" in probe.remark
    probe.fit_predict(train, labels, test, np.arange(120) // 10)
    assert probe.remark.startswith("C = ") and "only" not in probe.remark


def test_folds_leave_out_each_block_once() -> None:
    groups = np.array([4, 4, 7, 9, 9, 9, 12])
    folds = list(LogisticBlocks(folds=3).build()._folds(groups))
    left_out = np.concatenate([np.unique(groups[held_out]) for _, held_out in folds])
    assert sorted(left_out) == [4, 7, 9, 12]
    for rest, held_out in folds:
        assert not (rest & held_out).any() and (rest | held_out).all()


def test_standardise_uses_the_training_part_alone() -> None:
    train, test = np.array([[1.0, 5.0], [3.0, 5.0]]), np.array([[2.0, 9.0], [np.nan, 5.0]])
    scaled, other = standardise(train, test)
    np.testing.assert_allclose(scaled, [[-1, 0], [1, 0]])
    np.testing.assert_allclose(other, [[0, 0], [0, 0]])


@pytest.mark.parametrize("value", [0.1, 1234.567])
def test_a_feature_that_never_varies_in_training_says_nothing(value: float) -> None:
    """The mean of a thousand such numbers in single precision is not that number."""
    train = np.full((1000, 1), value, np.float32)
    scaled, other = standardise(train, np.full((2, 1), value * 2, np.float32))
    assert not scaled.any() and not other.any()


def test_missing_values_become_the_training_mean() -> None:
    train, test = fill_missing(np.array([[1.0, np.nan], [3.0, np.nan]]), np.array([[np.nan, 2.0]]))
    np.testing.assert_allclose(train, [[1, 0], [3, 0]])
    np.testing.assert_allclose(test, [[2, 2]])


@pytest.mark.parametrize("probe", [KNN(), LogisticBlocks()])
def test_features_that_are_no_numbers_count_as_missing(probe: KNN | LogisticBlocks) -> None:
    train, labels = blobs(120, 6, 0)
    test, _ = blobs(60, 6, 1)
    results = []
    for odd in (np.nan, np.inf):
        train[3, 1] = test[5, 2] = odd
        results.append(predicted(probe, train, labels, test, np.arange(120) // 10))
    np.testing.assert_array_equal(*results)


def test_settings_that_mean_nothing_are_refused() -> None:
    for refused in ((KNN, {"temperature": float("nan")}), (LogisticBlocks, {"strengths": (0.0,)})):
        with pytest.raises(ValueError, match="greater than 0"):
            refused[0](**refused[1])  # type: ignore[arg-type]
    with pytest.raises(ValueError, match="strengths"):
        LogisticBlocks(strengths=())


def test_a_logistic_blocks_chooses_by_validation_samples_where_there_are_some() -> None:
    rng, nothing = np.random.default_rng(3), cast(Embedder, None)

    def part(count: int) -> EmbeddedPart:
        labels = np.arange(count) % 2
        vectors = rng.normal(size=(count, 60)) + 0.35 * labels[:, None]
        return EmbeddedPart(labels=labels, groups=np.arange(count), vectors=vectors.astype(np.float32))

    train, validation, test = part(50), part(4000), part(100)
    strengths = (0.0001, 1.0, 1000.0)

    def right(strength: float) -> float:
        alone = LogisticBlocks(strengths=(strength,)).build()
        guessed = alone.predict(nothing, LabelledSplit(train=train, test=validation))
        return float((guessed == validation.labels).mean())

    best = max(strengths, key=right)
    assert best != LogisticBlocks().strengths[-1]
    probe = LogisticBlocks(strengths=strengths).build()
    guessed = probe.predict(nothing, LabelledSplit(train=train, test=test, validation=validation))

    assert probe.remark == f"C = {best:g}, chosen on validation samples"  # type: ignore[attr-defined]
    alone = LogisticBlocks(strengths=(best,)).build()
    np.testing.assert_array_equal(guessed, alone.predict(nothing, LabelledSplit(train=train, test=test)))


def test_a_validation_side_without_samples_chooses_nothing() -> None:
    rng, nothing = np.random.default_rng(5), cast(Embedder, None)
    labels = np.arange(60) % 2
    vectors = (rng.normal(size=(60, 20)) + 0.5 * labels[:, None]).astype(np.float32)
    train = EmbeddedPart(labels=labels, groups=np.arange(60), vectors=vectors)
    empty = EmbeddedPart(labels=labels[:0], groups=np.arange(0), vectors=vectors[:0])
    told, guessed = set(), []
    for validation in (None, empty):
        probe = LogisticBlocks().build()
        guessed.append(probe.predict(nothing, LabelledSplit(train=train, test=train, validation=validation)))
        told.add(probe.remark)  # type: ignore[attr-defined]
    assert len(told) == 1 and "validation" not in told.pop()
    np.testing.assert_array_equal(*guessed)
