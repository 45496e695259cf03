"""Protocols on vectors that were projected, stored on few bits, or taken from the middle."""

from typing import cast

import numpy as np
import pytest
from attrs import evolve, frozen
from sklearn.decomposition import PCA

from spacenit_core.errors import UserError
from spacenit_core.kinds.embedders import Embedder
from spacenit_core.kinds.protocols import PROTOCOLS, EmbeddedPart, LabelledSplit, ProtocolConfig
from spacenit_evals.protocols.knn import KNN
from spacenit_evals.protocols.published_knn import KNN20
from spacenit_evals.protocols.random_forest import RandomForest
from spacenit_evals.protocols.ridge import Ridge
from spacenit_evals.protocols.transformed import Transformed
from spacenit_evals.vectors.transforms.power_codes import PowerCodes
from spacenit_evals.vectors.transforms.principal import PrincipalComponents
from spacenit_evals.vectors.transforms.quantile_codes import QuantileCodes
from spacenit_evals.vectors.transforms.transformed_part import TransformsOfSplit, transformed

from .vector_splits import NO_EMBEDDER, fitted, part

RNG = np.random.default_rng(2)
TRAIN = (RNG.standard_normal((200, 16)) @ RNG.standard_normal((16, 16))).astype(np.float32)
TEST = (RNG.standard_normal((80, 16)) @ RNG.standard_normal((16, 16))).astype(np.float32)
LABELS = (TRAIN[:, 0] > 0).astype(int) + (TRAIN[:, 1] > 0)


@frozen(kw_only=True, eq=False)
class Patches(EmbeddedPart):
    """A side of which the vectors of patches are at hand too."""

    patches: np.ndarray

    def grid(self, embedder: Embedder) -> np.ndarray:
        return self.patches


@pytest.mark.parametrize("samples", [200, 12])
def test_components_are_scikit_learns(samples: int) -> None:
    oracle = PCA(n_components=5, svd_solver="full").fit(TRAIN[:samples].astype(np.float64))
    found = PrincipalComponents(TRAIN[:samples], 5)
    expected = oracle.transform(TEST.astype(np.float64))
    expected *= np.sign((expected * found(TEST)).sum(axis=0))
    np.testing.assert_allclose(found(TEST), expected, atol=1e-4)
    assert f"{oracle.explained_variance_ratio_.sum():.1%}" in found.remark


def test_more_components_than_there_are_are_refused() -> None:
    with pytest.raises(UserError, match="12 training vectors of 16 numbers vary in 11 directions at most"):
        PrincipalComponents(TRAIN[:12], 12)


@pytest.mark.parametrize("bits", [1, 2, 4, 8])
def test_codes_of_quantiles(bits: int) -> None:
    vectors = RNG.gamma(2, 1, (4000, 3)).astype(np.float32)
    codes = QuantileCodes(vectors, bits)
    found = codes.codes(vectors)
    assert found.max() == 2**bits - 1
    counts = np.stack([np.bincount(column, minlength=2**bits) for column in found.T])
    assert np.abs(counts / 4000 * 2**bits - 1).max() < 0.15
    for place in range(3):
        for code in range(0, 2**bits, 17):
            here = vectors[found[:, place] == code, place]
            assert here.min() <= codes.values[place, code] <= here.max()
    errors = [float(np.abs(QuantileCodes(vectors, few)(vectors) - vectors).mean()) for few in (1, bits)]
    assert bits == 1 or errors[1] < errors[0]
    beyond = codes(np.array([[-100.0, 100.0, np.nan]], dtype=np.float32))[0]
    assert beyond[0] == codes.values[0, 0] and beyond[1] == codes.values[1, -1] and np.isnan(beyond[2])


def test_codes_of_a_power() -> None:
    vectors = np.array([[0.0, 0.25, -0.25, 0.9, -3.0, np.nan]], dtype=np.float32)
    codes = PowerCodes(vectors)
    assert codes.codes(vectors).tolist() == [[0, 64, -64, 121, -127, 0]]
    known = [0, (64 / 127.5) ** 2, -((64 / 127.5) ** 2), (121 / 127.5) ** 2]
    np.testing.assert_allclose(codes(vectors)[0, :4], known, rtol=1e-6)
    assert codes(vectors)[0, 4] == pytest.approx(-((127 / 127.5) ** 2)) and np.isnan(codes(vectors)[0, 5])
    assert codes.remark == "1 of 5 training values saturate (20.0%)"


