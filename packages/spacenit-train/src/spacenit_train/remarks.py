"""What a run does that its settings may not mean: said before it begins, and refused by nobody."""

from collections.abc import Iterator
from typing import Any

from spacenit_core.cli.saying import say
from spacenit_core.config.converter import is_default
from spacenit_core.contracts.schedulers import learning_rate
from spacenit_core.kinds.losses import LossConfig
from spacenit_core.kinds.masking import MaskingConfig
from spacenit_train.callbacks.checkpointer import CheckpointerConfig
from spacenit_train.experiment import Experiment, configs_in
from spacenit_train.trainer.config import Duration
from spacenit_train.trainer.duration import Progress, planned_steps
from spacenit_train.trainer.microbatches import microbatches_per_rank

_JUMP = 1.05
"""How much the learning rate may change between two steps before it is told, as a factor."""


def remarks(experiment: Experiment, *, steps: int | None, world_size: int = 1, before: int | None = None) -> list[str]:
    """What to know of an experiment before it is trained.

    Args:
        experiment: one that may be trained.
        steps: updates of the whole run, where they are known.
        world_size: the number of processes that share the global batch.
        before: how many did in the part of the run that it goes on from, if any.
    """
    found = [*_unsaved(experiment), *_alone(experiment, world_size)]
    found += _divided(experiment, world_size, before or world_size)
    found += experiment.remarks()
    return [*found, *remarks_on_length(experiment, steps)] if steps else found


def remarks_on_length(experiment: Experiment, steps: int) -> list[str]:
    """What to know of a schedule and of intervals in a run of so many steps."""
    return [*_rising(experiment, steps), *_never_reached(experiment, steps)] if steps > 1 else []


def known_steps(duration: Duration, steps_per_epoch: int | None) -> int | None:
    """The updates of a whole run; None where they depend on what the data hold, or on a set that is not open."""
    if duration.unit == "tokens" or (duration.unit == "epochs" and steps_per_epoch is None):
        return None
    return planned_steps(duration, Progress(), steps_per_epoch or 0)


def rate_jump(experiment: Experiment, before: Duration, progress: Progress, steps_per_epoch: int) -> list[str]:
    """What to know where a run goes on with another duration than it was begun with.

    Args:
        experiment: with its present duration.
        before: the former one.
        progress: where the run is.
        steps_per_epoch: updates in one pass over the data.
    """
    now = experiment.trainer.max_duration
    if before == now or not progress.step:
        return []
    peak, rate = experiment.train_module.optim.lr, experiment.train_module.scheduler.lr
    old, new = (planned_steps(duration, progress, steps_per_epoch) for duration in (before, now))
    was, expected, then = (
        rate(peak, progress.step, old),
        rate(peak, progress.step + 1, old),
        rate(peak, progress.step + 1, new),
    )
    if new <= progress.step or max(then, expected) <= _JUMP * min(then, expected):
        return []
    return [
        f"the run was begun for {before} and goes on for {now}, so its schedule is another one: the learning rate goes "
        f"from {was:.3g} to {then:.3g} with step {progress.step + 1:,}"
    ]


def say_notes(lines: list[str]) -> None:
    """Print remarks to stderr."""
    for line in lines:
        say(f"note: {line}", err=True)


def _unsaved(experiment: Experiment) -> Iterator[str]:
    callbacks = experiment.trainer.callbacks.values()
    if not any(config.enabled is not False for config in callbacks if isinstance(config, CheckpointerConfig)):
        yield "nothing is saved but metrics: no callback `checkpointer` is in trainer.callbacks, or it is disabled"


def _rising(experiment: Experiment, steps: int) -> Iterator[str]:
    module = experiment.train_module
    last, before = (learning_rate(module.scheduler, module.optim.lr, step, steps) for step in (steps, steps - 1))
    if last > before:
        shorter = f"--train_module.scheduler.warmup_steps={max(steps // 10, 1)}"
        yield (
            f"the learning rate still rises at the last of {steps:,} steps: it comes to {last:.3g} of "
            f"{module.optim.lr:.3g}; a schedule for so short a run: {shorter}"
        )


def _never_reached(experiment: Experiment, steps: int) -> Iterator[str]:
    for path, config in configs_in(experiment):
        reasons = config.never_reached(steps) if hasattr(config, "never_reached") else {}
        for name, reason in reasons.items():
            if not is_default(config, name):
                yield f"{'.'.join((*path, name))}: the run has {steps:,} steps, so {reason}"


def _alone(experiment: Experiment, world_size: int) -> Iterator[str]:
    """Losses that compare the samples of a micro-batch, where there is one."""
    size, module = experiment.data_loader.global_batch_size, experiment.train_module
    count = microbatches_per_rank(size, module.rank_microbatch_size, world_size)
    if size > count * world_size:
        return
    for path, config in configs_in(module, ("train_module",)):
        if compares_samples(config):
            yield (
                f"{'.'.join(path)} compares the samples of a micro-batch with each other, and each has one sample: it "
                "adds nothing; give --train_module.rank_microbatch_size=2 or more, and a global batch that holds it"
            )


def compares_samples(config: Any) -> bool:
    """Whether a config is that of a loss that sees several samples together and has a weight."""
    if not isinstance(config, LossConfig) or getattr(config, "weight", 1) == 0:
        return False
    return config.role == "pooled" or (config.role == "regularizer" and getattr(config, "mode", "") != "patch")


def _divided(experiment: Experiment, world_size: int, before: int) -> Iterator[str]:
    if world_size == before == 1:
        return
    for path, config in configs_in(experiment.train_module, ("train_module",)):
        if isinstance(config, MaskingConfig) and getattr(config, "valid_steps", None) == "batch":
            yield (
                f"{'.'.join(path)}.valid_steps=batch masks time steps that are whole in all samples that a process has "
                f"of a batch, and {max(world_size, before)} processes share it: other numbers of processes mask other "
                "steps where samples have gaps; with valid_steps=sample they do not"
            )
