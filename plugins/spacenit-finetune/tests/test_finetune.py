"""Encoders are fine-tuned for every task, and nothing of another run is reused."""

import numpy as np
import pytest
import torch
from attrs import evolve

from spacenit_core.errors import DataError, UserError
from spacenit_core.kinds.embedders import EMBEDDERS
from spacenit_core.kinds.protocols import PROTOCOLS
from spacenit_evals.embedders.token_embedder import TokenEmbedder
from spacenit_finetune.config import Finetune

from .conftest import WEIGHTS, needs_real_data
from .encoders import Halved, own_encoder, predicted
from .labelled import INPUTS, split

FAST = Finetune(epochs=6, learning_rate=0.02, unfrozen_factor=0.1, batch_size=8)


@pytest.mark.parametrize("task", ["classification", "multilabel", "regression", "segmentation", "pixel_regression"])
def test_every_task_is_learnt(task):
    samples = split(task)
    found, truth = predicted(FAST, samples), samples.test.labels
    assert found.shape == truth.shape
    if task.endswith("regression"):
        known = np.isfinite(truth)
        assert np.sqrt(np.mean((found - truth)[known] ** 2)) < 0.75 * np.nanstd(truth)
        assert np.isfinite(found).all()
    else:
        known = truth != -1
        assert (found == truth)[known].mean() > 0.9


@needs_real_data
@pytest.mark.parametrize(("name", "folder"), [("galileo", "galileo_nano"), ("presto", "presto")])
def test_baselines_are_fine_tuned(name, folder):
    samples = split("classification", count=12)
    config = EMBEDDERS.get(name)(sensors=("sentinel2_l2a",), weights=str(WEIGHTS / folder))
    protocol = Finetune(epochs=2, learning_rate=0.01, unfrozen_factor=0.01, batch_size=6)
    assert (predicted(protocol, samples, config.build(None, INPUTS)) == samples.test.labels).mean() > 0.9


def test_by_low_ranks_too():
    samples = split("classification")
    assert (predicted(evolve(FAST, lora_rank=2), samples) == samples.test.labels).mean() > 0.9


def test_the_embedder_stays_as_it_is():
    embedder = own_encoder()
    before = {name: tensor.clone() for name, tensor in embedder.encoder.state_dict().items()}
    state = torch.random.get_rng_state()
    predicted(evolve(FAST, epochs=3), split("classification"), embedder)
    assert all(torch.equal(before[name], tensor) for name, tensor in embedder.encoder.state_dict().items())
    assert torch.equal(state, torch.random.get_rng_state())
    assert torch.is_grad_enabled()


def test_the_same_seed_gives_the_same_bits_and_others_do_not():
    samples = split("regression", validation=False)
    first, second = (predicted(evolve(FAST, epochs=2), samples) for _ in range(2))
    np.testing.assert_array_equal(first, second)
    repeats = FAST.repeats()
    assert [one.seed for one in repeats] == [0, 1, 2]
    assert not np.array_equal(first, predicted(evolve(repeats[1], epochs=2), samples))


def test_nothing_is_reused_by_another_run(tmp_path):
    """Another rate, seed, head, loss, weights, patch size, labels, pixels or normaliser: another folder."""
    samples, embedder = split("segmentation", count=9), own_encoder()
    config = Finetune(epochs=1, folder=tmp_path, batch_size=9)
    windows, moved = list(samples.train.windows), samples.train.labels.copy()
    moved[0] = 1 - np.abs(moved[0])
    pixels = windows[8].bands["sentinel2_l2a"].copy()
    pixels[0, 0, 0, 0] += 1
    windows[8] = evolve(windows[8], bands={"sentinel2_l2a": pixels})
    coarser = TokenEmbedder(embedder.encoder, evolve(INPUTS, patch_size=4))
    runs = [
        (config, samples, embedder),
        (evolve(config, learning_rate=2e-4), samples, embedder),
        (evolve(config, seed=1), samples, embedder),
        (evolve(config, head="decoder"), samples, embedder),
        (evolve(config, dice=True), samples, embedder),
        (config, samples, own_encoder(1)),
        (config, samples, coarser),
        (config, evolve(samples, train=evolve(samples.train, labels=moved)), embedder),
        (config, evolve(samples, train=evolve(samples.train, windows=windows)), embedder),
        (config, samples, Halved(embedder.encoder, INPUTS)),
    ]
    for number, run in enumerate(runs, 1):
        predicted(*run)
        assert len(list(tmp_path.iterdir())) == number, run[0]
    predicted(*runs[0])
    assert len(list(tmp_path.iterdir())) == len(runs)


def test_what_cannot_be_is_refused():
    samples = split("classification")
    with pytest.raises(UserError, match="finetune trains a model further"):
        predicted(FAST, samples, EMBEDDERS.get("raw_pixels")().build(None, INPUTS))
    with pytest.raises(UserError, match="a decoder makes maps"):
        predicted(evolve(FAST, head="decoder"), samples)
    with pytest.raises(DataError, match="there are 2 classes"):
        predicted(FAST, evolve(samples, train=evolve(samples.train, labels=samples.train.labels + 1)))


def test_it_is_found_by_name():
    assert PROTOCOLS.get("finetune") is Finetune
