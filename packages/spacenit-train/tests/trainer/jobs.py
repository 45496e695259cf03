"""What the fork server runs."""

import hashlib
import json
import os
import signal
from pathlib import Path
from typing import Any

import tiny
import torch
from torch import nn

from spacenit_core.checkpoint.tensors import pack
from spacenit_core.contracts.owner import Owner
from spacenit_core.errors import SpaceNitError
from spacenit_core.kinds.runners import StepLoss
from spacenit_core.samples.batch import Batch
from spacenit_train.distributed.strategies.ddp.config import DDPConfig
from spacenit_train.distributed.world import PeerFailedError, World
from spacenit_train.trainer import exit_code
from spacenit_train.trainer.config import TrainerConfig
from spacenit_train.trainer.step import NonFiniteError, Update
from spacenit_train.trainer.trainer import Trainer


def train(data: str, folder: str, stop_self_at: int | None = None, **settings: Any) -> int:
    """One run of the tiny experiment; its exit code, as the command line has it.

    Args:
        data: the set's folder.
        folder: the run's folder.
        stop_self_at: the step after which this process, or rank 1 of several, gets a SIGTERM.
        settings: see `tiny.experiment`.
    """
    trainer = Trainer(tiny.experiment(Path(data), Path(folder), **settings))
    if stop_self_at is not None:
        _stop_at(trainer, stop_self_at)
    try:
        return exit_code.fit_and_report(trainer)
    except SpaceNitError as error:
        print(f"{type(error).__name__}: {error}")
        return error.exit_code


def _stop_at(trainer: Trainer, step: int) -> None:
    end_step = trainer._end_step

    def end_step_and_stop() -> None:
        end_step()
        if trainer.progress.step == step and trainer.world.rank == trainer.world.size - 1:
            os.kill(os.getpid(), signal.SIGTERM)

    trainer._end_step = end_step_and_stop  # type: ignore[method-assign]


class Some(nn.Module):
    """A runner of four weights, of which each rank uses some; their gradients are what they are multiplied by."""

    def __init__(self, factors: dict[int, torch.Tensor]) -> None:
        super().__init__()
        self.weights = nn.ParameterList(torch.zeros(3) for _ in range(4))
        self.factors = factors

    def forward(self, batch: Batch) -> StepLoss:
        loss = torch.stack([(self.weights[index] * factor).sum() for index, factor in self.factors.items()]).sum()
        return StepLoss(loss=loss, metrics={})


def average(folder: str) -> int:
    """Gradients of parameters that one rank, both or none have used."""
    world = World.join("cpu")
    own, shared = torch.full((3,), 2.0 + world.rank), torch.tensor([1.0, 2.0, 3.0]) * (world.rank + 1)
    runner = Some({world.rank: own, 2: shared})
    strategy = DDPConfig().build(runner, world)
    used = world.sum_and_check([index in runner.factors for index in range(4)])
    strategy.backward(strategy.forward(tiny.points(torch.arange(1))).loss)
    gradients = [None if weight.grad is None else weight.grad.tolist() for weight in runner.weights]
    (Path(folder) / f"rank{world.rank}.json").write_text(json.dumps([used, gradients]))
    world.leave()
    return 0


class Line(nn.Module):
    """A runner whose loss on chosen samples is not a number; its loss depends on torch's generator."""

    def __init__(self, broken: tuple[int, ...] = ()) -> None:
        super().__init__()
        torch.manual_seed(0)
        self.layer = nn.Linear(2, 2)
        self.broken = broken

    def forward(self, batch: Batch) -> StepLoss:
        assert batch.indices is not None
        loss = nn.functional.dropout(self.layer(batch.pixels["x"]), 0.5).square().mean()
        if any(index in self.broken for index in batch.indices.tolist()):
            loss = loss * float("nan")
        return StepLoss(loss=loss, metrics={"mean": loss.detach()})


def digest(module: nn.Module) -> str:
    """The hash of a module's weights."""
    return hashlib.sha256(pack(module.state_dict())).hexdigest()


def non_finite(folder: str) -> int:
    """Sample 3, which rank 1 has, breaks the second of two updates."""
    world = World.join("cpu")
    runner = Line(broken=(3,))
    optimizer = torch.optim.AdamW(runner.parameters(), lr=0.1)
    owner = Owner("AdamW", "optimizers", official=True)
    strategy = DDPConfig().build(runner, world)
    update = Update(
        strategy=strategy, optimizer=optimizer, owner=owner, world=world, seed=1, microbatch_size=1, max_grad_norm=1.0
    )
    indices = torch.arange(2) + 2 * world.rank
    update(tiny.points(indices + 10), 0, 0.1)
    before, seen = digest(runner), ""
    try:
        update(tiny.points(indices), 1, 0.1)
    except NonFiniteError as error:
        seen = error.message
    (Path(folder) / f"rank{world.rank}.json").write_text(json.dumps([before, digest(runner), seen]))
    world.leave()
    return 0


