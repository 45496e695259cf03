"""Random forests and ridge regressions on frozen vectors."""

import numpy as np
import pytest
from sklearn.linear_model import Ridge as Oracle
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

from spacenit_core.kinds.protocols import PROTOCOLS
from spacenit_evals.protocols.random_forest import RandomForest
from spacenit_evals.protocols.ridge import Ridge

from .vector_splits import fitted, part

RNG = np.random.default_rng(11)
CENTRES = RNG.normal(0, 2, (3, 8))


def blobs(n: int) -> tuple[np.ndarray, np.ndarray]:
    labels = RNG.integers(0, 3, n)
    return (CENTRES[labels] + RNG.standard_normal((n, 8))).astype(np.float32), labels


def test_they_are_found_by_name() -> None:
    assert PROTOCOLS.get("random_forest") is RandomForest and PROTOCOLS.get("ridge") is Ridge
    assert "segmentation" not in RandomForest.tasks and "pixel_regression" not in Ridge.tasks


def test_a_forest_is_grown_for_each_seed() -> None:
    configs = RandomForest(trees=5, seed=4).repeats()
    assert [config.seed for config in configs] == [4, 5, 6]
    assert all(config.repeats() == (config,) for config in configs)
    (train, labels), (test, _) = blobs(90), blobs(60)
    found = [fitted(config, part(train, labels), test).scores for config in configs]
    again = fitted(configs[0], part(train, labels), test).scores
    np.testing.assert_array_equal(found[0], again)
    assert not np.array_equal(found[0], found[1])


@pytest.mark.parametrize("config", [RandomForest(trees=20), Ridge()])
def test_classes_labels_and_numbers(config: RandomForest | Ridge) -> None:
    (train, labels), (test, truth) = blobs(200), blobs(150)
    train[3, 1] = test[2, 2] = np.nan
    found = fitted(config, part(train, labels), test, classes=5)
    assert (found.values == truth).mean() > 0.9 and found.values.dtype.kind == "i"
    assert found.scores is not None and found.scores.shape == (150, 5)

    several, expected = (np.stack([of > 0, of == 0, of < 0], axis=1) for of in (labels, truth))
    found = fitted(config, part(train, several), test, task="multilabel", classes=3)
    assert found.values.dtype == bool and (found.values == expected).mean() > 0.9
    assert not found.values[:, 2].any() and found.scores is not None

    heights = labels * 100.0 + 1000
    found = fitted(config, part(train, heights), test, task="regression", classes=1)
    assert np.abs(found.values - truth * 100.0 - 1000).mean() < 30 and found.scores is None


@pytest.mark.parametrize("features", [6, 80])
def test_ridge_solves_like_scikit_learn(features: int) -> None:
    train, test = RNG.normal(3, 2, (50, features)), RNG.normal(3, 2, (40, features))
    heights = train[:, :3].sum(axis=1) + RNG.normal(0, 1, 50)
    for penalty in (0.01, 10.0):
        oracle = make_pipeline(StandardScaler(), Oracle(alpha=penalty)).fit(train, heights)
        found = fitted(Ridge(penalties=(penalty,)), part(train, heights), test, task="regression", classes=1)
        np.testing.assert_allclose(found.values, oracle.predict(test), rtol=1e-6, atol=1e-6)


def test_the_penalty_is_the_best_for_validation() -> None:
    def side(n: int):  # type: ignore[no-untyped-def]
        vectors = RNG.normal(0, 1, (n, 40))
        return part(vectors, vectors[:, 0] + RNG.normal(0, 2, n))

    train, held_out, test = side(50), side(500), side(100)

    def error(penalty: float) -> float:
        found = fitted(Ridge(penalties=(penalty,)), train, held_out.vectors, task="regression", classes=1)
        return float(((found.values - held_out.labels) ** 2).mean())

    penalties = (0.01, 1.0, 100.0, 1e4)
    best = min(penalties, key=error)
    chosen = fitted(
        Ridge(penalties=penalties, refit=False), train, test.vectors, task="regression", classes=1, validation=held_out
    )
    expected = fitted(Ridge(penalties=(best,)), train, test.vectors, task="regression", classes=1)
    np.testing.assert_allclose(chosen.values, expected.values)
    assert best not in (penalties[0], penalties[-1])


@pytest.mark.parametrize("config", [RandomForest(trees=20), Ridge()])
def test_one_label_that_may_be_there(config: RandomForest | Ridge) -> None:
    (train, labels), (test, truth) = blobs(200), blobs(150)
    found = fitted(config, part(train, (labels == 1)[:, None]), test, task="multilabel", classes=1)
    assert found.values.shape == (150, 1) and (found.values[:, 0] == (truth == 1)).mean() > 0.9
