"""Loss `mae` against OlmoEarth Pretrain (see goldens/make_losses.py), and what holds for any input."""

import json
from pathlib import Path

import numpy as np
import pytest
import torch
from attrs import evolve

from spacenit_core.errors import UserError
from spacenit_core.kinds.losses import PixelPairs
from spacenit_core.samples.layout import TokenLayout
from spacenit_core.samples.visibility import DECODE, ENCODE, MISSING
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.spec import BandGroup, SensorSpec
from spacenit_train.losses.mae import MAEConfig

SENSORS = ("sentinel2_l2a", "worldcover", "landsat")

with np.load(Path(__file__).parent / "goldens" / "losses.npz") as _arrays:
    ARRAYS = dict(_arrays)
MAE = json.loads(str(ARRAYS["settings"]))["mae"]


def golden_pairs(band_groups: dict[str, list[list[str]]] | None = None) -> PixelPairs:
    rows, columns, steps = ARRAYS["m/sentinel2_l2a"].shape[1:4]
    sensors = SensorSet.of(SENSORS, band_groups=band_groups or {})
    layout = TokenLayout.of(sensors, rows=rows, columns=columns, timesteps=steps, patch_size=2)
    visibility = torch.zeros(2, len(layout), dtype=torch.uint8)
    for name in SENSORS:
        mask = ARRAYS[f"m/{name}"][:2, ..., : layout[name].groups]
        visibility[:, layout[name].tokens] = torch.from_numpy(mask).flatten(1).to(torch.uint8)
    return PixelPairs(
        reconstructed={name: torch.from_numpy(ARRAYS[f"reconstructed/{name}"]).requires_grad_() for name in SENSORS},
        true={name: torch.from_numpy(ARRAYS[f"true/{name}"]) for name in SENSORS},
        visibility=visibility,
        layout=layout,
    )


@pytest.mark.parametrize("setting", [*MAE, "regrouped"])
def test_the_loss_and_its_gradient_equal_the_oracles(setting: str) -> None:
    # Tokens of bands from here and there, and some bands in none.
    groups = {"sentinel2_l2a": json.loads(str(ARRAYS["regrouped"]))} if setting == "regrouped" else None
    pairs = golden_pairs(groups)
    loss = MAEConfig(**MAE.get(setting, {})).build()(pairs)
    assert loss.dtype == torch.float32
    assert loss.item() == pytest.approx(float(ARRAYS[f"loss/mae/{setting}"]), abs=1e-5)
    for name, pixels in pairs.reconstructed.items():
        (gradient,) = torch.autograd.grad(loss, pixels, retain_graph=True)
        expected = torch.from_numpy(ARRAYS[f"gradient/mae/{setting}/{name}"])
        torch.testing.assert_close(gradient, expected, rtol=1e-5, atol=1e-6)


def test_bands_are_compared_where_their_own_group_is_to_decode() -> None:
    groups = (BandGroup(bands=("a", "b"), gsd=10), BandGroup(bands=("c",), gsd=10))
    spec = SensorSpec(name="striped", band_groups=groups, temporal=False)
    layout = TokenLayout.of(SensorSet((spec,)), rows=1, columns=2, timesteps=1, patch_size=2)
    visibility = torch.full((1, len(layout)), ENCODE, dtype=torch.uint8)
    # Tokens are [rows, columns, steps, groups]: group (a, b) of the left patch, group (c) of the right one.
    visibility[0, [0, 3]] = DECODE
    error = torch.zeros(1, 2, 4, 1, 3)
    error[:, :, :2, :, :2] = 2.0
    error[:, :, 2:, :, 2] = 6.0
    wrong = torch.full_like(error, torch.inf).masked_fill(error > 0, 0)
    pairs = PixelPairs(
        reconstructed={"striped": error + wrong},
        true={"striped": torch.zeros_like(error)},
        visibility=visibility,
        layout=layout,
    )
    loss = MAEConfig(loss_function="L1Loss").build()(pairs)
    assert loss.item() == pytest.approx((2 * 8 + 6 * 4) / 12)


def test_missing_patches_are_never_compared() -> None:
    pairs = golden_pairs()
    loss = MAEConfig(only_decode=False).build()
    missing = evolve(pairs, visibility=torch.full_like(pairs.visibility, MISSING))
    total = loss(missing)
    total.backward()
    assert total.item() == 0
    assert all(not pixels.grad.any() for pixels in missing.reconstructed.values() if pixels.grad is not None)
    assert all(pixels.grad is not None for pixels in missing.reconstructed.values())


def test_only_what_is_reconstructed_is_compared() -> None:
    pairs = golden_pairs()
    one = evolve(pairs, reconstructed={"landsat": pairs.reconstructed["landsat"]})
    chosen = pairs.visibility[:, pairs.layout["landsat"].tokens] == DECODE
    chosen = chosen.unflatten(1, pairs.layout["landsat"].shape)
    side = torch.ones(2, 2)
    bands = torch.tensor([0] + [1] * 10)
    values = torch.stack([torch.kron(mask.float(), side) for mask in chosen.permute(0, 3, 4, 1, 2).flatten(0, 2)])
    values = values.unflatten(0, (2, -1, 2)).permute(0, 3, 4, 1, 2)[..., bands] > 0
    expected = (pairs.reconstructed["landsat"] - pairs.true["landsat"])[values].square().mean()
    torch.testing.assert_close(MAEConfig().build()(one), expected)


def test_a_sensor_without_a_grid_is_refused() -> None:
    layout = TokenLayout.of(SensorSet.of(["sentinel2_l2a", "latlon"]), rows=1, columns=1, timesteps=1, patch_size=2)
    values = {"latlon": torch.zeros(1, 2)}
    visibility = torch.full((1, len(layout)), DECODE, dtype=torch.uint8)
    pairs = PixelPairs(reconstructed=values, true=values, visibility=visibility, layout=layout)
    with pytest.raises(UserError, match="'latlon' has none"):
        MAEConfig().build()(pairs)


def test_settings_of_another_error_function_are_refused() -> None:
    with pytest.raises(ValueError, match="beta is a setting of SmoothL1Loss, not of MSELoss"):
        MAEConfig(beta=0.1)
    with pytest.raises(ValueError, match="loss_function must be one of MSELoss"):
        MAEConfig(loss_function="CrossEntropyLoss")
