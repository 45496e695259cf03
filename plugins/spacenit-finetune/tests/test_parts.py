"""The schedule against torch's, LoRA, and when the encoder thaws."""

import numpy as np
import pytest
import torch
from torch import nn

from spacenit_finetune.lora import add_low_ranks
from spacenit_finetune.model import FineTuned
from spacenit_finetune.schedule import FrozenThenPlateau, falls_of


@pytest.mark.parametrize("seed", range(6))
def test_the_rate_falls_where_torch_lets_it_fall(seed):
    rng = np.random.default_rng(seed)
    values = (-np.abs(rng.normal(size=60)) if seed % 2 else rng.random(60)).round(1)
    weight = nn.Parameter(torch.zeros(1))
    optimizer = torch.optim.SGD([weight], lr=1.0)
    # Of a loss that is minimised, its negative is the value.
    sign, mode = (-1, "min") if seed % 2 else (1, "max")
    torchs = torch.optim.lr_scheduler.ReduceLROnPlateau(optimizer, mode, 0.2, patience=2, cooldown=3, eps=0)
    for number, value in enumerate(values.tolist(), 1):
        torchs.step(sign * value)
        assert optimizer.param_groups[0]["lr"] == pytest.approx(0.2 ** falls_of(values[:number].tolist(), 2, 3))


def test_the_encoder_is_frozen_first_and_the_rate_is_a_tenth_afterwards():
    schedule = FrozenThenPlateau(steps_per_epoch=5, frozen_epochs=2, patience=0, cooldown=0)
    assert [schedule.is_frozen(step) for step in (1, 10, 11)] == [True, True, False]
    assert [schedule.lr(1.0, step, 50) for step in (1, 10, 11)] == pytest.approx([1, 1, 0.1])
    schedule.values[:] = [0.5, 0.4, 0.9]
    # What comes after an epoch does not reach back into it, so that a resumed run sees the same rates.
    assert [schedule.lr(1.0, step, 50) for step in (6, 10, 11, 16)] == pytest.approx([1, 1, 0.02, 0.02])


class Two(nn.Module):
    def __init__(self):
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(6, 6), nn.Dropout(0.5), nn.Linear(6, 4))

    def forward(self, samples):
        return self.layers(samples)


def test_a_frozen_encoder_neither_learns_nor_drops():
    torch.manual_seed(0)
    model = FineTuned(Two(), nn.Linear(4, 2), maps=False)
    model.train()
    model.freeze(True)
    samples = torch.randn(3, 2, 2, 6)
    assert torch.equal(model(samples), model(samples)) and not model.encoder.training
    model(samples).sum().backward()
    assert all(parameter.grad is None for parameter in model.encoder.parameters())
    assert model.head.weight.grad is not None
    model.freeze(False)
    assert model.encoder.training and not torch.equal(model(samples), model(samples))
    model(samples).sum().backward()
    assert all(parameter.grad is not None for parameter in model.encoder.parameters())


def test_patches_that_hold_nothing_have_no_part():
    model = FineTuned(nn.Identity(), nn.Linear(4, 2), maps=False).eval()
    patches = torch.randn(1, 2, 2, 4)
    patches[0, 1] = torch.nan
    torch.testing.assert_close(model(patches), model.head(patches[0, 0].mean(dim=0))[None])
    assert torch.isfinite(model(torch.full_like(patches, torch.nan))).all()


def test_lora_begins_as_the_encoder_is_and_trains_little():
    encoder = Two().eval()
    samples = torch.randn(3, 6)
    before, weights = encoder(samples), encoder.layers[0].weight.clone()
    torch.manual_seed(0)
    add_low_ranks(encoder, rank=2, alpha=4.0)
    assert torch.equal(encoder(samples), before)
    trained = {name: one for name, one in encoder.named_parameters() if one.requires_grad}
    assert sum(one.numel() for one in trained.values()) == 2 * (6 + 6) + 2 * (6 + 4)
    optimizer = torch.optim.SGD(trained.values(), lr=0.1)
    for _ in range(2):
        encoder(samples).square().sum().backward()
        optimizer.step()
    layer = encoder.layers[0]
    assert torch.equal(layer.parametrizations.weight.original, weights)
    change, addition = layer.weight - weights, layer.parametrizations.weight[0]
    torch.testing.assert_close(change, 4.0 / 2 * addition.up @ addition.down)
    assert torch.linalg.matrix_rank(change, tol=1e-5) == 2
