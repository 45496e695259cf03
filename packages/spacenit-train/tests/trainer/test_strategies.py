"""Ranks that share a model by a strategy: the bits of one process, and an end where a rank fails or dies."""

import json
import time
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
import torch.distributed as dist
from torch import nn

from spacenit_core import checkpoint
from spacenit_core.config import dump_yaml
from spacenit_core.errors import UserError
from spacenit_core.kinds.runners import StepLoss
from spacenit_core.kinds.strategies import STRATEGIES
from spacenit_train.distributed.strategies.ddp.config import DDPConfig
from spacenit_train.distributed.strategies.ddp.strategy import DDP
from spacenit_train.distributed.strategies.single import Single, SingleConfig
from spacenit_train.distributed.world import World
from spacenit_train.run import resolve_run

from .runs import fit, rows_of


def answers(folder: Path) -> list[Any]:
    return [json.loads((folder / f"rank{rank}.json").read_text()) for rank in range(2)]


def outcome(folder: Path) -> list[bytes]:
    found = checkpoint.latest(folder)
    assert found is not None
    return [(found / name).read_bytes() for name in ("model.safetensors", "optimizer.safetensors")]


@pytest.mark.parametrize("memory", ["together", "views", "checkpoint"])
def test_two_ranks_end_with_the_bits_of_one_process(tmp_path: Path, data: Path, server: Any, memory: str) -> None:
    settings: dict[str, Any] = {"data": str(data), "value": 6, "module": {"memory": memory}}
    assert server.run("train", folder=str(tmp_path / "one"), **settings) == 0
    assert server.run_ranks(2, "train", folder=str(tmp_path / "two"), **settings) == [0, 0]
    assert outcome(tmp_path / "one") == outcome(tmp_path / "two")


def test_what_micro_batches_leave_out_trains_as_in_one_process(tmp_path: Path, server: Any) -> None:
    for folder in ("one", "two"):
        (tmp_path / folder).mkdir()
    assert server.run("parts", folder=str(tmp_path / "one")) == 0
    assert server.run_ranks(2, "parts", folder=str(tmp_path / "two")) == [0, 0]
    one = json.loads((tmp_path / "one" / "rank0.json").read_text())
    first, second = answers(tmp_path / "two")
    assert first == second
    # Two sums of two micro-batches each are added up in another order than four one by one.
    torch.testing.assert_close(first, one, rtol=1e-6, atol=0)
    # Weight 4 is never used: it has no state, and weight decay leaves it alone.
    assert one["weights"][4] == [1.0] and "4" not in one["state"]
    assert sorted(one["state"]) == ["0", "1", "2", "3"]


@pytest.mark.parametrize("where", ["forward", "first backward", "last backward"])
@pytest.mark.parametrize("failing", [0, 1])
@pytest.mark.parametrize("step", [0, 2])
def test_a_rank_that_fails_ends_the_others_at_once(
    tmp_path: Path, server: Any, failing: int, where: str, step: int
) -> None:
    began = time.monotonic()
    given = {"folder": str(tmp_path), "failing": failing, "where": where, "step": step}
    assert server.run_ranks(2, "fails_within", **given) == [0, 0], server.log.read_text()
    assert time.monotonic() - began < 20
    seen = answers(tmp_path)
    assert seen[failing] == f"no luck in the {where}"
    assert seen[1 - failing] == [failing, 1]


def test_a_rank_that_dies_within_the_backward_pass_ends_the_others(tmp_path: Path, server: Any) -> None:
    began = time.monotonic()
    codes = server.run_ranks(2, "fails_within", folder=str(tmp_path), failing=1, where="death", step=1)
    assert codes[1] == -9 and codes[0] != 0
    assert time.monotonic() - began < 20


@pytest.fixture(params=["cpu", pytest.param("cuda", marks=pytest.mark.gpu)])
def alone(request: pytest.FixtureRequest) -> Iterator[World]:
    """A process group of one rank."""
    if request.param == "cuda" and not torch.cuda.is_available():
        pytest.skip("needs a GPU")
    backend = "gloo" if request.param == "cpu" else "cpu:gloo,cuda:nccl"
    dist.init_process_group(backend, store=dist.HashStore(), rank=0, world_size=1)
    yield World(device=torch.device(request.param))
    dist.destroy_process_group()


def test_one_rank_gets_the_gradients_of_its_runner(alone: World) -> None:
    gradients = []
    for made in (Single, DDP):
        torch.manual_seed(0)
        runner = Means().to(alone.device)
        strategy: Any = made(runner) if made is Single else made(runner, alone)
        strategy.share_weights()
        batches: Any = torch.randn(2, 4, 8).to(alone.device)
        with strategy.accumulating():
            strategy.backward(strategy.forward(batches[0]).loss)
        strategy.backward(strategy.forward(batches[1]).loss)
        found = [weight.grad for weight in runner.parameters()]
        assert found[2] is None and found[3] is None
        gradients.append([*found[:2], strategy.total_norm(found[:2])])
    assert all(map(torch.equal, *gradients))


class Means(nn.Module):
    """A runner with a layer that it does not use."""

    def __init__(self) -> None:
        super().__init__()
        self.used, self.left_out = nn.Linear(8, 8), nn.Linear(8, 8)

    def forward(self, batch: torch.Tensor) -> StepLoss:
        return StepLoss(loss=self.used(batch).square().mean(), metrics={})


def test_a_run_chooses_its_strategy_by_its_processes(tmp_path: Path, data: Path, tiny: ModuleType) -> None:
    trainer = tiny.experiment(data, tmp_path).trainer
    assert trainer.strategy is None
    assert (trainer.strategy_of(1), trainer.strategy_of(2)) == (SingleConfig(), DDPConfig())
    assert STRATEGIES.names() == ["ddp", "single"]
    # One process has nothing to exchange, so that a run may go on with fewer processes.
    assert type(DDPConfig().build(nn.Linear(1, 1), World())) is Single
    fit(tiny.experiment(data, tmp_path / "one", value=1))
    fit(tiny.experiment(data, tmp_path / "ddp", value=1, trainer={"strategy": DDPConfig()}))
    assert rows_of(tmp_path / "one")[0]["loss"] == rows_of(tmp_path / "ddp")[0]["loss"]
    assert outcome(tmp_path / "one") == outcome(tmp_path / "ddp")


def test_single_is_refused_where_there_are_other_ranks() -> None:
    with pytest.raises(UserError, match="the strategy single trains in one process, and there are 2"):
        resolve_run("nano", "r", overrides=["--trainer.strategy=single"], world_size=2)
    assert resolve_run("nano", "r", overrides=["--trainer.strategy=single"])
    with pytest.raises(UserError, match="there are 4"):
        SingleConfig().build(nn.Linear(1, 1), World(size=4))


def test_a_strategy_is_written_only_where_it_is_chosen() -> None:
    unset = resolve_run("nano", "r").experiment
    chosen = resolve_run("nano", "r", overrides=["--trainer.strategy=ddp"])
    assert "strategy" not in dump_yaml(unset.trainer)
    assert "strategy:\n  type: ddp\n" in dump_yaml(chosen.experiment.trainer)
    assert ("trainer.strategy.type", "ddp", "--trainer.strategy=ddp") in chosen.resolved.rows()
    assert resolve_run("nano", "r", plugins=["trainer.strategy=ddp"]).experiment == chosen.experiment
    assert resolve_run("nano", "r", overrides=["--trainer.strategy=none"]).experiment == unset
