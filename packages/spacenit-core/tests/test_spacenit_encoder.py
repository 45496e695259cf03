"""The `spacenit` encoder: what must not matter, what must, sizes and learning."""

from typing import Any

import pytest
import torch
from attrs import evolve
from torch.nn.functional import scaled_dot_product_attention

from spacenit_core.errors import UserError
from spacenit_core.models.latent_mim.config import LatentMIMConfig
from spacenit_core.models.latent_mim.model import LatentMIM
from spacenit_core.nn.attention.config import (
    AutoAttentionConfig,
    PackedConfig,
    SdpaConfig,
    VarlenConfig,
    XformersConfig,
)
from spacenit_core.nn.positions.rotary import RotaryPositions
from spacenit_core.nn.predictor_config import PredictorConfig
from spacenit_core.nn.sequences import Sequences, TokenSelection
from spacenit_core.nn.spacenit.blocks import GroupedQueryAttention, SwiGLU
from spacenit_core.nn.spacenit.config import SpaceNitEncoderConfig
from spacenit_core.nn.spacenit.embeddings import MonthEmbedding, TypedSequences
from spacenit_core.nn.spacenit.encoder import SpaceNitEncoder
from spacenit_core.nn.spacenit.rotary_positions import coordinates, frequencies
from spacenit_core.samples.batch import Batch
from spacenit_core.samples.layout import TokenLayout
from spacenit_core.samples.visibility import DECODE, ENCODE, MISSING, TARGET_ONLY

from .small_encoder import SENSORS, window

SMALL = SpaceNitEncoderConfig(embedding_size=32, depth=2, num_heads=4, num_kv_heads=2, max_patch_size=4, drop_path=0.0)


def build(**encoder: Any) -> LatentMIM:
    torch.manual_seed(0)
    config = LatentMIMConfig(
        encoder=evolve(SMALL, **encoder), decoder=PredictorConfig(embedding_size=16, depth=2, num_heads=2)
    )
    return config.build(SENSORS)


def encoder(**options: Any) -> SpaceNitEncoder:
    made = build(**options).encoder
    assert isinstance(made, SpaceNitEncoder)
    return made


def everything(batch: Batch) -> TokenSelection:
    return TokenSelection(torch.ones(len(batch), len(batch.layout), dtype=torch.bool))


@pytest.mark.parametrize("attention", [PackedConfig(), SdpaConfig()])
@pytest.mark.parametrize("training", [True, False])
def test_what_is_not_encoded_influences_nothing(attention: Any, training: bool) -> None:
    batch, model = window(patch=4), encoder(attention=attention).train(training)
    visibility = batch.visibility[0].clone()
    optical = batch.layout["optical"].tokens
    visibility[0, optical], visibility[1, optical] = MISSING, TARGET_ONLY
    visibility[0, batch.layout["weather"].start] = ENCODE
    before = model(batch, visibility).dense(batch.layout)
    pixels = {**batch.pixels, "optical": batch.pixels["optical"].clone()}
    pixels["optical"][:2] = 1e6
    after = model(evolve(batch, pixels=pixels), visibility).dense(batch.layout)
    torch.testing.assert_close(before, after, rtol=0, atol=0)
    assert before[0].any() and before[2].any()
    # A sensor that a sample lacks is not there as its learned token either.
    with torch.no_grad():
        model.sensor_type.vectors["optical"] += 10
        model.sensor_embedding.vectors["optical"] += 10
    changed = model(batch, visibility).dense(batch.layout)
    torch.testing.assert_close(changed[:2], before[:2], rtol=0, atol=0)
    assert not torch.allclose(changed[2], before[2])


@pytest.mark.parametrize("attention", [PackedConfig(), SdpaConfig()])
def test_a_samples_tokens_do_not_depend_on_its_companions(attention: Any) -> None:
    batch, model = window(batch=4), encoder(attention=attention)
    whole = model(batch, batch.visibility[0]).dense(batch.layout)
    for row, part in enumerate(batch.micro_batches(1)):
        torch.testing.assert_close(model(part, part.visibility[0]).dense(batch.layout)[0], whole[row])


def test_views_in_one_call_are_the_views_one_by_one() -> None:
    batch, model = window(views=2), build()
    together = model(batch)
    for view in range(2):
        alone = model(evolve(batch, visibility=batch.visibility[view : view + 1]))
        torch.testing.assert_close(together.projected[view], alone.projected[0], rtol=1e-5, atol=1e-5)


