"""Blocks in a row: without gradients a CPU takes a few sequences at a time, which must not show."""

from typing import Any

import pytest
import torch

from spacenit_core.nn import stack
from spacenit_core.nn.encoder import Encoder
from spacenit_core.nn.encoder_config import OlmoEarthEncoderConfig
from spacenit_core.nn.sequences import Sequences
from spacenit_core.nn.spacenit.config import SpaceNitEncoderConfig
from spacenit_core.nn.spacenit.encoder import SpaceNitEncoder
from spacenit_core.nn.stack import BlockStack
from spacenit_core.samples.visibility import MISSING

from .small_encoder import OPTIONS, SENSORS, window

EXITS: list[dict[str, int] | None] = [None, {"optical": 2, "fine": 0, "weather": 1, "place": 2}]
CONFIGS = [
    *(OlmoEarthEncoderConfig(embedding_size=32, depth=3, num_heads=2, max_patch_size=4, **more) for more in OPTIONS),
    SpaceNitEncoderConfig(embedding_size=32, depth=3, num_heads=2, num_kv_heads=1, max_patch_size=4),
]


@pytest.mark.parametrize("exits", EXITS, ids=["all blocks", "token exits"])
@pytest.mark.parametrize("config", CONFIGS, ids=["absolute", "rope_3d", "rope_3d_mixed", "spacenit"])
def test_tokens_are_the_same_a_few_sequences_at_a_time(
    config: Any, exits: dict[str, int] | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    torch.manual_seed(0)
    encoder: Encoder | SpaceNitEncoder = config.build(SENSORS).eval()
    batch = window(batch=4, views=2)
    batch.visibility[1, 2] = MISSING
    together = encoder(batch, batch.visibility, exits=exits)
    monkeypatch.setattr(stack, "TOKENS_AT_A_TIME", 16)
    calls = []
    encoder.blocks[0].register_forward_hook(lambda *_: calls.append(1))
    with torch.no_grad():
        apart = encoder(batch, batch.visibility, exits=exits)
    assert len(calls) > 2
    torch.testing.assert_close(apart.packed, together.packed.detach(), rtol=1e-5, atol=1e-5)


@pytest.mark.parametrize(
    ("lengths", "runs"),
    [
        ([3, 4, 5, 1], [[3, 4], [5, 1]]),
        ([9, 2, 9], [[9], [2], [9]]),
        ([0, 8, 0, 0], [[0, 8, 0, 0]]),
        ([5], [[5]]),
        ([], [[]]),
    ],
)
def test_neighbours_run_together_up_to_a_number_of_tokens(lengths: list[int], runs: list[list[int]]) -> None:
    sequences = Sequences(torch.tensor(lengths, dtype=torch.int64))
    parts = list(sequences.runs(8))
    assert [part.lengths for _, part in parts] == runs
    tokens = torch.arange(sum(lengths))
    assert torch.cat([tokens[rows] for rows, _ in parts]).tolist() == tokens.tolist()


def test_no_blocks_change_nothing() -> None:
    x = torch.rand(5, 8)
    with torch.no_grad():
        assert torch.equal(BlockStack()(x, Sequences(torch.tensor([2, 3]))), x)
