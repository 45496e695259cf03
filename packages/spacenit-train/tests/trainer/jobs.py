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
from spacenit_train.distributed.gradients import average_gradients
from spacenit_train.distributed.world import PeerFailedError, World
from spacenit_train.trainer import exit_code
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


def average(folder: str) -> int:
    """Gradients of parameters that one rank, both or none have used."""
    world = World.join("cpu")
    parameters = [nn.Parameter(torch.zeros(3)) for _ in range(4)]
    parameters[world.rank].grad = torch.full((3,), 2.0 + world.rank)
    parameters[2].grad = torch.tensor([1.0, 2.0, 3.0]) * (world.rank + 1)
    used = world.sum_and_check([parameter.grad is not None for parameter in parameters])
    average_gradients(parameters, used, world)
    gradients = [None if parameter.grad is None else parameter.grad.tolist() for parameter in parameters]
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
    update = Update(
        runner=runner, optimizer=optimizer, owner=owner, world=world, seed=1, microbatch_size=1, max_grad_norm=1.0
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
