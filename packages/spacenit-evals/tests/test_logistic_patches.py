"""Logistic regression on the vectors of patches, against scikit-learn."""

from typing import cast

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import StandardScaler

from spacenit_core.errors import DataError, UserError
from spacenit_core.kinds.protocols import LabelledPart, LabelledSplit, Prediction
from spacenit_evals.protocols.logistic_patches import LogisticPatches, majority

from .vector_splits import NO_EMBEDDER, GridPart


def part(count: int, seed: int) -> GridPart:
    """Patches of 2 x 2 pixels of three classes, the first of which is rare; a tenth of the pixels has no label."""
    rng = np.random.default_rng(seed)
    centres = np.random.default_rng(9).normal(0, 1, (3, 6))
    classes = rng.choice(3, (count, 4, 4), p=(0.1, 0.4, 0.5))
    vectors = (centres[classes] + rng.standard_normal((count, 4, 4, 6))).astype(np.float32)
    labels = classes.repeat(2, axis=1).repeat(2, axis=2)
    return GridPart(labels=np.where(rng.random(labels.shape) < 0.1, -1, labels), vectors=vectors)


def split(train: GridPart, test: GridPart) -> LabelledSplit:
    return LabelledSplit(train=cast(LabelledPart, train), test=cast(LabelledPart, test), task="segmentation", classes=3)


def predicted(protocol: LogisticPatches, train: GridPart, test: GridPart) -> Prediction:
    parts = list(protocol.build().predict(NO_EMBEDDER, split(train, test)))
    scores = [found.scores for found in parts if found.scores is not None]
    return Prediction(values=np.concatenate([found.values for found in parts]), scores=np.concatenate(scores))


def test_patches_are_told_apart_as_scikit_learn_does() -> None:
    train, test = part(60, 0), part(70, 1)
    found = predicted(LogisticPatches(), train, test)
    labels = majority(train.labels, (4, 4), 3).reshape(-1)
    scaler = StandardScaler().fit(train.vectors.reshape(-1, 6))
    oracle = LogisticRegression(C=0.05, class_weight="balanced", tol=1e-8, max_iter=5000)
    oracle.fit(scaler.transform(train.vectors.reshape(-1, 6)), labels)
    likely = oracle.predict_proba(scaler.transform(test.vectors.reshape(-1, 6))).reshape(70, 4, 4, 3)
    assert found.values.shape == (70, 8, 8) and found.scores is not None and found.scores.shape == (70, 3, 8, 8)
    np.testing.assert_allclose(np.moveaxis(found.scores[:, :, ::2, 1::2], 1, -1), likely, atol=2e-3)
    assert (found.values[:, 1::2, ::2] == likely.argmax(axis=-1)).mean() > 0.995


def test_a_patch_is_of_the_class_that_most_of_it_has() -> None:
    labels = np.array([[[0, 1, -1, -1], [1, 2, -1, -1], [2, 0, -1, 2], [0, 2, -1, -1]]])
    assert majority(labels, (2, 2), 3).tolist() == [[[1, -1], [0, 2]]]
    with pytest.raises(DataError, match="labels from -1 to 2, and the classes are 0 to 1"):
        majority(labels, (2, 2), 2)
    with pytest.raises(UserError, match="3 x 3 patches have no whole number of 4 x 4 labelled pixels"):
        majority(labels, (3, 3), 3)


def test_patches_without_labels_are_not_learnt_from() -> None:
    train, test = part(60, 0), part(20, 1)
    spoilt = train.vectors.copy()
    spoilt[:5] = 1e6
    unlabelled = np.where(np.arange(60)[:, None, None] < 5, -1, train.labels)
    fewer = GridPart(labels=train.labels[5:], vectors=train.vectors[5:])
    expected = predicted(LogisticPatches(), fewer, test).values
    found = predicted(LogisticPatches(), GridPart(labels=unlabelled, vectors=spoilt), test).values
    np.testing.assert_array_equal(found, expected)
    with pytest.raises(UserError, match="all training patches are of one class"):
        predicted(LogisticPatches(), GridPart(labels=train.labels * 0, vectors=train.vectors), test)


def test_the_penalty_is_chosen_on_groups_that_are_left_out() -> None:
    protocol = LogisticPatches(strengths=(1e-6, 1.0)).build()
    list(protocol.predict(NO_EMBEDDER, split(part(60, 0), part(5, 1))))
    assert protocol.remark == "C = 1"
