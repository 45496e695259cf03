"""Losses of one view's vectors: `koleo` against OlmoEarth Pretrain (goldens/make_losses.py), and `uniformity`."""

import json
import math
from pathlib import Path

import numpy as np
import pytest
import torch
from attrs import evolve

from spacenit_core.kinds.losses import LOSSES, EncodedView, losses_of
from spacenit_train.losses import koleo
from spacenit_train.losses.koleo import KoLeoConfig
from spacenit_train.losses.uniformity import UniformityConfig

SENSORS = ("sentinel2_l2a", "worldcover", "landsat")

with np.load(Path(__file__).parent / "goldens" / "losses.npz") as _arrays:
    ARRAYS = dict(_arrays)
KOLEO = json.loads(str(ARRAYS["settings"]))["KoLeo"]


def view_of(pooled: torch.Tensor) -> EncodedView:
    """A view whose samples have one token each: the pooled vector."""
    return EncodedView(pooled=pooled, tokens=pooled, sample=torch.arange(len(pooled)))


def golden_view() -> EncodedView:
    """The encoded tokens and their means per sample."""
    encode = torch.cat([torch.from_numpy(ARRAYS[f"m/{name}"] == 0).flatten(1) for name in SENSORS], dim=1)
    values = torch.cat([torch.from_numpy(ARRAYS[f"p/{name}"]).flatten(1, -2) for name in SENSORS], dim=1)
    tokens = values[encode].requires_grad_()
    sample = encode.nonzero()[:, 0]
    pooled = torch.stack([tokens[sample == row].mean(0) for row in range(len(encode))])
    return EncodedView(pooled=pooled, tokens=tokens, sample=sample)


@pytest.mark.parametrize("setting", KOLEO)
def test_koleo_and_its_gradient_equal_the_oracles(setting: str) -> None:
    view = golden_view()
    source = view.tokens
    if setting == "vectors":
        source = torch.from_numpy(ARRAYS["vectors"]).requires_grad_()
        view = view_of(source)
    loss = KoLeoConfig(**KOLEO[setting]).build()(view)
    assert loss.dtype == torch.float32
    assert loss.item() == pytest.approx(float(ARRAYS[f"loss/KoLeo/{setting}"]), abs=1e-5)
    expected = torch.from_numpy(ARRAYS[f"gradient/KoLeo/{setting}"])
    torch.testing.assert_close(torch.autograd.grad(loss, source)[0], expected, rtol=1e-5, atol=1e-5)


def test_neighbours_are_the_same_in_any_number_of_rows_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    vectors = torch.nn.functional.normalize(torch.randn(50, 8, generator=torch.Generator().manual_seed(0)), dim=-1)
    found = koleo.nearest_neighbours(vectors)
    distances = torch.cdist(vectors, vectors).fill_diagonal_(torch.inf)
    assert torch.equal(found, distances.argmin(1))
    monkeypatch.setattr(koleo, "ROWS_AT_ONCE", 7)
    assert torch.equal(koleo.nearest_neighbours(vectors), found)


def test_uniformity_is_the_logarithm_of_a_mean_over_pairs() -> None:
    pooled = torch.randn(7, 5, generator=torch.Generator().manual_seed(1))
    unit = torch.nn.functional.normalize(pooled.double(), dim=-1)
    expected = 0.3 * torch.pdist(unit).square().mul(-3).exp().mean().log()
    loss = UniformityConfig(weight=0.3, t=3.0).build()(view_of(pooled))
    assert loss.item() == pytest.approx(float(expected), abs=1e-6)


def test_uniformity_falls_from_0_as_vectors_part() -> None:
    loss = UniformityConfig(weight=1.0).build()
    assert loss(view_of(torch.ones(4, 3))).item() == pytest.approx(0, abs=1e-6)
    assert loss(view_of(torch.tensor([[5.0, 0.0], [-0.1, 0.0]]))).item() == pytest.approx(-8, abs=1e-5)
    right_angles = loss(view_of(torch.eye(3))).item()
    assert right_angles == pytest.approx(math.log(math.exp(-4)), abs=1e-5)


@pytest.mark.parametrize("name", losses_of("regularizer"))
def test_a_sample_of_which_nothing_is_encoded_takes_no_part(name: str) -> None:
    loss = LOSSES.get(name)().build()
    pooled = torch.randn(5, 6, generator=torch.Generator().manual_seed(2))
    view = view_of(pooled)
    more = evolve(view, pooled=torch.cat([pooled, torch.zeros(2, 6)]))
    torch.testing.assert_close(loss(more), loss(view))


@pytest.mark.parametrize("name", losses_of("regularizer"))
@pytest.mark.parametrize("number", [0, 1])
def test_a_lonely_vector_costs_nothing_and_can_be_trained_on(name: str, number: int) -> None:
    layer = torch.nn.Linear(4, 8)
    loss = LOSSES.get(name)().build()(view_of(layer(torch.ones(number, 4))))
    loss.backward()
    assert loss.item() == 0
    assert layer.weight.grad is not None
    assert not layer.weight.grad.any()


@pytest.mark.parametrize("name", losses_of("regularizer"))
@pytest.mark.parametrize("pooled", [torch.zeros(4, 3), torch.ones(4, 3), 1e12 * torch.eye(3)], ids=str)
def test_equal_vectors_have_a_finite_loss_and_gradient(name: str, pooled: torch.Tensor) -> None:
    pooled = pooled.clone().requires_grad_()
    loss = LOSSES.get(name)().build()(view_of(pooled))
    loss.backward()
    assert loss.isfinite()
    assert pooled.grad is not None
    assert pooled.grad.isfinite().all()


def test_an_unknown_mode_is_refused() -> None:
    with pytest.raises(ValueError, match="mode must be one of instance, patch"):
        KoLeoConfig(mode="batch")  # type: ignore[arg-type]
