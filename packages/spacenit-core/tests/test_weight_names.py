"""Weights that a wrapper renamed are read; names that nothing explains are told."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import Tensor, nn

from spacenit_core import PretrainedModel, SensorSet, load_model
from spacenit_core.checkpoint.names import mismatches, unwrapped
from spacenit_core.checkpoint.tensors import copy_into, pack, unpack
from spacenit_core.errors import DataError, UserError
from spacenit_core.exporters.olmoearth import OlmoEarthConfig
from spacenit_core.exporters.safetensors import SafetensorsConfig
from spacenit_core.models.latent_mim.config import LatentMIMConfig
from spacenit_core.nn.encoder_config import OlmoEarthEncoderConfig
from spacenit_core.nn.predictor_config import PredictorConfig

SIZES: dict[str, Any] = {"embedding_size": 16, "num_heads": 2}
CONFIG = LatentMIMConfig(
    encoder=OlmoEarthEncoderConfig(depth=1, **SIZES), decoder=PredictorConfig(depth=1, **SIZES), target="encoder"
)
WRAPPED: dict[str, Callable[[str], str]] = {
    "DDP": lambda name: f"module.{name}",
    "compile": lambda name: f"_orig_mod.{name}",
    "compile of DDP": lambda name: f"_orig_mod.module.{name}",
    "DDP of compile": lambda name: f"module._orig_mod.{name}",
    "compiled blocks": lambda name: name.replace(".blocks.0.", ".blocks.0._orig_mod."),
    "DDP of a part": lambda name: name.replace("encoder.", "encoder.module.", 1),
}


@pytest.fixture(scope="module")
def model() -> PretrainedModel:
    sensors = SensorSet.of(["sentinel1"])
    return PretrainedModel(CONFIG.build(sensors), sensors, CONFIG, "here").eval()


def rename(path: Path, change: Callable[[str], str]) -> None:
    """Give the weights of a file other names."""
    if path.suffix == ".pth":
        state = torch.load(path, weights_only=True)
        torch.save({change(name): tensor for name, tensor in state.items()}, path)
    else:
        path.write_bytes(pack({change(name): tensor for name, tensor in unpack(path).items()}))


@pytest.mark.parametrize("wrapper", WRAPPED)
@pytest.mark.parametrize("form", ["safetensors", "olmoearth"])
def test_wrapped_weights_load(model: PretrainedModel, wrapper: str, form: str, tmp_path: Path) -> None:
    config = {"safetensors": SafetensorsConfig(), "olmoearth": OlmoEarthConfig()}[form]
    config.build()(model, tmp_path)
    rename(next(path for path in tmp_path.iterdir() if path.suffix != ".json"), WRAPPED[wrapper])

    loaded = load_model(tmp_path).encoder_module.state_dict()

    assert all(torch.equal(tensor, loaded[name]) for name, tensor in model.encoder_module.state_dict().items())


@pytest.mark.parametrize("form", ["safetensors", "olmoearth"])
def test_names_that_nothing_explains_are_shown(model: PretrainedModel, form: str, tmp_path: Path) -> None:
    config = {"safetensors": SafetensorsConfig(), "olmoearth": OlmoEarthConfig()}[form]
    config.build()(model, tmp_path)
    rename(next(path for path in tmp_path.iterdir() if path.suffix != ".json"), lambda name: f"student.{name}")

    with pytest.raises(UserError) as caught:
        load_model(tmp_path)

    text = str(caught.value)
    assert " is missing" in text and "student." in text and "more that are not part of this model" in text
    assert len(text.splitlines()) < 20 and "config.json that" not in text


def test_weights_below_a_key_are_told(tmp_path: Path, model: PretrainedModel) -> None:
    OlmoEarthConfig().build()(model, tmp_path)
    state = torch.load(tmp_path / "weights.pth", weights_only=True)
    torch.save({"epoch": 3, "model_state": state}, tmp_path / "weights.pth")
    with pytest.raises(DataError, match="its entry 'model_state': save that alone"):
        load_model(tmp_path)


def test_a_wrapper_in_the_model_reads_plain_weights() -> None:
    plain = nn.Linear(2, 2)
    wrapped = nn.Sequential()
    wrapped.add_module("_orig_mod", nn.Linear(2, 2))
    copy_into(wrapped, plain.state_dict(), "there")
    assert torch.equal(dict(wrapped.named_parameters())["_orig_mod.weight"], plain.weight)


def test_names_that_could_mean_two_things_stay() -> None:
    one = torch.zeros(1)
    given: dict[str, Tensor] = {"module.a": one, "_orig_mod.a": one, "module.b": one, "b": one}
    assert list(unwrapped(given, ["a", "b"])) == list(given)
    assert list(unwrapped({"a": one}, ["module.a", "a.module"])) == ["a"]
    assert mismatches(["x"], ["a", "x"]) == ["a is missing"]