def logits(positions: torch.Tensor, query: torch.Tensor, key: torch.Tensor) -> torch.Tensor:
    """Products of turned queries and keys, one head, ``[M, M]``."""
    turned = RotaryPositions(positions, frequencies(query.shape[2], 10000.0, positions.device)).turn(None, query, key)
    return turned[0][:, 0] @ turned[1][:, 0].T


def test_only_differences_of_positions_matter() -> None:
    torch.manual_seed(0)
    positions, query, key = torch.rand(20, 3) * 10, torch.randn(20, 1, 32), torch.randn(20, 1, 32)
    before = logits(positions, query, key)
    for axis in range(3):
        shift = torch.zeros(3)
        shift[axis] = 7.5
        torch.testing.assert_close(logits(positions + shift, query, key), before, rtol=1e-4, atol=1e-4)
        stretched = positions.clone()
        stretched[:, axis] *= 2
        assert not torch.allclose(logits(stretched, query, key), before, atol=0.1)


def test_angles_of_row_column_and_time_add_up() -> None:
    head, base = 16, 100.0
    angles = torch.tensor([2.0, 3.0, 5.0]) @ frequencies(head, base, torch.device("cpu"))[:, 0]
    time = torch.tensor([base ** (-2 * i / 16) for i in range(8)])
    space = torch.tensor([base ** (-2 * i / 8) for i in range(4)])
    torch.testing.assert_close(angles, 2 * time + torch.cat([3 * space, 5 * space]))


def test_places_are_in_units_of_10_m_whatever_the_patch() -> None:
    # Cell (6, 3) of a grid of 20 m, once as patch (3, 1) of 2 cells and once as patch (6, 3) of one.
    coarse, fine = window(patch=2, side=4), window(patch=1, side=8)
    where = []
    for batch, row, column in ((coarse, 3, 1), (fine, 6, 2)):
        batch.grid_gsd = 20.0
        block = batch.layout["optical"]
        grid = coordinates(batch, everything(batch)).view(len(batch), -1, 3)[0]
        where.append(grid[block.tokens].view(*block.shape, 3)[row, column, 2, 1])
    assert where[0].tolist() == where[1].tolist() == [2.0, 12.0, 4.0]


def test_tokens_without_time_or_grid_are_not_turned_by_it() -> None:
    batch = window()
    place = coordinates(batch, everything(batch)).view(3, -1, 3)[0]
    parts = {name: place[batch.layout[name].tokens] for name in batch.layout.sensor_names}
    assert not parts["fine"][:, 0].any() and parts["fine"][:, 1:].any()
    assert not parts["weather"][:, 1:].any() and parts["weather"][:, 0].tolist() == [0, 1, 2]
    assert not parts["place"].any()


def test_grouped_queries_are_full_attention_with_repeated_heads() -> None:
    torch.manual_seed(0)
    grouped = GroupedQueryAttention(SMALL, PackedConfig().build())
    full = GroupedQueryAttention(evolve(SMALL, num_kv_heads=None), PackedConfig().build())
    weights = grouped.state_dict()
    for name in ("k.weight", "v.weight"):
        heads = weights[name].unflatten(0, (2, 8))
        # Query heads 0 and 1 share the first key and value head, 2 and 3 the second.
        weights[name] = heads[torch.tensor([0, 0, 1, 1])].flatten(0, 1)
    full.load_state_dict(weights)
    x, sequences = torch.randn(9, 32), Sequences(torch.tensor([4, 0, 5]))
    positions = RotaryPositions(torch.rand(9, 3), frequencies(8, 10000.0, x.device))
    torch.testing.assert_close(grouped(x, sequences, positions), full(x, sequences, positions))
    still = RotaryPositions(torch.zeros(9, 3), frequencies(8, 10000.0, x.device))
    query, key, value = (part(x[:4]).view(1, 4, -1, 8).transpose(1, 2) for part in (grouped.q, grouped.k, grouped.v))
    expected = scaled_dot_product_attention(query, key, value, enable_gqa=True)
    expected = grouped.proj(expected.transpose(1, 2).reshape(4, 32))
    torch.testing.assert_close(grouped(x, sequences, still)[:4], expected)


