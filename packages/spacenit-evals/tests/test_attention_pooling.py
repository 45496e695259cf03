"""The head that weighs the vectors of band sets."""

from collections.abc import Iterator, Sequence
from typing import cast

import numpy as np
import pytest
import torch
from attrs import frozen
from torch.nn import functional

from spacenit_core.errors import UserError
from spacenit_core.kinds.embedders import Embedder
from spacenit_core.kinds.protocols import LabelledPart, LabelledSplit
from spacenit_core.nn.encoder_config import OlmoEarthEncoderConfig
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.sensors.selection import SensorSet
from spacenit_evals.embedders.token_embedder import TokenEmbedder
from spacenit_evals.protocols.linear_probe import LinearProbe
from spacenit_evals.protocols.probe.attention_pooling import PoolingHeads, attention_heads
from spacenit_evals.protocols.probe.threads import one_thread

from .synthetic import _sample

WIDTH, SETS = 8, 3


@pytest.fixture(autouse=True)
def _one_thread() -> Iterator[None]:
    with one_thread():
        yield


class BandSets:
    """A patch of two has vectors in three band sets, of which one that is marked tells the class."""

    def band_sets(self, samples: Sequence[SampleWindow]) -> np.ndarray:
        vectors = np.stack([np.random.default_rng(one.index).normal(size=(1, 2, SETS, WIDTH)) for one in samples])
        for vector, sample in zip(vectors, samples, strict=True):
            marked = sample.index % SETS
            vector[:, :, marked, 0] = 4
            vector[:, :, marked, 1] = 3 * (2 * (sample.index // SETS % 2) - 1)
        return vectors.astype(np.float32)


@frozen(kw_only=True, eq=False)
class Part:
    numbers: np.ndarray

    @property
    def groups(self) -> np.ndarray:
        return self.numbers

    @property
    def labels(self) -> np.ndarray:
        return np.broadcast_to((self.numbers // SETS % 2)[:, None, None], (len(self.numbers), 2, 4)).copy()

    def samples(self, rows: np.ndarray) -> list[SampleWindow]:
        return [_sample(int(number)) for number in self.numbers[rows]]


def split(count: int = 120) -> LabelledSplit:
    train, test = (cast(LabelledPart, Part(numbers=np.arange(start, start + count))) for start in (0, 1000))
    return LabelledSplit(train=train, test=test, validation=train, task="segmentation", classes=2)


def test_the_band_set_that_tells_is_found() -> None:
    samples, embedder = split(), cast(Embedder, BandSets())
    probe = LinearProbe(head="attnpool", epochs=30, learning_rates=(0.03, 0.01), batch_size=16)
    found = np.concatenate([one.values for one in probe.build().predict(embedder, samples)])
    assert (found == samples.test.labels).mean() > 0.95


def test_it_is_the_attention_of_torch() -> None:
    torch.manual_seed(0)
    heads = PoolingHeads(2, 128, 5, seed=0)
    for parameter in heads.parameters:
        parameter.data += torch.randn_like(parameter)
    features = torch.randn(3, 4, 4, SETS, 128)
    found = heads.state()(features)
    torch.testing.assert_close(found, heads(features))
    assert attention_heads(128) == 2 and attention_heads(16) == 1 and attention_heads(200) == 2
    for number in range(2):
        keys, values = (
            functional.linear(features, heads.both_weight[number], heads.both_bias[number])
            .unflatten(-1, (2, 2, 64))
            .permute(4, 0, 1, 2, 5, 3, 6)
        )
        query = heads.query[number].view(1, 1, 1, 2, 1, 64)
        pooled = functional.scaled_dot_product_attention(query, keys, values).flatten(3)
        expected = functional.linear(pooled, heads.weight[number], heads.bias[number])
        torch.testing.assert_close(found[number], expected, atol=1e-3, rtol=1e-3)


def test_encoders_give_vectors_of_band_sets_and_others_are_refused() -> None:
    sensors = SensorSet.of(["sentinel2_l2a"])
    encoder = OlmoEarthEncoderConfig(embedding_size=16, depth=1, num_heads=2, max_patch_size=4).build(sensors)
    embedder = TokenEmbedder(encoder, ModelInputs(sensors=sensors, patch_size=2))
    rng = np.random.default_rng(0)
    window = SampleWindow(
        index=0,
        bands={"sentinel2_l2a": rng.uniform(500, 2000, (4, 4, 2, 12)).astype(np.float32)},
        present={"sentinel2_l2a": np.ones(2, bool)},
        timestamps=np.array([[1, 0, 2020], [1, 1, 2020]]),
        latlon=np.zeros(2, np.float32),
    )
    found = embedder.band_sets([window])
    assert found.shape == (1, 2, 2, len(sensors["sentinel2_l2a"].band_groups), 16)
    np.testing.assert_allclose(found.mean(axis=3), embedder.grid([window]), atol=1e-5)
    with pytest.raises(UserError, match="this embedder gives one vector for a patch"):
        LinearProbe(head="attnpool", epochs=1).build().predict(cast(Embedder, object()), split(6))
