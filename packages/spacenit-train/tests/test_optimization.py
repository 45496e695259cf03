"""Learning rate schedule and optimizer."""

import math

import pytest
import torch

from spacenit_core.kinds.optimizers import OPTIMIZERS
from spacenit_core.kinds.schedulers import SCHEDULERS
from spacenit_train.optimizers.adamw import AdamWConfig
from spacenit_train.schedulers.cosine_with_warmup import CosineWithWarmup


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (1, 1.25e-8),
        (4000, 5e-5),
        (8000, 1e-4),
        (100000, 9.574348e-5),
        (333600, 5.585779e-5),
        (667200, 1e-5),
        (700000, 1e-5),
    ],
)
def test_the_official_schedule(step: int, expected: float) -> None:
    schedule = SCHEDULERS.get("cosine_with_warmup")()
    assert schedule.lr(1e-4, step, 667200) == pytest.approx(expected, rel=1e-6)


def test_a_run_shorter_than_its_warm_up_only_rises() -> None:
    rates = [CosineWithWarmup(warmup_steps=10).lr(1.0, step, 5) for step in range(1, 6)]
    assert rates == pytest.approx([0.1, 0.2, 0.3, 0.4, 0.5])


def test_without_warm_up_the_first_step_is_near_the_peak() -> None:
    assert CosineWithWarmup(warmup_steps=0, alpha_f=0.0).lr(1.0, 1, 4) == pytest.approx((1 + math.cos(math.pi / 4)) / 2)


def test_adamw_decays_every_parameter_and_leaves_frozen_ones() -> None:
    model = torch.nn.Linear(3, 2)
    model.weight.requires_grad_(False)
    before = model.bias.detach().clone()
    optimizer = AdamWConfig(lr=0.1, weight_decay=0.5).build(model)
    assert [p is model.bias for group in optimizer.param_groups for p in group["params"]] == [True]
    model.bias.grad = torch.zeros_like(model.bias)
    optimizer.step()
    torch.testing.assert_close(model.bias.detach(), before * (1 - 0.1 * 0.5))


@pytest.mark.parametrize("fused", [True, False])
def test_adamw_steps_alike_fused_or_not(fused: bool) -> None:
    parameter = torch.nn.ParameterList([torch.tensor([1.0, -2.0])])
    optimizer = OPTIMIZERS.get("adamw")(lr=0.01, weight_decay=0.1, fused=fused).build(parameter)
    parameter[0].grad = torch.tensor([0.5, -4.0])
    optimizer.step()
    # The first step of Adam is the sign of the gradient, after the decay.
    torch.testing.assert_close(parameter[0].detach(), torch.tensor([0.999 - 0.01, -1.998 + 0.01]))


def test_betas_outside_their_range_are_refused() -> None:
    with pytest.raises(ValueError, match="betas"):
        AdamWConfig(betas=(0.9, 1.0))
