"""Logistic regressions against scikit-learn, and how C is chosen."""

import numpy as np
import pytest
from attrs import evolve
from sklearn.linear_model import LogisticRegression as Oracle
from sklearn.metrics import average_precision_score, balanced_accuracy_score
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from spacenit_core.errors import UserError
from spacenit_core.kinds.protocols import PROTOCOLS, LabelledSplit, Prediction
from spacenit_evals.protocols.logistic_balanced import LogisticBalanced
from spacenit_evals.protocols.logistic_path import logistic_path
from spacenit_evals.protocols.logistic_regression import LogisticRegression
from spacenit_evals.protocols.on_vectors import LabelledVectors
from spacenit_evals.protocols.penalty import _score

from .vector_splits import NO_EMBEDDER, fitted, part


def classes_of(n: int, seed: int, classes: int = 4, spread: float = 2.0) -> tuple[np.ndarray, np.ndarray]:
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(99).normal(0, 1, (classes, 10))
    labels = rng.integers(0, classes, n)
    return (centres[labels] + spread * rng.standard_normal((n, 10))).astype(np.float32), labels


def test_the_entries_have_the_published_settings() -> None:
    assert PROTOCOLS.get("logistic_regression") is LogisticRegression
    assert PROTOCOLS.get("logistic_balanced") is LogisticBalanced
    strengths = LogisticRegression().strengths
    assert len(strengths) == 40 and (min(strengths), max(strengths)) == (1e-6, 1e4)
    np.testing.assert_allclose(np.diff(np.log10(strengths)), 10 / 39, atol=1e-3)
    assert LogisticBalanced().strengths == (0.05,)


@pytest.mark.parametrize("classes", [2, 4])
@pytest.mark.parametrize("scale", [1.0, 1e-3, 300.0])
def test_a_path_ends_where_scikit_learn_does(classes: int, scale: float) -> None:
    vectors, labels = classes_of(300, 0, classes)
    vectors = vectors * np.float32(scale) + np.float32(scale)
    strengths = [strength / scale**2 for strength in (1e-3, 0.05, 1.0, 100.0)]
    targets = labels[:, None] == np.arange(classes)
    targets = targets[:, 1:] if classes == 2 else targets
    path = list(logistic_path(vectors, targets, strengths, exclusive=classes > 2))
    for strength, found in zip(strengths, path, strict=True):
        # The same problem in a unit in which scikit-learn's tolerance means something.
        oracle = Oracle(C=strength * scale**2, tol=1e-7, max_iter=5000).fit(vectors.astype(float) / scale, labels)
        logits = oracle.decision_function(vectors.astype(float) / scale).reshape(len(vectors), -1)
        values = found(vectors)
        centred = [part - part.mean(axis=1, keepdims=True) if classes > 2 else part for part in (values, logits)]
        np.testing.assert_allclose(*centred, atol=2e-3 * max(1.0, float(np.abs(logits).max())))


def test_features_of_any_units_are_solved_in_few_steps() -> None:
    vectors, labels = classes_of(300, 0)
    vectors = vectors * np.logspace(-2, 2, 10).astype(np.float32) + 50
    (found,) = logistic_path(vectors, labels[:, None] == np.arange(4), [1.0], exclusive=True, max_iterations=25)
    oracle = Oracle(C=1.0, solver="newton-cholesky", tol=1e-10).fit(vectors.astype(float), labels)
    logits = oracle.decision_function(vectors.astype(float))
    np.testing.assert_allclose(found(vectors) - found(vectors).mean(axis=1, keepdims=True), logits, atol=0.01)


def test_several_labels_are_regressions_of_their_own() -> None:
    vectors, labels = classes_of(300, 0)
    targets = np.stack([labels > 1, labels == 0, np.zeros(300, dtype=bool)], axis=1)
    config = LogisticRegression(strengths=(0.1,))
    found = fitted(config, part(vectors, targets), vectors, task="multilabel", classes=3)
    assert found.scores is not None
    for number in range(2):
        oracle = Oracle(C=0.1, tol=1e-7, max_iter=5000).fit(vectors.astype(float), targets[:, number])
        np.testing.assert_allclose(found.scores[:, number], oracle.predict_proba(vectors)[:, 1], atol=1e-3)
    assert (found.scores[:, 2] < 1e-3).all() and not found.values[:, 2].any()


@pytest.mark.parametrize("classes", [2, 4])
def test_balanced_is_scikit_learns(classes: int) -> None:
    vectors, labels = classes_of(600, 0, classes)
    rare = (labels != 1) | (np.arange(600) % 5 == 0)
    vectors, labels = vectors[rare], labels[rare]
    oracle = make_pipeline(StandardScaler(), Oracle(C=0.05, class_weight="balanced", tol=1e-7, max_iter=5000))
    expected = oracle.fit(vectors.astype(float), labels).predict_proba(vectors)
    found = fitted(LogisticBalanced(), part(vectors, labels), vectors, classes=classes + 1)
    assert found.scores is not None and not found.scores[:, classes].any()
    np.testing.assert_allclose(found.scores[:, :classes], expected, atol=1e-3)
    np.testing.assert_array_equal(found.values, found.scores.argmax(axis=1))