def test_a_learned_token_stands_before_those_of_each_sensor_that_is_there() -> None:
    layout = TokenLayout.of(SENSORS, rows=1, columns=1, timesteps=2, patch_size=1)
    # optical 0-3, fine 4, weather 5-6, place 7
    chosen = torch.zeros(4, 8, dtype=torch.bool)
    chosen[0, [0, 2, 5]] = chosen[2, [4, 5, 6, 7]] = chosen[3, 6] = True
    typed = TypedSequences(TokenSelection(chosen), layout)
    numbers = torch.tensor([10, 12, 15, 24, 25, 26, 27, 36])
    joined = typed.join(numbers, torch.tensor([-1, -2, -3, -4]))
    assert typed.sequences.lengths == [5, 0, 7, 2]
    assert joined.tolist() == [-1, 10, 12, -3, 15, -2, 24, -3, 25, 26, -4, 27, -3, 36]
    assert torch.equal(typed.leave(joined), numbers)


def test_months_come_round_and_only_tokens_with_time_have_them() -> None:
    batch, month = window(), MonthEmbedding(16)
    batch.timestamps[:, :, 1] = torch.tensor([0, 6, 11])
    parts = month(batch, everything(batch)).view(3, -1, 16)[0]
    weather = parts[batch.layout["weather"].tokens]
    torch.testing.assert_close(weather[0], -weather[1])
    distance = torch.cdist(weather, weather)
    assert distance[0, 2] < 0.3 * distance[0, 1], "December lies beside January"
    assert not parts[batch.layout["fine"].tokens].any() and not parts[batch.layout["place"].tokens].any()
    batch.timestamps[:, :, 1] += 12
    torch.testing.assert_close(month(batch, everything(batch)).view(3, -1, 16)[0], parts, rtol=1e-4, atol=1e-5)


def test_exits_take_tokens_where_they_are_told_to() -> None:
    batch, model = window(), encoder()
    names = batch.layout.sensor_names
    embedded = model(batch, batch.visibility[0], exits=dict.fromkeys(names, 0)).dense(batch.layout)
    tokens = (batch.visibility[0] == ENCODE).nonzero().unbind(1)
    wanted = model.patch_embedding(model.patches(batch), batch.visibility[0] == ENCODE).take(*tokens)
    torch.testing.assert_close(embedded[tokens], wanted)
    last = model(batch, batch.visibility[0]).packed
    torch.testing.assert_close(model(batch, batch.visibility[0], exits=dict.fromkeys(names, 2)).packed, last)
    mixed = model(batch, batch.visibility[0], exits=dict.fromkeys(names, 2) | {"optical": 0}).dense(batch.layout)
    optical = batch.layout["optical"].tokens
    torch.testing.assert_close(mixed[:, optical], model.norm(embedded[:, optical]))
    early = model(batch, batch.visibility[0], exits=dict.fromkeys(names, 1)).packed
    with torch.no_grad():
        model.blocks[1].mlp.w3.weight.fill_(torch.nan)
    torch.testing.assert_close(model(batch, batch.visibility[0], exits=dict.fromkeys(names, 1)).packed, early)
    with pytest.raises(UserError, match="do not name weather, place"):
        model(batch, batch.visibility[0], exits={"optical": 1, "fine": 1})
    with pytest.raises(UserError, match="between 0 and 2"):
        model(batch, batch.visibility[0], exits=dict.fromkeys(names, 3))


def test_windows_that_it_was_not_made_for_are_refused() -> None:
    batch = window(patch=2)
    for options in ({"min_patch_size": 3}, {"max_patch_size": 1}, {"max_sequence_length": 2}):
        with pytest.raises(UserError, match="were given to an encoder for"):
            model = encoder(**options)
            model(batch, batch.visibility[0])


