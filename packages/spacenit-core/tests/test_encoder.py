"""Encoder, predictor and Latent MIM: what must not matter, what must, and gradients."""

from typing import Any

import pytest
import torch
from attrs import evolve

from spacenit_core.nn.attention.config import PackedConfig, SdpaConfig
from spacenit_core.samples.visibility import DECODE, ENCODE, MISSING, TARGET_ONLY

from .small_encoder import OPTIONS, SENSORS, build, window


def test_backends_give_the_same_tokens_and_gradients() -> None:
    batch = window(views=2)
    results = []
    for attention in (PackedConfig, SdpaConfig):
        model = build(attention).eval()
        output = model(batch)
        (output.predicted.square().mean() + output.projected.square().mean()).backward()
        results.append((output, [p.grad for p in model.parameters() if p.requires_grad]))
    (packed, packed_grads), (padded, padded_grads) = results
    torch.testing.assert_close(packed.predicted, padded.predicted, rtol=1e-5, atol=1e-5)
    torch.testing.assert_close(packed.projected, padded.projected, rtol=1e-5, atol=1e-5)
    for ours, theirs in zip(packed_grads, padded_grads, strict=True):
        assert ours is not None and theirs is not None
        torch.testing.assert_close(ours, theirs, rtol=1e-4, atol=1e-5)


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("attention", [PackedConfig, SdpaConfig])
def test_what_is_not_encoded_influences_nothing(attention: type, options: dict[str, Any]) -> None:
    batch, model = window(patch=4), build(attention, **options).eval()
    visibility = batch.visibility[0].clone()
    optical = batch.layout["optical"].tokens
    visibility[0, optical], visibility[1, optical] = MISSING, TARGET_ONLY
    visibility[0, batch.layout["weather"].start] = ENCODE
    before = model.encoder(batch, visibility).dense(batch.layout)
    changed = dict(batch.pixels)
    changed["optical"] = batch.pixels["optical"].clone()
    changed["optical"][:2] = 1e6
    after = model.encoder(evolve(batch, pixels=changed), visibility).dense(batch.layout)
    torch.testing.assert_close(before, after, rtol=0, atol=0)
    assert before[2].any() and before[0].any()


@pytest.mark.parametrize("options", OPTIONS)
@pytest.mark.parametrize("attention", [PackedConfig, SdpaConfig])
@pytest.mark.parametrize("training", [True, False])
def test_a_samples_tokens_do_not_depend_on_its_companions(
    attention: type, training: bool, options: dict[str, Any]
) -> None:
    batch, model = window(batch=4), build(attention, drop_path=0.0, **options).train(training)
    whole = model.encoder(batch, batch.visibility[0]).dense(batch.layout)
    part = next(batch.micro_batches(1))
    alone = model.encoder(part, part.visibility[0]).dense(batch.layout)
    torch.testing.assert_close(alone[0], whole[0], rtol=1e-5, atol=1e-5)


def test_encoded_tokens_lie_where_they_are_visible() -> None:
    batch, model = window(), build().eval()
    visible = batch.visibility[0] == ENCODE
    encoded = model.encoder(batch, batch.visibility[0])
    assert encoded.values.shape == (3, int(visible.sum(1).max()), 32)
    dense = encoded.dense(batch.layout)
    assert torch.equal(dense.any(-1), visible)
    for row in range(3):
        assert torch.equal(encoded.position[row][encoded.valid[row]], visible[row].nonzero()[:, 0])
        torch.testing.assert_close(encoded.pooled()[row], dense[row][visible[row]].mean(0))
    by_sensor = encoded.by_sensor(batch.layout)
    assert by_sensor["optical"].shape == (3, 2, 2, 3, 2, 32)
    assert by_sensor["weather"].shape == (3, 1, 1, 3, 1, 32)
    torch.testing.assert_close(by_sensor["place"][:, 0, 0, 0, 0], dense[:, -1])


def test_views_in_one_call_are_the_views_one_by_one() -> None:
    batch, model = window(views=2), build(drop_path=0.0)
    together = model(batch)
    for view in range(2):
        alone = model(evolve(batch, visibility=batch.visibility[view : view + 1]))
        torch.testing.assert_close(together.projected[view], alone.projected[0], rtol=1e-5, atol=1e-5)
        rows = together.tokens.sequences.number // len(batch) == view
        torch.testing.assert_close(together.predicted[rows], alone.predicted, rtol=1e-5, atol=1e-5)
        torch.testing.assert_close(together.target[rows], alone.target, rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize("attention", [PackedConfig, SdpaConfig])
def test_samples_without_encoded_or_decoded_tokens_do_no_harm(attention: type) -> None:
    batch, model = window(views=2), build(attention)
    batch.visibility[:, 0] = MISSING
    batch.visibility[:, 1][batch.visibility[:, 1] == ENCODE] = TARGET_ONLY
    output = model(batch)
    output.predicted.square().sum().backward()
    assert output.predicted.isfinite().all() and output.projected.isfinite().all()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.decoder.parameters())
    batch.visibility[:] = MISSING
    empty = model(batch)
    assert len(empty.predicted) == len(empty.target) == 0


