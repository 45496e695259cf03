"""The network of torchgeo with random weights, as torchgeo itself calls it."""

import numpy as np
import pytest
import torch

from spacenit_core.contracts.build import build
from spacenit_core.errors import DataError
from spacenit_core.kinds.embedders import EMBEDDERS, Trainable
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.sensors.selection import SensorSet
from spacenit_panopticon import network

from .conftest import SENSORS, sample

pytestmark = pytest.mark.extras


@pytest.fixture(scope="module")
def embedder():
    return awake(ModelInputs(sensors=SENSORS, patch_size=4))


def awake(inputs):
    """One whose blocks count from the beginning: their scales begin near 0."""
    built = build(EMBEDDERS.get("panopticon")(random_init=True, size=28), None, inputs)
    for name, weight in built.network.named_parameters():
        if name.endswith("gamma"):
            weight.fill_(1.0)
    return built


def test_vectors_are_those_of_torchgeo_called_by_hand(embedder, tmp_path):
    from torchgeo.models.copernicusfm import resize_abs_pos_embed
    from torchgeo.models.panopticon import Panopticon

    window = sample()
    read = embedder.reader([window]).tensors
    state = dict(embedder.network.features.backbone.state_dict())
    state["pos_embed"] = resize_abs_pos_embed(state["pos_embed"], 2, 37)
    theirs = Panopticon(img_size=28).eval()
    theirs.model.load_state_dict(state)
    given = {"imgs": read["images"], "chn_ids": read["channels"].clone()}
    with torch.inference_mode():
        tokens = theirs(dict(given, chn_ids=given["chn_ids"].clone()))
        every = theirs.model.forward_features(given)

    np.testing.assert_allclose(embedder.pooled([window])[0], tokens.mean(0), atol=1e-5)
    np.testing.assert_allclose(embedder.grid([window])[0], every[:, 1:].mean(0).reshape(2, 2, 768), atol=1e-5)
    numbers = read["channels"].clone()
    embedder.pooled([window])
    assert torch.equal(embedder.reader([window]).tensors["channels"], numbers)


def test_a_file_of_weights_is_read_exactly_or_not_at_all(embedder, tmp_path):
    backbone = embedder.network.features.backbone
    state = {**backbone.state_dict(), "mask_token": torch.zeros(1, 768)}
    torch.save(state, tmp_path / "panopticon_vitb14_teacher.pth")
    loaded = network.load_network(str(tmp_path)).features.backbone
    assert all(torch.equal(loaded.state_dict()[name], values) for name, values in backbone.state_dict().items())
    assert sum(weight.numel() for weight in loaded.parameters()) == network.PARAMETERS
    del state["norm.bias"]
    torch.save(state, tmp_path / "panopticon_vitb14_teacher.pth")
    with pytest.raises(DataError, match="does not fit the model"):
        network.load_network(str(tmp_path))


def test_an_absent_sensor_is_as_if_it_had_never_been_asked_for(embedder):
    whole = sample()
    without = sample(sensors=[SENSORS["sentinel2_l2a"], SENSORS["landsat"]])
    for name in without.bands:
        without.bands[name] = whole.bands[name]
    alone = awake(ModelInputs(sensors=SensorSet.of(["sentinel2_l2a", "landsat"]), patch_size=4))
    np.testing.assert_allclose(embedder.pooled([without]), alone.pooled([without]), atol=1e-5)
    assert np.abs(embedder.pooled([without]) - embedder.pooled([whole])).max() > 1e-3


def test_it_can_be_trained_further(embedder):
    assert isinstance(embedder, Trainable)
    module = embedder.trainable()
    tokens = module([sample()])
    tokens.square().mean().backward()
    assert module.network.features.backbone.pos_embed.grad is not None