def test_any_protocol_sees_what_was_learnt_from_the_training_side() -> None:
    components = PrincipalComponents(TRAIN, 4)
    for protocol in (KNN20(k=5), Ridge(), RandomForest(trees=5)):
        expected = fitted(protocol, part(components(TRAIN), LABELS), components(TEST))
        found = fitted(Transformed(protocol=protocol, dimensions=4), part(TRAIN, LABELS), TEST)
        np.testing.assert_array_equal(found.values, expected.values)
    codes = QuantileCodes(TRAIN, 2)
    components = PrincipalComponents(codes(TRAIN), 4)
    expected = fitted(KNN20(k=5), part(components(codes(TRAIN)), LABELS), components(codes(TEST)))
    found = fitted(Transformed(protocol=KNN20(k=5), dimensions=4, bits=2), part(TRAIN, LABELS), TEST)
    np.testing.assert_array_equal(found.values, expected.values)


def test_what_was_lost_is_told() -> None:
    split = LabelledSplit(train=part(TRAIN, LABELS), test=part(TEST, np.zeros(80, dtype=int)))
    protocol = Transformed(protocol=Ridge(penalties=(1.0,)), power_codes=True, dimensions=3).build()
    protocol.predict(NO_EMBEDDER, split)
    saturated, kept, chosen = protocol.remark.split("; ")
    assert "saturate" in saturated and "3 of 16 dimensions hold" in kept and chosen == "penalty = 1"


def test_the_patch_in_the_middle() -> None:
    grids = RNG.standard_normal((300, 4, 3, 6)).astype(np.float32)
    labels = (grids[:, 2, 1, 0] > 0).astype(int)
    groups = np.arange(300)
    sides = [
        Patches(labels=labels[here], groups=groups[here], vectors=grids[here].mean(axis=(1, 2)), patches=grids[here])
        for here in (slice(0, 200), slice(200, 300))
    ]
    split = LabelledSplit(train=sides[0], test=sides[1])
    for vector, low, high in (("centre", 0.8, 1.0), ("pooled", 0.4, 0.75)):
        found = Transformed(protocol=KNN(), vector=vector).build().predict(NO_EMBEDDER, split)  # type: ignore[arg-type]
        assert low <= (found.values == labels[200:]).mean() <= high  # type: ignore[union-attr]


def test_patches_are_transformed_when_they_are_read() -> None:
    grids = RNG.standard_normal((50, 2, 2, 6)).astype(np.float32)
    grids[3, 1, 1] = np.nan
    labels = np.zeros((50, 4, 4), dtype=int)
    side = Patches(labels=labels, groups=np.arange(50), vectors=grids.mean(axis=(1, 2)), patches=grids)
    split = LabelledSplit(train=side, test=side, task="segmentation", classes=2)
    seen = transformed(split, TransformsOfSplit(side, (lambda vectors: PrincipalComponents(vectors, 3),), False))
    grid = seen.test.grid(NO_EMBEDDER)
    assert grid.shape == (50, 2, 2, 3) and len(grid) == 50
    rows = grids.reshape(-1, 6)
    expected = PrincipalComponents(rows[np.isfinite(rows).all(axis=1)], 3)(rows).reshape(50, 2, 2, 3)
    np.testing.assert_allclose(grid[np.array([7, 2])], expected[[7, 2]], atol=1e-5)
    with pytest.raises(UserError, match="trains on the samples themselves"):
        seen.train.batches(4)


def test_it_is_as_able_as_what_it_wraps() -> None:
    config = Transformed(protocol=RandomForest(trees=3), bits=4)
    assert PROTOCOLS.get("transformed") is Transformed
    assert config.tasks == RandomForest.tasks and config.version == RandomForest.version
    assert [cast(RandomForest, one.protocol).seed for one in config.repeats()] == [0, 1, 2]
    assert all(evolve(one, protocol=config.protocol) == config for one in config.repeats())
    with pytest.raises(ValueError, match="leave bits out"):
        Transformed(bits=8, power_codes=True)
    with pytest.raises(ValueError, match="bits must be one of"):
        Transformed(bits=3)
    assert isinstance(Transformed().protocol, ProtocolConfig)
