"""Attention over packed sequences."""

from typing import Any

import pytest
import torch

from spacenit_core.nn.attention.config import AutoAttentionConfig, VarlenConfig, XformersConfig
from spacenit_core.nn.attention.fallback import BackendWithFallback, KernelSpec, running_backends
from spacenit_core.nn.attention.modules import AttentionBackend, SelfAttention
from spacenit_core.nn.attention.nonempty import attend_nonempty
from spacenit_core.nn.attention.packed import Packed, jagged_attention, looped_attention
from spacenit_core.nn.attention.sdpa import Sdpa
from spacenit_core.nn.attention.varlen import Varlen
from spacenit_core.nn.attention.xformers import Xformers
from spacenit_core.nn.sequences import Sequences, TokenSelection
from spacenit_core.nn.transformer_config import TransformerConfig


def by_definition(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, queries: Sequences, keys: Sequences
) -> torch.Tensor:
    same = queries.number[:, None] == keys.number[None]
    scores = torch.einsum("qhd,khd->hqk", query, key) / query.shape[2] ** 0.5
    weights = scores.masked_fill(~same, -torch.inf).softmax(-1).nan_to_num(0.0)
    return torch.einsum("hqk,khd->qhd", weights, value)


LENGTHS = [([3, 1, 5], [2, 7, 4]), ([4], [4]), ([2, 2], [3, 3]), ([1, 70, 2, 40], [64, 1, 30, 5])]
WITH_EMPTY = [([0, 3], [2, 0]), ([0, 3, 2, 1], [2, 0, 4, 3]), ([0, 0, 2], [0, 5, 1])]


def jagged_where_filled(*tokens: Any) -> torch.Tensor:
    return attend_nonempty(jagged_attention, *tokens)


ON_CPU = [Packed(), Sdpa(), looped_attention, jagged_where_filled, AutoAttentionConfig().build()]
CASES = [(backend, *lengths) for backend in ON_CPU for lengths in LENGTHS + WITH_EMPTY]


def tokens_of(
    queries: list[int], keys: list[int], width: int = 8, **options: Any
) -> tuple[tuple[torch.Tensor, torch.Tensor, torch.Tensor], Sequences, Sequences]:
    """Random queries, keys and values of ragged sequences."""
    torch.manual_seed(0)
    counts = (sum(queries), sum(keys), sum(keys))
    tokens = tuple(torch.randn(count, 2, width, requires_grad=True, **options) for count in counts)
    device = options.get("device")
    query, key, value = tokens
    return (query, key, value), *(Sequences(torch.tensor(lengths, device=device)) for lengths in (queries, keys))  # type: ignore[return-value]


def outputs(backend: AttentionBackend, tokens: Any, queries: Sequences, keys: Sequences) -> list[torch.Tensor]:
    """The result and the gradients of queries, keys and values."""
    out = backend(*tokens, queries, keys)
    weights = torch.linspace(-1, 1, out.numel(), device=out.device).view_as(out)
    return [out, *torch.autograd.grad((out.float() * weights).sum(), tokens)]


@pytest.mark.parametrize(("backend", "queries", "keys"), CASES)
def test_backends_equal_the_definition(backend: AttentionBackend, queries: list[int], keys: list[int]) -> None:
    tokens, ours, theirs = tokens_of(queries, keys)
    expected = outputs(by_definition, [part.double() for part in tokens], ours, theirs)
    for found, wanted in zip(outputs(backend, tokens, ours, theirs), expected, strict=True):
        torch.testing.assert_close(found, wanted.float(), rtol=1e-5, atol=1e-5)


TOLERANCES = {torch.float32: 2e-3, torch.float16: 4e-3, torch.bfloat16: 3e-2}
"""Of float32 because tensor cores may round its products to 10 bits (TF32)."""

ON_GPU = [
    ("varlen", Varlen(), torch.bfloat16),
    ("varlen", Varlen(), torch.float16),
    ("xformers", Xformers(), torch.bfloat16),
    ("xformers", Xformers(), torch.float16),
    ("xformers", Xformers(), torch.float32),
    ("packed", Packed(), torch.bfloat16),
    ("packed", Packed(), torch.float32),
    ("sdpa", Sdpa(), torch.bfloat16),
]


@pytest.mark.gpu
@pytest.mark.parametrize(("queries", "keys"), LENGTHS + WITH_EMPTY)
@pytest.mark.parametrize("width", [16, 64])
@pytest.mark.parametrize(("name", "backend", "dtype"), ON_GPU, ids=[f"{name}-{dtype}" for name, _, dtype in ON_GPU])
def test_gpu_backends_equal_the_definition_to_the_tolerance_of_their_precision(
    name: str, backend: Any, dtype: torch.dtype, width: int, queries: list[int], keys: list[int]
) -> None:
    if not torch.cuda.is_available():
        pytest.skip("there is no GPU")
    reason = (
        backend.unsupported_reason(KernelSpec(torch.device("cuda"), dtype, width))
        if hasattr(backend, "unsupported_reason")
        else None
    )
    if reason:
        pytest.skip(f"{name}: {reason}")
    tokens, ours, theirs = tokens_of(queries, keys, width, device="cuda", dtype=dtype)
    expected = outputs(by_definition, [part.double() for part in tokens], ours, theirs)
    tolerance = TOLERANCES[dtype]
    for found, wanted in zip(outputs(backend, tokens, ours, theirs), expected, strict=True):
        torch.testing.assert_close(found.double(), wanted.double(), rtol=tolerance, atol=tolerance)