@pytest.mark.parametrize(
    ("options", "words"),
    [
        ({"embedding_size": 36}, "multiple of 4 times num_heads"),
        ({"num_heads": 5}, "multiple of 4 times num_heads"),
        ({"num_kv_heads": 3}, r"num_kv_heads \(3\) must divide num_heads \(4\)"),
        ({"min_patch_size": 5}, r"min_patch_size \(5\) must not exceed"),
    ],
)
def test_sizes_that_do_not_fit_are_refused(options: dict[str, int], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        evolve(SMALL, **options)


@pytest.mark.parametrize(
    ("width", "depth", "heads", "shared"), [(128, 4, 8, 2), (192, 12, 3, 1), (768, 12, 12, 4), (1024, 24, 16, 4)]
)
def test_sizes_have_the_parameters_that_the_formula_gives(width: int, depth: int, heads: int, shared: int) -> None:
    config = SpaceNitEncoderConfig(embedding_size=width, depth=depth, num_heads=heads, num_kv_heads=shared)
    with torch.device("meta"):
        model = config.build(SENSORS)
    hidden = {128: 344, 192: 512, 768: 2048, 1024: 2736}[width]
    block = 2 * width**2 + 2 * width * (width // heads * shared) + 3 * width * hidden + 2 * width
    patches = (2 + 3) * 64 + 1 * 256 + 4 + 2
    rest = (patches + 5) * width + 2 * len(SENSORS) * width + 2 * width + width + width**2 + width
    assert sum(parameter.numel() for parameter in model.parameters()) == depth * block + rest


def test_swiglu_is_its_formula() -> None:
    layer, x = SwiGLU(4, 8), torch.randn(5, 4)
    a, b = x @ layer.w1.weight.T, x @ layer.w2.weight.T
    torch.testing.assert_close(layer(x), (a / (1 + (-a).exp()) * b) @ layer.w3.weight.T)
    assert not any(parameter.ndim == 1 for parameter in layer.parameters())


def test_every_trainable_weight_gets_a_gradient_even_if_unused() -> None:
    batch, model = window(views=2), build(drop_path=0.1)
    batch.visibility[:, :, batch.layout["fine"].tokens] = DECODE
    output = model(batch)
    (output.predicted.square().sum() + output.projected.square().sum()).backward()
    missing = [name for name, p in model.named_parameters() if p.requires_grad and p.grad is None]
    silent = [name for name, p in model.encoder.named_parameters() if p.grad is not None and not p.grad.any()]
    assert missing == []
    assert all("fine" in name for name in silent) and len(silent) == 4


def test_samples_without_encoded_or_decoded_tokens_do_no_harm() -> None:
    batch, model = window(views=2), build()
    batch.visibility[:, 0] = MISSING
    batch.visibility[:, 1][batch.visibility[:, 1] == ENCODE] = TARGET_ONLY
    output = model(batch)
    output.predicted.square().sum().backward()
    assert output.predicted.isfinite().all() and output.projected.isfinite().all()
    batch.visibility[:] = MISSING
    assert len(model(batch).predicted) == 0


def test_bfloat16_autocast_runs() -> None:
    batch, model = window(views=2), build()
    with torch.autocast("cpu", torch.bfloat16):
        output = model(batch)
    (output.predicted.float().sum() + output.projected.float().sum()).backward()
    assert all(p.grad is not None and p.grad.isfinite().all() for p in model.parameters() if p.requires_grad)
    with torch.no_grad():
        torch.testing.assert_close(output.projected.float(), build()(batch).projected, rtol=0.1, atol=0.1)


def test_a_few_steps_on_one_batch_lower_the_loss() -> None:
    batch, model = window(batch=4, views=2), build()
    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3)
    losses = []
    for _ in range(4):
        output = model(batch)
        loss = (output.predicted - output.target).square().mean()
        optimizer.zero_grad()
        loss.backward()
        optimizer.step()
        losses.append(loss.item())
    assert losses[3] < losses[2] < losses[1] < losses[0]


@pytest.mark.gpu
@pytest.mark.parametrize(
    "attention", [VarlenConfig(), XformersConfig(), PackedConfig(), AutoAttentionConfig()], ids=str
)
@pytest.mark.parametrize("half", [True, False], ids=["bfloat16", "float32"])
def test_a_gpu_gives_the_tokens_and_gradients_of_a_cpu(attention: Any, half: bool) -> None:
    if not torch.cuda.is_available():
        pytest.skip("there is no GPU")
    batch, results = window(views=2), []
    batch.visibility[:, 0] = MISSING
    for device in ("cpu", "cuda"):
        model, here = build(attention=attention if device == "cuda" else SdpaConfig()).to(device), batch.to(device)
        with torch.autocast(device, torch.bfloat16, enabled=half and device == "cuda"):
            output = model(here)
        (output.predicted.float().square().mean() + output.projected.float().square().mean()).backward()
        grads = [p.grad for p in model.parameters() if p.requires_grad]
        results.append([part.detach().float().cpu() for part in (output.predicted, output.projected, *grads)])
    tolerance = 0.1 if half else 5e-3
    for ours, theirs in zip(*results, strict=True):
        scale = theirs.abs().max().clamp(min=1e-3)
        torch.testing.assert_close(ours / scale, theirs / scale, rtol=tolerance, atol=tolerance)