def test_rare_labels_weigh_as_much_as_their_absence() -> None:
    vectors, labels = classes_of(600, 0)
    targets = np.stack([(labels == 1) & (np.arange(600) % 5 == 0), labels > 1], axis=1)
    found = fitted(LogisticBalanced(), part(vectors, targets), vectors, task="multilabel", classes=2)
    oracle = make_pipeline(StandardScaler(), Oracle(C=0.05, class_weight="balanced", tol=1e-7, max_iter=5000))
    assert found.scores is not None
    for number in range(2):
        expected = oracle.fit(vectors.astype(float), targets[:, number]).predict_proba(vectors)[:, 1]
        np.testing.assert_allclose(found.scores[:, number], expected, atol=1e-3)


def test_the_best_for_validation_is_refitted_on_both() -> None:
    (train, labels), (held, truth), (test, _) = (classes_of(n, seed) for n, seed in ((80, 0), (400, 1), (300, 2)))
    strengths = (1e-4, 1e-2, 1.0, 100.0)
    right = [
        (Oracle(C=strength, tol=1e-7, max_iter=5000).fit(train.astype(float), labels).predict(held) == truth).mean()
        for strength in strengths
    ]
    best = strengths[int(np.argmax(right))]
    config = LogisticRegression(strengths=strengths)
    both = Oracle(C=best, tol=1e-7, max_iter=5000).fit(np.concatenate([train, held]), np.concatenate([labels, truth]))
    found = fitted(config, part(train, labels), test, validation=part(held, truth))
    assert (found.values == both.predict(test)).mean() > 0.99
    alone = fitted(
        LogisticRegression(strengths=strengths, refit=False), part(train, labels), test, validation=part(held, truth)
    )
    expected = Oracle(C=best, tol=1e-7, max_iter=5000).fit(train.astype(float), labels).predict(test)
    assert (alone.values == expected).mean() > 0.99


def test_the_strength_is_told() -> None:
    vectors, labels = classes_of(120, 0)
    protocol = LogisticBalanced(strengths=(1e-4, 1e-2, 1.0)).build()
    side = part(vectors, labels, np.arange(120) // 10)
    protocol.predict(NO_EMBEDDER, LabelledSplit(train=side, test=side))
    assert protocol.remark in ("C = 0.0001", "C = 0.01", "C = 1")
    protocol.predict(NO_EMBEDDER, LabelledSplit(train=part(vectors, labels, np.zeros(120, dtype=int)), test=side))
    assert protocol.remark.endswith("chosen on samples of the only training group, which are alike")
    fixed = LogisticBalanced().build()
    fixed.predict(NO_EMBEDDER, LabelledSplit(train=side, test=side))
    assert fixed.remark == "C = 0.05"


def test_without_validation_groups_are_left_out() -> None:
    """Features that only tell groups apart ask for a strong penalty; samples left out would reward a weak one."""
    rng = np.random.default_rng(0)
    groups = np.arange(360) // 6
    of_group = rng.integers(0, 2, 60)[groups] * 2 - 1
    labels = (np.where(rng.random(360) < 0.9, of_group, -of_group) + 1) // 2
    vectors = np.concatenate(
        [rng.standard_normal((60, 50))[groups], rng.standard_normal((360, 20)) + 0.4 * (labels[:, None] - 0.5)], axis=1
    )
    protocol = LogisticBalanced(strengths=(1e-4, 10.0)).build()
    trials, _ = protocol._left_out(_vectors(vectors, labels, groups))
    for rest, held_out in trials:
        assert not set(rest.groups) & set(held_out.groups)
    assert sum(len(held_out.labels) for _, held_out in trials) == 360
    assert protocol._chosen(_vectors(vectors, labels, groups), None) == 1e-4
    assert protocol._chosen(_vectors(vectors, labels, np.arange(360)), None) == 10.0


def _vectors(vectors: np.ndarray, labels: np.ndarray, groups: np.ndarray) -> LabelledVectors:
    return LabelledVectors(vectors=vectors, labels=labels, groups=groups, task="classification", classes=2)


def test_the_aims_are_those_of_the_protocols() -> None:
    rng = np.random.default_rng(0)
    truth, values = rng.integers(0, 3, 50), rng.integers(0, 3, 50)
    parts = [Prediction(values=values[:20]), Prediction(values=values[20:])]
    like = _vectors(np.zeros((50, 1)), truth, truth)
    assert _score(truth, parts, like, "accuracy") == (truth == values).mean()
    assert _score(truth, parts, like, "balanced_accuracy") == pytest.approx(balanced_accuracy_score(truth, values))
    several, scores = rng.random((50, 3)) < 0.3, rng.random((50, 3))
    of_labels = [Prediction(values=scores > 0.5, scores=scores)]
    expected = average_precision_score(several, scores, average="micro")
    assert _score(several, of_labels, evolve(like, task="multilabel"), "accuracy") == pytest.approx(expected)


def test_where_nothing_can_be_left_out_that_is_said() -> None:
    vectors, _ = classes_of(20, 0)
    labels = np.arange(20) // 10
    with pytest.raises(UserError, match="C cannot be chosen"):
        fitted(LogisticRegression(), part(vectors, labels, labels), vectors)


def test_scale_and_missing_values_do_not_matter_to_the_balanced() -> None:
    vectors, labels = classes_of(200, 0)
    vectors[3, 2] = np.nan
    scale = np.logspace(-3, 3, 10)
    one, other = (
        fitted(LogisticBalanced(), part(values, labels), values).values
        for values in (vectors.astype(np.float64), vectors.astype(np.float64) * scale + 5)
    )
    np.testing.assert_array_equal(one, other)
