"""Attention over packed sequences."""

import pytest
import torch

from spacenit_core.nn.attention import AttentionBackend
from spacenit_core.nn.attention.packed import Packed, jagged_attention, looped_attention
from spacenit_core.nn.attention.sdpa import Sdpa
from spacenit_core.nn.sequences import Sequences, TokenSelection


def by_definition(
    query: torch.Tensor, key: torch.Tensor, value: torch.Tensor, queries: Sequences, keys: Sequences
) -> torch.Tensor:
    same = queries.number[:, None] == keys.number[None]
    scores = torch.einsum("qhd,khd->hqk", query, key) / query.shape[2] ** 0.5
    weights = scores.masked_fill(~same, -torch.inf).softmax(-1).nan_to_num(0.0)
    return torch.einsum("hqk,khd->qhd", weights, value)


LENGTHS = [([3, 1, 5], [2, 7, 4]), ([4], [4]), ([2, 2], [3, 3])]
WITH_EMPTY = [([0, 3], [2, 0])]
CASES = [
    *((backend, *lengths) for backend in (Packed(), Sdpa(), looped_attention) for lengths in LENGTHS + WITH_EMPTY),
    *((jagged_attention, *lengths) for lengths in LENGTHS),
]


@pytest.mark.parametrize(("backend", "queries", "keys"), CASES)
def test_backends_equal_the_definition(backend: AttentionBackend, queries: list[int], keys: list[int]) -> None:
    torch.manual_seed(0)
    ours, theirs = Sequences(torch.tensor(queries)), Sequences(torch.tensor(keys))
    query = torch.randn(sum(queries), 2, 8, requires_grad=True)
    key, value = (torch.randn(sum(keys), 2, 8, requires_grad=True) for _ in range(2))
    out = backend(query, key, value, ours, theirs)
    expected = by_definition(query, key, value, ours, theirs)
    torch.testing.assert_close(out, expected, rtol=1e-5, atol=1e-5)
    if min(keys):
        found = torch.autograd.grad(out.square().sum(), (query, key, value))
        wanted = torch.autograd.grad(expected.square().sum(), (query, key, value))
        torch.testing.assert_close(found, wanted, rtol=1e-4, atol=1e-5)


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
