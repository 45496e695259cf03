"""What plugins do once a run goes: first steps of optimizers, rows of callbacks, policies that turn bad."""

from typing import Any

import numpy as np
import pytest
import torch

from spacenit_core.contracts.callbacks import check_row
from spacenit_core.contracts.masking import HeldMasking
from spacenit_core.contracts.optimizers import check_state, first_step
from spacenit_core.contracts.owner import Owner
from spacenit_core.errors import PluginError
from spacenit_core.rng import Draws
from spacenit_core.samples.layout import TokenLayout
from spacenit_core.samples.visibility import DECODE, ENCODE, TARGET_ONLY
from spacenit_core.sensors.selection import SensorSet

OWNER = Owner("optimizer 'bad' of acme 1.0", "optimizers")


def model(lr: float, optimizer: Any = torch.optim.SGD) -> tuple[torch.nn.Module, torch.optim.Optimizer]:
    """A layer with gradients, and its optimizer."""
    layer = torch.nn.Linear(2, 2)
    layer(torch.ones(3, 2)).sum().backward()
    return layer, optimizer(layer.parameters(), lr=lr)


class Waits(torch.optim.SGD):
    """An optimizer that does nothing."""

    def step(self, closure: Any = None) -> None:
        pass


def test_the_first_step_of_an_optimizer_changes_weights() -> None:
    layer, optimizer = model(0.1)
    before = layer.weight.detach().clone()
    first_step(optimizer, OWNER)
    assert not torch.equal(before, layer.weight)
    with pytest.raises(PluginError, match="changed nothing in its first step"):
        first_step(model(0.1, Waits)[1], OWNER)
    # A learning rate of 0 asks for nothing.
    first_step(model(0.0, Waits)[1], OWNER)


def test_an_optimizer_that_torch_refuses_is_the_plugins() -> None:
    with pytest.raises(PluginError, match="failed: RuntimeError: SparseAdam"):
        first_step(model(0.1, torch.optim.SparseAdam)[1], OWNER)


@pytest.mark.parametrize(
    ("state", "found"),
    [({"history": [1]}, "keeps list as 'history'"), ({3: torch.ones(2)}, "keeps a Tensor float32 .2. as 3")],
)
def test_the_state_of_an_optimizer_fits_into_a_checkpoint(state: Any, found: str) -> None:
    layer, optimizer = model(0.1)
    optimizer.state[layer.weight] = {"step": 1, "exp_avg": torch.ones(2, 2)}
    check_state(optimizer, OWNER)
    optimizer.state[layer.bias] = state
    with pytest.raises(PluginError, match=found):
        check_state(optimizer, OWNER)
    optimizer.state = {"all": {"step": 1}}  # type: ignore[assignment,dict-item]
    with pytest.raises(PluginError, match="keeps state of 'all'"):
        check_state(optimizer, OWNER)


def test_numbers_that_a_callback_adds_are_pythons() -> None:
    before = {"step": 1, "loss": 0.5}
    row = {**before, "a": np.float32(0.25), "b": torch.tensor(3), "c": np.array(True), "d": None, "e": 2}
    check_row(row, before, OWNER)
    assert row == {**before, "a": 0.25, "b": 3, "c": True, "d": None, "e": 2}
    assert [type(value) for value in row.values()] == [int, float, float, int, bool, type(None), int]


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"x": "text"}, "added str as 'x'"),
        ({"x": np.ones(3)}, "added a ndarray float64"),
        ({"x": {}}, "added dict"),
        ({(1, 2): 1.0}, "added float as"),
        ({"loss": 0.0}, "changed 'loss'"),
        ({"step": None}, "changed 'step'"),
    ],
)
def test_a_callback_leaves_what_was_measured(change: Any, found: str) -> None:
    before = {"step": 1, "loss": 0.5}
    row = {**before, **change}
    with pytest.raises(PluginError, match=found):
        check_row(row, before, OWNER)
    assert row == before


@pytest.mark.parametrize(("value", "found"), [(ENCODE, "predicts nothing"), (DECODE, "encodes"), (TARGET_ONLY, "enc")])
def test_a_policy_that_turns_bad_is_found_in_that_batch(value: int, found: str) -> None:
    layout = TokenLayout.of(SensorSet.of(["sentinel1"]), rows=2, columns=2, timesteps=3, patch_size=2)
    batches: list[int] = []

    def policy(layout: TokenLayout, missing: np.ndarray, draws: Draws) -> np.ndarray:
        good = np.where(np.arange(missing.shape[1]) % 2, np.uint8(DECODE), np.uint8(ENCODE))
        mask = good if len(batches) < 2 else np.full(missing.shape[1], value, np.uint8)
        return np.broadcast_to(mask, missing.shape).copy()

    held = HeldMasking(policy, OWNER)
    missing = np.zeros((4, len(layout)), bool)
    for _ in range(2):
        held(layout, missing, Draws(0, 0, "test", range(4), 4))
        batches.append(1)
    with pytest.raises(PluginError, match=found):
        held(layout, missing, Draws(0, 0, "test", range(4), 4))
