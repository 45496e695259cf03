"""Rotary positions: coordinates, frequencies, and what turning does."""

from typing import Any

import pytest
import torch

from spacenit_core.nn.encoder_config import OlmoEarthEncoderConfig
from spacenit_core.nn.positions.axial import axial_frequencies
from spacenit_core.nn.positions.coordinates import days_since_2000
from spacenit_core.nn.positions.mixed import mixed_frequencies
from spacenit_core.nn.positions.rotary import Rotary, RotaryPositions, Turns, angles_of
from spacenit_core.nn.sequences import TokenSelection
from spacenit_core.samples.batch import Batch
from spacenit_core.samples.layout import TokenLayout
from spacenit_core.sensors.selection import SensorSet


def test_days_are_counted_as_the_reference_counts_them() -> None:
    # 15 June 2020 and 1 January 2018, the months from 0.
    timestamps = torch.tensor([[15, 5, 2020], [1, 0, 2018]])
    assert days_since_2000(timestamps).tolist() == [7470.0, 6574.5]


def test_coordinates_are_tens_of_metres_and_scaled_days() -> None:
    sensors = SensorSet.of(["sentinel1", "worldcover", "latlon", "era5_10"])
    layout = TokenLayout.of(sensors, rows=2, columns=3, timesteps=2, patch_size=4)
    timestamps = torch.tensor([[[1, 0, 2000], [11, 0, 2000]], [[1, 0, 2001], [1, 1, 2001]]])
    batch = Batch(pixels={}, timestamps=timestamps, layout=layout, visibility=torch.zeros(1), grid_gsd=20.0)
    config = OlmoEarthEncoderConfig(
        position_encoding="rope_3d", rope_coordinate_scale=0.5, rope_temporal_coordinate_scale=0.1
    )
    everything = TokenSelection(torch.ones(2, len(layout), dtype=torch.bool))
    found = Rotary(config, 64).coordinates(batch, everything).view(2, len(layout), 3)

    # Four cells of 20 m are 8 units of 10 m, and half of them 4.
    radar = found[:, layout["sentinel1"].tokens].view(2, 2, 3, 2, 3)
    assert radar[0, 1, 2, 1].tolist() == [1.0, 4.0, 8.0]
    torch.testing.assert_close(radar[1, 0, 0, :, 0], torch.tensor([36.525, 39.625]))
    # Maps are dated like the window's first step; weather has time only; a place has neither.
    maps = found[:, layout["worldcover"].tokens]
    assert maps[0, :, 0].tolist() == [0.0] * 6 and maps[0, 5].tolist() == [0.0, 4.0, 8.0]
    torch.testing.assert_close(maps[1, :, 0], torch.full((6,), 36.525))
    assert found[0, layout["era5_10"].tokens].tolist() == [[0.0, 0.0, 0.0], [1.0, 0.0, 0.0]]
    assert not found[:, layout["latlon"].tokens].any()