@pytest.mark.gpu
def test_on_a_gpu_a_float32_model_under_autocast_takes_the_half_precision_kernel() -> None:
    if not torch.cuda.is_available():
        pytest.skip("there is no GPU")
    choice = AutoAttentionConfig().build()
    tokens, ours, theirs = tokens_of([3, 5], [4, 2], 16, device="cuda")
    expected = by_definition(*tokens, ours, theirs)
    with torch.autocast("cuda", torch.bfloat16):
        found = choice(*tokens, ours, theirs)
    assert found.dtype == torch.bfloat16
    torch.testing.assert_close(found.float(), expected, rtol=3e-2, atol=3e-2)


class Everywhere(Packed):
    """A kernel that runs where `reason` is None."""

    def __init__(self, reason: str | None) -> None:
        self.reason = reason

    def unsupported_reason(self, place: object) -> Any:
        return self.reason


def test_the_first_backend_that_can_run_is_chosen_and_named(caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level("INFO")
    place = KernelSpec(torch.device("cpu"), torch.float32, 8)
    kernels = {"best": Everywhere("it is the wrong day"), "second": Everywhere(None), "last": Everywhere(None)}

    assert BackendWithFallback(kernels).name(place) == "second"
    assert caplog.messages == ["attention runs as second (cpu, float32, heads of 8); not best: it is the wrong day"]
    caplog.clear()
    assert (
        BackendWithFallback(kernels, asked="best").name(place)
        == BackendWithFallback(kernels, asked="best").name(place)
        == "second"
    )
    assert caplog.messages == [
        "attention=best cannot run (cpu, float32, heads of 8), second runs instead; best: it is the wrong day"
    ]
    caplog.clear()
    assert BackendWithFallback(kernels, asked="second").name(place) == "second"


@pytest.mark.parametrize("config", [VarlenConfig, XformersConfig])
def test_a_gpu_backend_on_a_cpu_warns_once_and_computes(config: Any, caplog: pytest.LogCaptureFixture) -> None:
    tokens, ours, theirs = tokens_of([3, 1, 5], [2, 7, 4], 24)
    expected = by_definition(*tokens, ours, theirs)
    for _ in range(2):
        out = config().build()(*tokens, ours, theirs)
        torch.testing.assert_close(out, expected, rtol=1e-5, atol=1e-5)
    (message,) = caplog.messages
    assert "(cpu, float32, heads of 24), packed runs instead" in message and message.endswith("it needs a GPU")


def test_a_model_names_the_backends_that_run() -> None:
    config = TransformerConfig(embedding_size=32, num_heads=2)
    layer = SelfAttention(config, AutoAttentionConfig().build())
    other = SelfAttention(config, Sdpa())
    found = running_backends(torch.nn.ModuleList([layer, other]), torch.device("cpu"), torch.float32)
    assert found == ["packed", "sdpa"]


@pytest.mark.parametrize("backend", [Packed(), Sdpa()])
def test_nothing_at_all_can_be_attended_and_trained_on(backend: AttentionBackend) -> None:
    empty = Sequences(torch.zeros(2, dtype=torch.int64))
    tokens = torch.zeros(0, 2, 8, requires_grad=True)
    backend(tokens, tokens, tokens, empty, empty).sum().backward()
    assert tokens.grad is not None


def test_padding_and_back() -> None:
    sequences = Sequences(torch.tensor([2, 0, 3]))
    values = torch.arange(1.0, 11.0).view(5, 2)
    padded = sequences.pad(values)
    assert padded.shape == (3, 3, 2)
    assert padded[0].tolist() == [[1, 2], [3, 4], [0, 0]] and not padded[1].any()
    assert torch.equal(sequences.unpad(padded), values)
    assert sequences.mean(values).tolist() == [[2, 3], [0, 0], [7, 8]]
    assert sequences.valid.tolist() == [[True, True, False], [False] * 3, [True] * 3]


def test_a_selection_knows_samples_and_positions() -> None:
    chosen = torch.tensor([[True, False, True], [False, False, False], [False, True, False], [True, True, True]])
    tokens = TokenSelection(chosen)
    assert tokens.position.tolist() == [0, 2, 1, 0, 1, 2]
    assert tokens.samples(2).tolist() == [0, 0, 0, 1, 1, 1]
    assert len(tokens) == 6
