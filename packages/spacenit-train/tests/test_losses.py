"""Token and pooled losses against OlmoEarth Pretrain (see goldens/make_losses.py), and what holds for any input."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch
from attrs import evolve
from torch.utils._python_dispatch import TorchDispatchMode

from spacenit_core.errors import UserError
from spacenit_core.kinds.losses import LOSSES, TokenPairs, check_role, losses_of
from spacenit_train.losses.cross_entropy import CrossEntropyConfig
from spacenit_train.losses.info_nce import InfoNCEConfig
from spacenit_train.losses.modality_patch_discrimination import ModalityPatchDiscriminationConfig
from spacenit_train.losses.modality_patch_discrimination_masked_negatives import (
    ModalityPatchDiscriminationMaskedNegativesConfig,
)
from spacenit_train.losses.smooth_l1 import SmoothL1Config

GOLDEN = Path(__file__).parent / "goldens" / "losses.npz"
SENSORS = ("sentinel2_l2a", "worldcover", "landsat")

with np.load(GOLDEN) as _arrays:
    ARRAYS = dict(_arrays)
SETTINGS: dict[str, dict[str, dict[str, Any]]] = json.loads(str(ARRAYS["settings"]))
CASES = [(key, setting) for key in SETTINGS if key not in ("mae", "KoLeo") for setting in SETTINGS[key]]
TOKEN_LOSSES = [name for name in losses_of("tokens") if LOSSES.entry(name).distribution == "spacenit-train"]


def all_tokens(prefix: str) -> torch.Tensor:
    return torch.cat([torch.from_numpy(ARRAYS[f"{prefix}/{name}"]).flatten(1, -2) for name in SENSORS], dim=1)


def golden_pairs() -> TokenPairs:
    """The tokens to decode, ordered by sample."""
    decode = torch.cat([torch.from_numpy(ARRAYS[f"m/{name}"] == 2).flatten(1) for name in SENSORS], dim=1)
    sizes = torch.tensor([ARRAYS[f"m/{name}"][0].size for name in SENSORS])
    sensor = torch.repeat_interleave(torch.arange(len(SENSORS)), sizes)
    sample, position = decode.nonzero().unbind(1)
    return TokenPairs(
        predicted=all_tokens("p")[sample, position].requires_grad_(),
        target=all_tokens("t")[sample, position],
        sample=sample,
        sensor=sensor[position],
        batch_size=len(decode),
        sensors=SENSORS,
    )


def with_classes(key: str, setting: str, pairs: TokenPairs) -> TokenPairs:
    """The pairs, with the targets that cross_entropy wants."""
    if key != "cross_entropy":
        return pairs
    numbers = pairs.target.argmax(-1, keepdim=True)
    return evolve(pairs, target=numbers if setting == "numbers" else pairs.target.softmax(-1))


def options_of(key: str, setting: str) -> dict[str, Any]:
    options = dict(SETTINGS[key][setting])
    if "mask_negatives_for_modalities" in options:
        options["mask_negatives_for_modalities"] = tuple(options["mask_negatives_for_modalities"])
    return options


def gradient_of(loss: torch.Tensor, predicted: torch.Tensor) -> torch.Tensor:
    return torch.autograd.grad(loss, predicted, retain_graph=True)[0]


@pytest.mark.parametrize(("key", "setting"), CASES)
def test_a_token_loss_and_its_gradient_equal_the_oracles(key: str, setting: str) -> None:
    pairs = with_classes(key, setting, golden_pairs())
    loss = LOSSES.get(key)(**options_of(key, setting)).build()(pairs)
    assert loss.dtype == torch.float32
    assert loss.item() == pytest.approx(float(ARRAYS[f"loss/{key}/{setting}"]), abs=1e-5)
    expected = torch.from_numpy(ARRAYS[f"gradient/{LOSSES.canonical(key)}/{setting}"])
    torch.testing.assert_close(gradient_of(loss, pairs.predicted), expected, rtol=1e-5, atol=1e-5)


def test_info_nce_equals_the_oracle() -> None:
    first = torch.from_numpy(ARRAYS["first"]).requires_grad_()
    loss = InfoNCEConfig(tau=0.2, weight=0.1).build()(first, torch.from_numpy(ARRAYS["second"]))
    assert loss.item() == pytest.approx(float(ARRAYS["loss/info_nce"]), abs=1e-5)
    expected = torch.from_numpy(ARRAYS["gradient/info_nce"])
    torch.testing.assert_close(gradient_of(loss, first), expected, rtol=1e-5, atol=1e-5)


def test_every_key_of_the_reference_is_an_entry() -> None:
    assert {LOSSES.canonical(key) for key in [*SETTINGS, "InfoNCE"]} <= set(LOSSES.names())


@pytest.mark.parametrize("name", TOKEN_LOSSES)
def test_nothing_predicted_is_zero_and_can_be_trained_on(name: str) -> None:
    # A layer in front, as in a model: its weights must get a gradient.
    layer = torch.nn.Linear(4, 8)
    none = torch.zeros(0, dtype=torch.int64)
    pairs = TokenPairs(
        predicted=layer(torch.zeros(0, 4)),
        target=torch.zeros(0, 8),
        sample=none,
        sensor=none,
        batch_size=2,
        sensors=SENSORS,
    )
    loss = LOSSES.get(name)().build()(pairs)
    loss.backward()
    assert loss.item() == 0
    assert loss.dtype == torch.float32
    assert layer.weight.grad is not None
    assert not layer.weight.grad.any()


def shuffled(pairs: TokenPairs, seed: int) -> TokenPairs:
    """The same pairs with samples, sensors and the tokens of a sample in another order."""
    generator = torch.Generator().manual_seed(seed)
    samples = torch.randperm(pairs.batch_size, generator=generator)
    sensors = torch.randperm(len(pairs.sensors), generator=generator)
    order = torch.randperm(len(pairs.sample), generator=generator)
    order = order[torch.argsort(samples[pairs.sample[order]], stable=True)]
    names = [""] * len(sensors)
    for old, new in enumerate(sensors.tolist()):
        names[new] = pairs.sensors[old]
    return evolve(
        pairs,
        predicted=pairs.predicted[order],
        target=pairs.target[order],
        sample=samples[pairs.sample[order]],
        sensor=sensors[pairs.sensor[order]],
        sensors=tuple(names),
    )


@pytest.mark.parametrize("name", TOKEN_LOSSES)
@pytest.mark.parametrize("seed", range(3))
def test_the_order_of_samples_sensors_and_tokens_does_not_matter(name: str, seed: int) -> None:
    pairs = with_classes(name, "probabilities", golden_pairs())
    loss = LOSSES.get(name)().build()
    other = shuffled(pairs, seed)
    torch.testing.assert_close(loss(other), loss(pairs), rtol=1e-5, atol=1e-6)
    ours, theirs = (gradient_of(loss(each), pairs.predicted) for each in (pairs, other))
    torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-6)


@pytest.mark.parametrize("name", TOKEN_LOSSES)
@pytest.mark.parametrize("what", ["zeros", "equal", "large", "one token", "one per sample"])
def test_loss_and_gradient_are_finite(name: str, what: str) -> None:
    pairs = golden_pairs()
    predicted, target = pairs.predicted.detach(), pairs.target
    if what == "zeros":
        predicted, target = torch.zeros_like(predicted), torch.zeros_like(target)
    if what == "equal":
        predicted, target = torch.ones_like(predicted), torch.ones_like(target)
    if what == "large":
        predicted, target = 1e12 * predicted, 1e12 * target
    keep = torch.ones(len(predicted), dtype=torch.bool)
    if what == "one token":
        keep = torch.arange(len(predicted)) == 5
    if what == "one per sample":
        keep = torch.diff(pairs.sample, prepend=torch.tensor([-1])) > 0
    predicted = predicted[keep].requires_grad_()
    few = evolve(pairs, predicted=predicted, target=target[keep], sample=pairs.sample[keep], sensor=pairs.sensor[keep])
    few = with_classes(name, "probabilities", few)
    for options in [{}, {"pred2unit": True}] if "discrimination" in name else [{}]:
        loss = LOSSES.get(name)(**options).build()(few)
        assert loss.isfinite()
        assert gradient_of(loss, predicted).isfinite().all()


@pytest.mark.parametrize("name", [name for name in TOKEN_LOSSES if "all_disc" not in name])
def test_a_sample_without_targets_changes_nothing(name: str) -> None:
    # Losses among all samples are means over all of them.
    pairs = with_classes(name, "probabilities", golden_pairs())
    assert pairs.sample.max() == pairs.batch_size - 2
    loss = LOSSES.get(name)().build()
    torch.testing.assert_close(loss(evolve(pairs, batch_size=pairs.batch_size - 1)), loss(pairs))


class CountedCalls(TorchDispatchMode):
    """Counts the calls of tensor operations."""

    def __init__(self) -> None:
        super().__init__()
        self.calls = 0

    def __torch_dispatch__(self, function, types, args=(), kwargs=None):  # type: ignore[no-untyped-def]
        self.calls += 1
        return function(*args, **(kwargs or {}))


@pytest.mark.parametrize("name", TOKEN_LOSSES)
def test_no_loss_goes_through_the_samples(name: str) -> None:
    loss = LOSSES.get(name)().build()
    counts = set()
    for batch_size in (3, 11):
        sample = torch.arange(batch_size).repeat_interleave(6)
        values = torch.randn(len(sample), 8, generator=torch.Generator().manual_seed(0), requires_grad=True)
        pairs = TokenPairs(
            predicted=values,
            target=values.detach().softmax(-1),
            sample=sample,
            sensor=torch.arange(len(sample)) % 3,
            batch_size=batch_size,
            sensors=SENSORS,
        )
        with CountedCalls() as counted:
            loss(pairs).backward()
        counts.add(counted.calls)
    assert len(counts) == 1


@pytest.mark.parametrize("name", TOKEN_LOSSES)
def test_half_precision_tokens_are_compared_in_float32(name: str) -> None:
    pairs = with_classes(name, "probabilities", golden_pairs())
    half = evolve(pairs, predicted=pairs.predicted.bfloat16(), target=pairs.target.bfloat16())
    loss = LOSSES.get(name)().build()
    rounded = evolve(pairs, predicted=half.predicted.float(), target=half.target.float())
    assert loss(half).dtype == torch.float32
    assert loss(half).item() == loss(rounded).item()


def test_a_samples_loss_does_not_depend_on_the_others() -> None:
    pairs = golden_pairs()
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
        alone.append(loss(one).item())
    both = pairs.sample < 2
    together = evolve(
        pairs,
        predicted=pairs.predicted[both],
        target=pairs.target[both],
        sample=pairs.sample[both],
        sensor=pairs.sensor[both],
        batch_size=2,
    )
    assert loss(together).item() == pytest.approx(sum(alone) / 2, abs=1e-5)


def test_equal_targets_are_no_negatives() -> None:
    # Three tokens, two of one class: a prediction of that class must not be pushed away from its twin.
    target = torch.eye(2)[[0, 0, 1]]
    pairs = TokenPairs(
        predicted=target.clone(),
        target=target,
        sample=torch.zeros(3, dtype=torch.int64),
        sensor=torch.zeros(3, dtype=torch.int64),
        batch_size=1,
        sensors=("worldcover",),
    )
    tau = 0.1
    kept = float(ModalityPatchDiscriminationConfig(tau=tau).build()(pairs))
    masked = float(ModalityPatchDiscriminationMaskedNegativesConfig(tau=tau).build()(pairs))
    near, far = np.log(2 + np.exp(-1 / tau)), np.log(1 + np.exp(-1 / tau))
    assert kept == pytest.approx(2 * tau * (2 * near + np.log(1 + 2 * np.exp(-1 / tau))) / 3, abs=1e-6)
    assert masked == pytest.approx(2 * tau * (2 * far + np.log(1 + 2 * np.exp(-1 / tau))) / 3, abs=1e-6)


def test_smooth_l1_is_squared_below_beta_and_straight_above() -> None:
    pairs = golden_pairs()
    for distance, expected in ((0.1, 0.5 * 0.1**2 / 0.4), (3.0, 3.0 - 0.2)):
        loss = SmoothL1Config(beta=0.4).build()(evolve(pairs, predicted=pairs.target + distance))
        assert loss.item() == pytest.approx(expected, abs=1e-5)


def test_one_class_is_not_taken_for_its_number() -> None:
    # With one logit there is one class, which is certain.
    pairs = golden_pairs()
    one = evolve(pairs, predicted=pairs.predicted[:, :1], target=torch.ones(len(pairs.target), 1))
    assert CrossEntropyConfig().build()(one).item() == 0


def test_a_sensor_without_a_weight_is_named() -> None:
    loss = ModalityPatchDiscriminationConfig(modality_weights={"landsat": 1.0}).build()
    with pytest.raises(UserError, match="sentinel2_l2a"):
        loss(golden_pairs())


def test_entries_are_found_by_name() -> None:
    assert LOSSES.get("modality_patch_discrimination") is ModalityPatchDiscriminationConfig
    assert LOSSES.get("info_nce").metric == "InfoNCE"


def test_a_loss_in_a_slot_of_another_role_is_answered_with_those_that_fit() -> None:
    check_role("loss", "tokens", ModalityPatchDiscriminationConfig())
    check_role("regularizer", "regularizer", None)
    with pytest.raises(ValueError, match=r"loss takes a loss of tokens, not info_nce \(a loss of pooled\): .*l1, l2"):
        check_role("loss", "tokens", InfoNCEConfig())
    with pytest.raises(ValueError, match=r"\(a loss of pooled\): koleo, uniformity$"):
        check_role("regularizer", "regularizer", InfoNCEConfig())
    with pytest.raises(ValueError, match=r": mae$"):
        check_role("mae", "pixels", InfoNCEConfig())
