"""One step on two samples, to try what plugins bring to an experiment before it is trained."""

import torch

from spacenit_core.config.shapes import kind_of
from spacenit_core.contracts.build import build
from spacenit_core.contracts.optimizers import first_step
from spacenit_core.contracts.owner import owner_of
from spacenit_core.contracts.schedulers import learning_rate
from spacenit_core.kinds.loaders import TrainingBatch
from spacenit_core.rng import torch_seed
from spacenit_train.distributed.world import World
from spacenit_train.experiment import Experiment, configs_in

SAMPLES = 2


def foreign_entries(experiment: Experiment) -> list[str]:
    """The entries of an experiment that are not official ones, as errors name them."""
    configs = [config for _, config in configs_in(experiment) if kind_of(type(config)) is not None]
    owners = [owner_of(config) for config in configs]
    return list(dict.fromkeys(owner.text for owner in owners if not owner.official))


def try_step(experiment: Experiment, batch: TrainingBatch) -> float:
    """Make one update of a new model on the CPU, from two samples of a batch, and give its loss.

    Raises:
        PluginError: where a plugin breaks the contract of its kind.
    """
    settings = experiment.train_module
    with torch.random.fork_rng():
        torch.manual_seed(torch_seed(experiment.seed, "init"))
        model = experiment.build_model()
        runner = build(settings, model).train()
        strategy = build(experiment.trainer.strategy_of(1), runner, World())
        optimizer = build(settings.optim, model)
        for config in experiment.trainer.callbacks.values():
            if config.enabled is not False:
                build(config)
        if on_step_start := getattr(runner, "on_step_start", None):
            on_step_start(1, SAMPLES)
        step = strategy.forward(next(batch.micro_batches(SAMPLES)))
        strategy.backward(step.loss)
        for group in optimizer.param_groups:
            group["lr"] = learning_rate(settings.scheduler, settings.optim.lr, 1, SAMPLES)
        first_step(optimizer, owner_of(settings.optim))
    return float(step.loss.detach())