@pytest.mark.parametrize(
    ("options", "head_size", "widths"),
    [
        ({"position_encoding": "rope"}, 16, (8, 8)),
        ({"position_encoding": "rope_3d"}, 64, (16, 24, 24)),
        # Half of a pair is rounded to even.
        ({"position_encoding": "rope_3d"}, 20, (4, 8, 8)),
        ({"position_encoding": "rope_3d"}, 28, (8, 10, 10)),
        ({"position_encoding": "rope_3d", "temporal_rope_dim_frac": 0.5}, 16, (8, 4, 4)),
    ],
)
def test_a_head_is_divided_among_the_coordinates(
    options: dict[str, Any], head_size: int, widths: tuple[int, ...]
) -> None:
    config = OlmoEarthEncoderConfig(**options, rope_base=100.0, rope_temporal_base=10.0)
    assert config.axial_widths(head_size) == widths
    found = axial_frequencies(config, head_size, torch.device("cpu"))[:, 0]
    assert ((found != 0).sum(0) == 1).all()
    assert (found != 0).sum(1).tolist() == [width // 2 for width in widths]
    bases = [10.0, 100.0, 100.0][-len(widths) :] if len(widths) == 3 else [100.0, 100.0]
    for axis, (width, base) in enumerate(zip(widths, bases, strict=True)):
        own = found[axis][found[axis] != 0]
        expected = torch.tensor([base ** (-2 * number / width) for number in range(width // 2)])
        torch.testing.assert_close(own, expected)


@pytest.mark.parametrize("axes", [2, 3])
def test_mixed_frequencies_start_along_two_orthogonal_directions(axes: int) -> None:
    torch.manual_seed(0)
    found = mixed_frequencies(axes, num_heads=5, head_size=16, base=10.0)
    assert found.shape == (axes, 5, 8)
    lengths = torch.tensor([10.0 ** (-4 * number / 16) for number in range(4)])
    torch.testing.assert_close(found.norm(dim=0), lengths.repeat(2).expand(5, 8))
    first, second = found[:, :, :4], found[:, :, 4:]
    torch.testing.assert_close((first * second).sum(0), torch.zeros(5, 4), atol=1e-6, rtol=0)
    # All frequencies of a head lie along its two directions, and the heads' directions differ.
    torch.testing.assert_close(first / lengths, (first / lengths)[:, :, :1].expand(-1, -1, 4))
    assert torch.linalg.matrix_rank(first[:, :, 0]) == axes


def test_attention_sees_only_differences_of_places() -> None:
    torch.manual_seed(0)
    query, key = torch.randn(2, 6, 3, 16).unbind(0)
    frequencies = torch.randn(3, 3, 8)

    def scores(coordinates: torch.Tensor) -> torch.Tensor:
        return torch.einsum("qhd,khd->hqk", *RotaryPositions(coordinates, None).turn(frequencies, query, key))

    positions = torch.randint(0, 9, (6, 3)).float()
    torch.testing.assert_close(
        scores(positions), scores(positions + torch.tensor([4.0, 2.0, 1.0])), rtol=1e-4, atol=1e-4
    )
    assert not torch.allclose(scores(positions), scores(2 * positions), atol=0.1)
    torch.testing.assert_close(Turns(torch.zeros(6, 1, 8))(query), query)


def test_pairs_are_turned_in_any_precision_and_when_compiled() -> None:
    torch.manual_seed(0)
    tokens, angles = torch.randn(4, 2, 6), torch.randn(4, 1, 3)
    pairs = tokens.unflatten(-1, (3, 2))
    x, y, cos, sin = pairs[..., 0], pairs[..., 1], angles.cos(), angles.sin()
    expected = torch.stack([x * cos - y * sin, x * sin + y * cos], dim=-1).flatten(-2)
    torch.testing.assert_close(Turns(angles)(tokens), expected)

    compiled = torch.compile(lambda tokens, angles: Turns(angles)(tokens), backend="eager", fullgraph=True)
    torch.testing.assert_close(compiled(tokens, angles), expected)
    half = Turns(angles)(tokens.bfloat16())
    assert half.dtype == torch.bfloat16
    torch.testing.assert_close(half.float(), expected, rtol=0.02, atol=0.02)
    double = Turns(angles.double())(tokens.double())
    assert double.dtype == torch.float64
    torch.testing.assert_close(double.float(), expected)


def test_the_gradient_of_learned_frequencies_is_that_of_the_plain_formula() -> None:
    torch.manual_seed(0)
    coordinates = torch.randint(0, 9, (6, 3)).float()
    frequencies = torch.randn(3, 2, 4, requires_grad=True)
    query, key = (torch.randn(6, 2, 8, requires_grad=True) for _ in range(2))
    leaves, weights = (query, key, frequencies), torch.randn(2, 6, 2, 8)
    learned = RotaryPositions(coordinates, None).turn(frequencies, query, key)
    turns = Turns(angles_of(coordinates, frequencies))
    plain = turns(query), turns(key)
    torch.testing.assert_close(learned, plain)
    found, expected = (torch.autograd.grad((torch.stack(out) * weights).sum(), leaves) for out in (learned, plain))
    torch.testing.assert_close(found, expected, rtol=1e-5, atol=1e-5)
    # A gradient that is one number for all features has no memory of its own.
    torch.autograd.grad(RotaryPositions(coordinates, None).turn(frequencies, query)[0].sum(), leaves[0])
