"""From pixels to what the encoder's blocks take in: patches and encodings."""

import pytest
import torch
from torch.nn.functional import conv2d, interpolate

from spacenit_core.nn.encodings import month_table, sine_cosine, space_table
from spacenit_core.nn.patches import Patches
from spacenit_core.nn.resize import resize
from spacenit_core.samples.layout import TokenLayout
from spacenit_core.samples.visibility import ENCODE

from .small_encoder import SENSORS, build, window


@pytest.mark.parametrize("patch", [1, 2, 3, 4])
def test_patch_embedding_is_a_resized_convolution(patch: int) -> None:
    batch, model = window(patch=patch, side=3), build()
    embedding = model.encoder.patch_embedding
    tokens = torch.ones(3, len(batch.layout), dtype=torch.bool)
    values = embedding(model.encoder.patches(batch), tokens).take(*tokens.nonzero().unbind(1)).view(3, -1, 32)
    for name, group, channels in (("optical", 1, slice(2, 5)), ("fine", 0, slice(0, 1))):
        block, spec = batch.layout[name], SENSORS[name]
        side = 4 * spec.pixels_per_cell
        images = batch.pixels[name].permute(0, 3, 4, 1, 2).flatten(0, 1)
        resized = interpolate(images, size=(3 * side, 3 * side), mode="bicubic", antialias=True)[:, channels]
        linear = embedding.projections[f"{name}__{group}"]
        assert isinstance(linear, torch.nn.Linear)
        expected = conv2d(resized, linear.weight.view(32, -1, side, side), linear.bias, stride=side)
        expected = expected.view(3, block.timesteps, 32, 3, 3).permute(0, 3, 4, 1, 2)
        ours = values[:, block.tokens].unflatten(1, block.shape)[:, :, :, :, group]
        torch.testing.assert_close(ours, expected, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize(("size", "new"), [((8, 8), (64, 64)), ((15, 10), (24, 16)), ((20, 20), (40, 40))])
def test_resizing_is_torchs_antialiased_bicubic(size: tuple[int, int], new: tuple[int, int]) -> None:
    images = torch.rand(2, *size, 3)
    expected = interpolate(images.permute(0, 3, 1, 2), size=new, mode="bicubic", antialias=True).permute(0, 2, 3, 1)
    torch.testing.assert_close(resize(images, *new), expected, rtol=1e-5, atol=1e-5)


def test_encodings_of_the_reference() -> None:
    # Frequencies of a base model's time and space encodings, and of a nano model's.
    at_one = sine_cosine(torch.ones(1), 192)[0, :96]
    torch.testing.assert_close(at_one[[0, 1, 2, 95]], torch.tensor([1.0, 0.9763001, 0.9531619, 0.1024275]).sin())
    torch.testing.assert_close(
        sine_cosine(torch.ones(1), 32)[0, [0, 1, 2, 15]], torch.tensor([1.0, 0.8659643, 0.7498942, 0.1154782]).sin()
    )
    month = month_table(8)
    torch.testing.assert_close(month[3], torch.tensor([1.0] * 4 + [0.0] * 4), atol=1e-6, rtol=0)
    layout = TokenLayout.of(SENSORS, rows=2, columns=3, timesteps=1, patch_size=4)
    space = space_table(layout, 8, 20.0)
    # Row 1, column 2: the column comes first; 4 cells of 20 m are 8 units.
    expected = torch.cat([sine_cosine(torch.tensor([16.0]), 4), sine_cosine(torch.tensor([8.0]), 4)], dim=1)
    torch.testing.assert_close(space[1 * 3 + 2], expected[0])
    assert not space[-1].any()


def test_places_without_time_or_grid_have_only_channel_encodings() -> None:
    batch, encoder = window(), build().encoder
    everything = torch.full_like(batch.visibility[0], ENCODE)
    from spacenit_core.nn.sequences import TokenSelection

    encodings = encoder.encodings(batch, TokenSelection(everything == ENCODE)).view(3, -1, 4, 8)
    fine, weather, place = (encodings[:, batch.layout[name].tokens] for name in ("fine", "weather", "place"))
    assert not fine[:, :, 1:3].any() and fine[:, :, 3].any()
    assert not weather[:, :, 3].any() and weather[:, :, 1:3].any()
    assert not place[:, :, 1:].any() and place[:, :, 0].any()


def test_patches_are_cut_once() -> None:
    batch = window()
    patches = Patches(batch, 4)
    block = batch.layout["optical"]
    assert patches.features(block) is patches.features(block)
    assert patches.features(block).shape == (3 * 2 * 2 * 3, 5, 16)


def test_what_resizing_keeps_can_be_trained_with_after_inference():
    with torch.inference_mode():
        resize(torch.ones(1, 5, 7, 2), 11, 13)
    images = torch.ones(1, 5, 7, 2, requires_grad=True)
    (resize(images, 11, 13) ** 2).sum().backward()
    assert images.grad is not None and bool(torch.isfinite(images.grad).all())
