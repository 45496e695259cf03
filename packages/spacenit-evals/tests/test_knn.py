"""Nearest neighbours against scikit-learn and against the same in double precision."""

import numpy as np
import pytest
from attrs import evolve
from sklearn.neighbors import KNeighborsClassifier, KNeighborsRegressor, NearestNeighbors

from spacenit_core.errors import DataError, UserError
from spacenit_core.kinds.protocols import PROTOCOLS
from spacenit_evals.protocols.knn import KNN
from spacenit_evals.protocols.neighbours import NeighbourSearch
from spacenit_evals.protocols.published_knn import KNN5, KNN20, KNN200

from .vector_splits import fitted, part, predicted

RNG = np.random.default_rng(5)


def vectors(n: int, features: int = 12, seed: int = 0) -> np.ndarray:
    return np.random.default_rng(seed).normal(0.3, 1, (n, features)).astype(np.float32)


def voting(temperature: float):  # type: ignore[no-untyped-def]
    return lambda distance: np.exp((1 - distance) / temperature)


def test_published_settings_have_names() -> None:
    assert [PROTOCOLS.get(name) for name in ("knn_20", "knn_200", "knn_5")] == [KNN20, KNN200, KNN5]
    assert (KNN20().k, KNN20().temperature, KNN20().metric, KNN20().standardise) == (20, 0.07, "cosine", False)
    assert (KNN200().k, KNN200().temperature, KNN200().metric, KNN200().standardise) == (200, 0.1, "cosine", False)
    assert (KNN5().k, KNN5().weights, KNN5().metric, KNN5().standardise) == (5, "uniform", "euclidean", False)


@pytest.mark.parametrize(
    ("config", "oracle"),
    [
        (KNN20(), KNeighborsClassifier(20, metric="cosine", algorithm="brute", weights=voting(0.07))),
        (KNN200(), KNeighborsClassifier(200, metric="cosine", algorithm="brute", weights=voting(0.1))),
        (KNN5(), KNeighborsClassifier(5, algorithm="brute")),
    ],
)
def test_published_settings_vote_like_scikit_learn(config: KNN, oracle: KNeighborsClassifier) -> None:
    train, test, labels = vectors(400), vectors(300, seed=1), RNG.integers(0, 5, 400)
    found = fitted(config, part(train, labels), test, classes=7)
    oracle.fit(train.astype(np.float64), labels)
    np.testing.assert_array_equal(found.values, oracle.predict(test.astype(np.float64)))
    assert found.scores is not None and found.scores.shape == (300, 7)
    np.testing.assert_allclose(found.scores[:, :5], oracle.predict_proba(test.astype(np.float64)), atol=1e-5)
    assert not found.scores[:, 5:].any()


@pytest.mark.parametrize("metric", ["cosine", "euclidean"])
def test_single_precision_decides_nothing_that_it_cannot(metric: str) -> None:
    """Vectors so much alike that their order drowns in the rounding of single precision."""
    centre = np.random.default_rng(3).normal(0, 1, 40)
    train, test = (
        (centre + 1e-4 * np.random.default_rng(seed).normal(0, 1, (n, 40))).astype(np.float32)
        for seed, n in ((0, 500), (1, 200))
    )
    labels = RNG.integers(0, 4, 500)
    config = KNN(metric=metric, weights="uniform", k=5, standardise=False)  # type: ignore[arg-type]
    oracle = NearestNeighbors(n_neighbors=5, algorithm="brute", metric=metric).fit(train.astype(np.float64))
    if metric == "cosine":
        units = [part / np.linalg.norm(part, axis=1)[:, None] for part in (train.astype(float), test.astype(float))]
        nearest = np.argsort(-(units[1] @ units[0].T), axis=1, kind="stable")[:, :5]
    else:
        nearest = oracle.kneighbors(test.astype(np.float64), return_distance=False)
    expected = [np.bincount(labels[row], minlength=4).argmax() for row in nearest]
    np.testing.assert_array_equal(predicted(config, train, labels, test), expected)