class Parts(nn.Module):
    """A runner of five weights; sample 0 uses weights 0 and 1, sample 1 weights 0 and 2, and so on; none uses 4."""

    def __init__(self) -> None:
        super().__init__()
        self.weights = nn.ParameterList(torch.ones(1) for _ in range(5))

    def forward(self, batch: Batch) -> StepLoss:
        assert batch.indices is not None
        index = int(batch.indices[0])
        used = {0: (0, 1), 1: (0, 2), 2: (0, 3), 3: (0,)}[index]
        loss = torch.stack([(self.weights[number] * (0.3 + index) - 0.1).square() for number in used]).mean()
        return StepLoss(loss=loss, metrics={})


def updates(runner: nn.Module, world: World) -> Update:
    """What updates a runner in micro-batches of one sample."""
    optimizer = torch.optim.AdamW(runner.parameters(), lr=0.1, weight_decay=0.1)
    owner = Owner("AdamW", "optimizers", official=True)
    strategy = TrainerConfig().strategy_of(world.size).build(runner, world)
    return Update(strategy=strategy, optimizer=optimizer, owner=owner, world=world, seed=1, microbatch_size=1)


def parts(folder: str) -> int:
    """Three updates of weights that some micro-batches of some ranks leave out; weights and state as numbers."""
    world = World.join("cpu")
    runner = Parts()
    update = updates(runner, world)
    indices = torch.arange(4).split(4 // world.size)[world.rank]
    rows = [update(tiny.points(indices), step, 0.1).values.tolist() for step in range(3)]
    state = {str(number): update.optimizer.state[weight] for number, weight in enumerate(runner.weights)}
    moments = {number: [value.tolist() for value in kept.values()] for number, kept in state.items() if kept}
    weights = [weight.tolist() for weight in runner.weights]
    written = json.dumps({"rows": rows, "weights": weights, "state": moments})
    (Path(folder) / f"rank{world.rank}.json").write_text(written)
    world.leave()
    return 0


class Fault(torch.autograd.Function):
    """The identity, with a backward pass that fails, or ends the process."""

    @staticmethod
    def forward(ctx: Any, value: torch.Tensor, where: str) -> torch.Tensor:
        ctx.where = where
        return value.clone()

    @staticmethod
    def backward(ctx: Any, *gradients: torch.Tensor) -> Any:
        if ctx.where == "death":
            os.kill(os.getpid(), signal.SIGKILL)
        raise SpaceNitError(f"no luck in the {ctx.where}")


class Faulty(nn.Module):
    """A runner with several buckets of gradients that fails where it is told to, between two of them."""

    def __init__(self) -> None:
        super().__init__()
        self.layers = nn.Sequential(nn.Linear(2, 800), nn.Linear(800, 800), nn.Linear(800, 2))
        self.where, self.parts = "", 0

    def forward(self, batch: Batch) -> StepLoss:
        self.parts += 1
        if self.where == "forward":
            raise SpaceNitError("no luck in the forward")
        values = self.layers[0](batch.pixels["x"])
        if self.where == "death" or self.where == ("first backward" if self.parts == 1 else "last backward"):
            values = Fault.apply(values, self.where)  # type: ignore[no-untyped-call]
        return StepLoss(loss=self.layers[2](self.layers[1](values)).square().mean(), metrics={})


def fails_within(folder: str, failing: int, where: str, step: int) -> int:
    """A rank fails within an update of two micro-batches; every rank writes down what it gets to see."""
    world = World.join("cpu")
    runner = Faulty()
    update = updates(runner, world)
    seen: Any = "nothing"
    try:
        for number in range(step + 1):
            runner.where, runner.parts = where if (world.rank, number) == (failing, step) else "", 0
            update(tiny.points(torch.arange(2)), number, 0.1)
    except PeerFailedError as error:
        seen = [error.rank, error.exit_code]
    except SpaceNitError as error:
        seen = error.message
    (Path(folder) / f"rank{world.rank}.json").write_text(json.dumps(seen))
    world.leave()
    return 0


def rank_fails(folder: str, failing: list[int]) -> int:
    """Some ranks fail; every rank writes down what it gets to see."""
    world = World.join("cpu")
    failure = SpaceNitError(f"no luck on {world.rank}") if world.rank in failing else None
    try:
        world.sum_and_check([1], failure)
        seen: Any = "nothing"
    except PeerFailedError as error:
        seen = [error.rank, error.exit_code]
    except SpaceNitError as error:
        seen = error.message
    shared = world.on_main_rank(lambda: {"from": world.rank, "text": "é"})
    (Path(folder) / f"rank{world.rank}.json").write_text(json.dumps([seen, shared]))
    world.leave()
    return 0