@pytest.mark.parametrize("options", OPTIONS[:2])
def test_every_trainable_weight_gets_a_gradient_even_if_unused(options: dict[str, Any]) -> None:
    batch, model = window(views=2), build(**options)
    batch.visibility[:, :, batch.layout["fine"].tokens] = DECODE
    output = model(batch)
    (output.predicted.sum() + output.projected.sum()).backward()
    assert [name for name, p in model.named_parameters() if p.requires_grad and p.grad is None] == []
    assert not any(p.requires_grad for p in model.target.parameters())
    unused = model.encoder.patch_embedding.projections["fine__0"].weight
    assert isinstance(unused, torch.Tensor) and unused.grad is not None and not unused.grad.any()


@pytest.mark.parametrize("options", OPTIONS)
def test_bfloat16_autocast_runs(options: dict[str, Any]) -> None:
    batch, model = window(views=2), build(drop_path=0.0, **options)
    with torch.autocast("cpu", torch.bfloat16):
        output = model(batch)
    (output.predicted.float().sum() + output.projected.float().sum()).backward()
    with torch.no_grad():
        exact = build(drop_path=0.0, **options)(batch)
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters() if p.requires_grad)
    torch.testing.assert_close(output.target.float(), exact.target, rtol=0.05, atol=0.05)
    torch.testing.assert_close(output.encoded.packed.float(), exact.encoded.packed, rtol=0.1, atol=0.1)


def test_rotary_positions_keep_no_more_for_the_gradient_than_added_ones() -> None:
    batch, kept = window(batch=8, side=4), {}
    for mode in ("absolute", "rope_3d", "rope_3d_mixed"):
        encoder = build(position_encoding=mode, depth=6).encoder
        sizes: dict[int, int] = {}

        def remember(tensor: torch.Tensor, sizes: dict[int, int] = sizes) -> torch.Tensor:
            storage = tensor.untyped_storage()
            sizes[storage.data_ptr()] = storage.nbytes()
            return tensor

        with torch.autograd.graph.saved_tensors_hooks(remember, lambda tensor: tensor):
            encoded = encoder(batch, batch.visibility[0])
        assert encoded.packed.requires_grad
        kept[mode] = sum(sizes.values())
    assert kept["rope_3d"] < 1.03 * kept["absolute"] and kept["rope_3d_mixed"] < 1.03 * kept["absolute"]


def test_drop_path_skips_whole_samples() -> None:
    batch, model = window(batch=4), build(drop_path=0.5).train()
    torch.manual_seed(1)
    first = model.encoder(batch, batch.visibility[0]).dense(batch.layout)
    torch.manual_seed(1)
    assert torch.equal(first, model.encoder(batch, batch.visibility[0]).dense(batch.layout))
    torch.manual_seed(2)
    assert not torch.equal(first, model.encoder(batch, batch.visibility[0]).dense(batch.layout))
    add = model.encoder.blocks[0].add
    sequences = model.encoder(batch, batch.visibility[0]).selection.sequences
    assert callable(add)
    branch = add(torch.zeros(sequences.total, 1), torch.ones(sequences.total, 1), sequences)[:, 0]
    per_sample = [set(part.tolist()) for part in branch.split(sequences.lengths)]
    assert all(len(values) == 1 and values <= {0.0, 2.0} for values in per_sample)


@pytest.mark.parametrize("options", OPTIONS)
def test_exits_after_all_blocks_are_the_encoders_tokens(options: dict[str, Any]) -> None:
    batch, encoder = window(), build(**options).eval().encoder
    exits = dict.fromkeys(SENSORS.names, 2)
    whole, taken = (encoder(batch, batch.visibility, exits=chosen).packed for chosen in (None, exits))
    torch.testing.assert_close(taken, whole, rtol=0, atol=0)
    earlier = encoder(batch, batch.visibility, exits={**exits, "fine": 1}).by_sensor(batch.layout)
    for name, tokens in encoder(batch, batch.visibility).by_sensor(batch.layout).items():
        assert torch.equal(earlier[name], tokens) == (name != "fine")


def test_a_target_can_follow_the_encoder() -> None:
    model = build()
    torch.nn.init.ones_(next(model.encoder.patch_embedding.parameters()).data)
    before = next(model.target.parameters()).clone()
    model.update_target(0.75)
    torch.testing.assert_close(next(model.target.parameters()).data, 0.75 * before + 0.25)