def test_few_queries_are_searched_twice() -> None:
    search = NeighbourSearch(vectors(3000, 64), 20, "cosine")
    found = search.quickly(vectors(500, 64, seed=1))
    assert found.in_doubt.mean() < 0.05
    exact = search.exactly(vectors(500, 64, seed=1))
    sure = ~found.in_doubt
    np.testing.assert_array_equal(np.sort(found.index[sure]), np.sort(exact.index[sure]))


def test_of_equal_neighbours_the_first_and_of_equal_votes_the_first_class() -> None:
    train = np.repeat(np.eye(2, dtype=np.float32), 3, axis=0)
    labels = np.array([2, 1, 0, 0, 1, 2])
    config = KNN(k=2, weights="uniform", standardise=False)
    assert predicted(config, train, labels, np.array([[1, 0], [0, 1]], dtype=np.float32)).tolist() == [1, 0]


def test_several_labels_are_voted_on_at_once() -> None:
    train, test = vectors(300), vectors(120, seed=1)
    labels = RNG.random((300, 4)) < [0.5, 0.2, 0.0, 1.0]
    found = fitted(KNN20(), part(train, labels), test, task="multilabel", classes=4)
    assert found.values.dtype == bool and found.scores is not None
    for number in range(4):
        oracle = KNeighborsClassifier(20, metric="cosine", algorithm="brute", weights=voting(0.07))
        oracle.fit(train.astype(np.float64), labels[:, number])
        np.testing.assert_array_equal(found.values[:, number], oracle.predict(test.astype(np.float64)))
    assert not found.scores[:, 2].any() and (found.scores[:, 3] == 1).all()


def test_numbers_are_means_of_the_neighbours() -> None:
    train, test, heights = vectors(300), vectors(100, seed=1), RNG.normal(500, 100, 300)
    oracle = KNeighborsRegressor(20, metric="cosine", algorithm="brute", weights=voting(0.07))
    expected = oracle.fit(train.astype(np.float64), heights).predict(test.astype(np.float64))
    found = fitted(KNN20(), part(train, heights), test, task="regression", classes=1)
    np.testing.assert_allclose(found.values, expected, rtol=1e-5)
    assert found.scores is None


def test_missing_values_do_not_spread() -> None:
    train, test, labels = vectors(200), vectors(50, seed=1), RNG.integers(0, 3, 200)
    train[5, 2] = test[7, 1] = np.nan
    found = fitted(KNN20(), part(train, labels), test)
    assert found.scores is not None and np.isfinite(found.scores).all()


def test_a_label_that_is_no_class_is_refused() -> None:
    train, test, labels = vectors(50), vectors(10, seed=1), RNG.integers(0, 3, 50)
    for wrong in (-1, 3):
        labels[4] = wrong
        with pytest.raises(DataError, match=f"{wrong}.*classes are 0 to 2"):
            fitted(KNN20(), part(train, labels), test, classes=3)
    with pytest.raises(DataError, match="1 of 50 samples have no number"):
        numbers = np.where(np.arange(50) == 3, np.nan, 1.0)
        fitted(KNN20(), part(train, numbers), test, task="regression", classes=1)


def test_one_class_cannot_be_learnt_from() -> None:
    with pytest.raises(UserError, match="all 50 training samples are of class 2"):
        fitted(KNN20(), part(vectors(50), np.full(50, 2)), vectors(10, seed=1), classes=3)
    with pytest.raises(UserError, match="no training samples"):
        fitted(KNN20(), part(vectors(0), np.zeros(0, dtype=int)), vectors(10, seed=1), classes=3)


def test_maps_are_refused() -> None:
    with pytest.raises(UserError, match="segmentation asks for maps"):
        fitted(KNN20(), part(vectors(50), RNG.integers(0, 3, (50, 4, 4))), vectors(10), task="segmentation", classes=3)


def test_votes_by_distance_are_refused() -> None:
    with pytest.raises(ValueError, match="weights=uniform"):
        KNN(metric="euclidean")
    assert "temperature" in evolve(KNN5(), k=3).inactive()
