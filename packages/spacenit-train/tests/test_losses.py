"""Losses against OlmoEarth Pretrain (see goldens/make_losses.py), and what holds for any input."""

from pathlib import Path

import numpy as np
import pytest
import torch
from attrs import evolve

from spacenit_core.errors import UserError
from spacenit_core.kinds.losses import LOSSES, TokenPairs
from spacenit_train.losses.config import InfoNCEConfig, ModalityPatchDiscriminationConfig

GOLDEN = Path(__file__).parent / "goldens" / "losses.npz"
SENSORS = ("sentinel2_l2a", "worldcover", "landsat")
OPTIONS = {
    "default": {},
    "sharp": {"tau": 0.05, "weight": 0.7},
    "unit": {"pred2unit": True},
    "weights": {"modality_weights": {"sentinel2_l2a": 1.0, "worldcover": 0.25, "landsat": 2.0}},
}


@pytest.fixture(scope="module")
def golden() -> dict[str, np.ndarray]:
    with np.load(GOLDEN) as arrays:
        return dict(arrays)


def pairs_of(golden: dict[str, np.ndarray], predicted: torch.Tensor) -> TokenPairs:
    """The tokens to decode, ordered by sample; `predicted` holds all tokens, ``[B, N, D]``."""
    decode = torch.cat([torch.from_numpy(golden[f"m/{name}"] == 2).flatten(1) for name in SENSORS], dim=1)
    target = torch.cat([torch.from_numpy(golden[f"t/{name}"]).flatten(1, -2) for name in SENSORS], dim=1)
    sizes = torch.tensor([golden[f"m/{name}"][0].size for name in SENSORS])
    sensor = torch.repeat_interleave(torch.arange(len(SENSORS)), sizes)
    sample, position = decode.nonzero().unbind(1)
    return TokenPairs(
        predicted=predicted[sample, position],
        target=target[sample, position],
        sample=sample,
        sensor=sensor[position],
        batch_size=len(decode),
        sensors=SENSORS,
    )


def all_tokens(golden: dict[str, np.ndarray], prefix: str) -> torch.Tensor:
    return torch.cat([torch.from_numpy(golden[f"{prefix}/{name}"]).flatten(1, -2) for name in SENSORS], dim=1)


@pytest.mark.parametrize("key", OPTIONS)
def test_modality_patch_discrimination_equals_the_oracle(golden: dict[str, np.ndarray], key: str) -> None:
    predicted = all_tokens(golden, "p").requires_grad_()
    loss = ModalityPatchDiscriminationConfig(**OPTIONS[key]).build()(pairs_of(golden, predicted))
    assert loss.dtype == torch.float32
    assert loss.item() == pytest.approx(float(golden[f"loss/{key}"]), abs=1e-5)
    (gradient,) = torch.autograd.grad(loss, predicted)
    torch.testing.assert_close(gradient, all_tokens(golden, f"gradient/{key}"), rtol=1e-5, atol=1e-5)


def test_info_nce_equals_the_oracle(golden: dict[str, np.ndarray]) -> None:
    first = torch.from_numpy(golden["first"]).requires_grad_()
    loss = InfoNCEConfig(tau=0.2, weight=0.1).build()(first, torch.from_numpy(golden["second"]))
    assert loss.item() == pytest.approx(float(golden["loss/info_nce"]), abs=1e-5)
    (gradient,) = torch.autograd.grad(loss, first)
    torch.testing.assert_close(gradient, torch.from_numpy(golden["gradient/info_nce"]), rtol=1e-5, atol=1e-5)


def test_nothing_predicted_is_zero_and_can_be_trained_on() -> None:
    predicted = torch.zeros(0, 8, requires_grad=True)
    none = torch.zeros(0, dtype=torch.int64)
    pairs = TokenPairs(
        predicted=predicted, target=torch.zeros(0, 8), sample=none, sensor=none, batch_size=2, sensors=SENSORS
    )
    loss = ModalityPatchDiscriminationConfig().build()(pairs)
    loss.backward()
    assert loss.item() == 0


def test_a_samples_loss_does_not_depend_on_the_others(golden: dict[str, np.ndarray]) -> None:
    pairs = pairs_of(golden, all_tokens(golden, "p"))
    loss = ModalityPatchDiscriminationConfig().build()
    alone = []
    for row in range(2):
        mine = pairs.sample == row
        one = TokenPairs(
            predicted=pairs.predicted[mine],
            target=pairs.target[mine],
            sample=torch.zeros(int(mine.sum()), dtype=torch.int64),
            sensor=pairs.sensor[mine],
            batch_size=1,
            sensors=SENSORS,
        )
        alone.append(loss(one))
    both = pairs.sample < 2
    together = evolve(
        pairs,
        predicted=pairs.predicted[both],
        target=pairs.target[both],
        sample=pairs.sample[both],
        sensor=pairs.sensor[both],
        batch_size=2,
    )
    assert loss(together).item() == pytest.approx(float(sum(alone)) / 2, abs=1e-5)


def test_half_precision_tokens_are_compared_in_float32(golden: dict[str, np.ndarray]) -> None:
    pairs = pairs_of(golden, all_tokens(golden, "p"))
    half = evolve(pairs, predicted=pairs.predicted.bfloat16(), target=pairs.target.bfloat16())
    loss = ModalityPatchDiscriminationConfig().build()
    rounded = evolve(pairs, predicted=half.predicted.float(), target=half.target.float())
    assert loss(half).dtype == torch.float32
    assert loss(half).item() == loss(rounded).item()


def test_a_sensor_without_a_weight_is_named(golden: dict[str, np.ndarray]) -> None:
    loss = ModalityPatchDiscriminationConfig(modality_weights={"landsat": 1.0}).build()
    with pytest.raises(UserError, match="sentinel2_l2a"):
        loss(pairs_of(golden, all_tokens(golden, "p")))


def test_entries_are_found_by_name() -> None:
    assert LOSSES.get("modality_patch_discrimination") is ModalityPatchDiscriminationConfig
    assert LOSSES.get("info_nce").metric == "InfoNCE"
