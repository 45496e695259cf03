"""What a run is made of: loader, model, runner, strategy and update, built from its experiment by every rank."""

from collections.abc import Callable
from pathlib import Path

import torch
from attrs import frozen
from torch import nn
from torch.optim import Optimizer

from spacenit_core.contracts.build import build
from spacenit_core.contracts.owner import owner_of
from spacenit_core.kinds.loaders import Loader, LoaderContext, TrainingBatch
from spacenit_core.kinds.strategies import Strategy
from spacenit_core.rng import torch_seed
from spacenit_train.distributed.world import World
from spacenit_train.experiment import Experiment
from spacenit_train.trainer.microbatches import microbatches_per_rank
from spacenit_train.trainer.precision import uses_bfloat16
from spacenit_train.trainer.step import Update


@frozen(kw_only=True, eq=False)
class Parts:
    """The parts of one rank.

    Attributes:
        loader: the source of batches.
        model: what is trained, on its device.
        runner: from a micro-batch to its loss, by the model.
        strategy: how the ranks share the model.
        optimizer: of the model's parameters.
        update: does updates with all of them.
    """

    loader: Loader[TrainingBatch]
    model: nn.Module
    runner: nn.Module
    strategy: Strategy
    optimizer: Optimizer
    update: Update


def build_parts(
    experiment: Experiment, world: World, run_folder: Path, explain: Callable[[Exception], Exception]
) -> Parts:
    """Build what a run is made of; all ranks call it.

    Args:
        experiment: the resolved experiment.
        world: the ranks.
        run_folder: where the loader may write.
        explain: turns an error of an update into the one to raise.

    Raises:
        SpaceNitError: on all ranks, where one of them cannot build a part.
    """
    loader, model, runner = world.on_every_rank(lambda: _trained(experiment, world, run_folder))
    # Ranks meet in there, so none may have failed before; and shards may take the place of the weights that the
    # optimizer is to know.
    settings = experiment.trainer.strategy_of(world.size)
    strategy = world.on_every_rank(lambda: build(settings, runner, world))
    optimizer, update = world.on_every_rank(lambda: _updated(experiment, world, model, strategy, explain))
    return Parts(loader=loader, model=model, runner=runner, strategy=strategy, optimizer=optimizer, update=update)


def _trained(
    experiment: Experiment, world: World, run_folder: Path
) -> tuple[Loader[TrainingBatch], nn.Module, nn.Module]:
    """Loader, model and runner."""
    context = LoaderContext(
        rank=world.rank, world_size=world.size, run_folder=run_folder, pin_memory=world.device.type == "cuda"
    )
    loader = experiment.open_loader(context)
    torch.manual_seed(torch_seed(experiment.seed, "init"))
    model = experiment.build_model().to(world.device)
    return loader, model, build(experiment.train_module, model).to(world.device)


def _updated(
    experiment: Experiment,
    world: World,
    model: nn.Module,
    strategy: Strategy,
    explain: Callable[[Exception], Exception],
) -> tuple[Optimizer, Update]:
    """The optimizer, and what does updates with it."""
    settings, size = experiment.train_module, experiment.data_loader.global_batch_size
    count = microbatches_per_rank(size, settings.rank_microbatch_size, world.size)
    optimizer = build(settings.optim, model)
    return optimizer, Update(
        strategy=strategy,
        optimizer=optimizer,
        owner=owner_of(settings.optim),
        world=world,
        seed=experiment.seed,
        microbatch_size=size // (count * world.size),
        max_grad_norm=settings.max_grad_norm,
        bfloat16=uses_bfloat16(experiment.precision, world.device),
        check=world.device.type == "cpu",
        explain=explain,
    )
