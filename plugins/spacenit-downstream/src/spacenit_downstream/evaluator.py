"""What the callback `downstream_evaluator` does: a client of `spacenit_evals.evaluate`, beside the training."""

import time
from collections.abc import Callable, Mapping
from typing import cast

from attrs import asdict, field, frozen

from spacenit_core.cli.saying import say
from spacenit_core.errors import SpaceNitError
from spacenit_core.kinds.callbacks import Callback, RunningTrainer
from spacenit_downstream.config import DownstreamEvaluatorConfig, DownstreamTask
from spacenit_downstream.tasks import evaluated, parts_of, validates
from spacenit_downstream.undisturbed import undisturbed
from spacenit_downstream.weights import EvaluatedCopy
from spacenit_evals.checkpoint import TrainedRun
from spacenit_train.trainer.trainer import Trainer


@frozen(kw_only=True)
class Outcome:
    """What came of a task, on the rank that had it.

    Attributes:
        task: its name.
        metrics: to log.
        validation: whether it has samples for validation.
        problem: why nothing came of it; empty where something did.
    """

    task: str
    metrics: dict[str, float] = field(factory=dict)
    validation: bool = False
    problem: str = ""


class DownstreamEvaluator(Callback):
    """Evaluates a copy of the model. Each rank has some of the tasks whole, so that several find what one finds.

    What goes wrong in a task is said, and ends that task, never the run.

    Args:
        config: tasks and intervals.
    """

    def __init__(self, config: DownstreamEvaluatorConfig) -> None:
        self.config = config
        self.tasks = config.chosen()
        self._copy: EvaluatedCopy | None = None
        self._validation: dict[str, bool] = {}

    def on_run_start(self, trainer: RunningTrainer) -> None:
        """Open all benchmarks, so that what is not there is known before the first step."""
        running = cast(Trainer, trainer)
        outcomes = self._on_ranks(running, self.tasks, _check)
        self._validation = {outcome.task: outcome.validation for outcome in outcomes}
        self._drop(running, outcomes)
        if self.config.eval_on_startup:
            for name, value in self._evaluated(running, self.tasks).items():
                trainer.log(name, value)

    def on_step_end(self, trainer: RunningTrainer, metrics: dict[str, float]) -> None:
        """Evaluate on the tasks whose interval ends."""
        running = cast(Trainer, trainer)
        per_epoch = running.loader.steps_per_epoch
        due = {
            name: task
            for name, task in self.tasks.items()
            if running.progress.step % (task.eval_interval.value * _steps(task, per_epoch)) == 0
        }
        if due:
            metrics.update(self._evaluated(running, due))

    def _evaluated(self, trainer: Trainer, tasks: Mapping[str, DownstreamTask]) -> dict[str, float]:
        outcomes = self._on_ranks(trainer, tasks, _evaluate)
        self._drop(trainer, outcomes)
        return {name: value for outcome in outcomes for name, value in outcome.metrics.items()}

    def _drop(self, trainer: Trainer, outcomes: list[Outcome]) -> None:
        """Say which tasks cannot be evaluated, and go on without them."""
        for outcome in outcomes:
            if outcome.problem:
                del self.tasks[outcome.task]
                if trainer.world.is_main:
                    say(f"downstream_evaluator: not evaluated on {outcome.task}: {outcome.problem}", err=True)

    def _on_ranks(self, trainer: Trainer, tasks: Mapping[str, DownstreamTask], work: "Work") -> list[Outcome]:
        """Do something with tasks, each on one rank; all ranks know all outcomes."""
        world = trainer.world
        own = list(tasks.items())[world.rank :: world.size]
        with undisturbed(world.device):
            found = [asdict(self._carefully(trainer, name, task, work)) for name, task in own]
        by_task = {outcome["task"]: Outcome(**outcome) for outcome in world.gather(found)}
        return [by_task[name] for name in tasks]

    def _carefully(self, trainer: Trainer, name: str, task: DownstreamTask, work: "Work") -> Outcome:
        try:
            self._copy = self._copy or EvaluatedCopy(trainer)
            return work(self, self._copy.of_now(), name, task)
        except SpaceNitError as error:
            return Outcome(task=name, problem=str(error).replace("\n", " "))
        except Exception as error:
            return Outcome(task=name, problem=f"{type(error).__name__}: {error}")

    def has_validation(self, name: str) -> bool:
        """Whether a task that was opened has samples for validation."""
        return self._validation[name]


Work = Callable[[DownstreamEvaluator, TrainedRun, str, DownstreamTask], Outcome]


def _check(evaluator: DownstreamEvaluator, run: TrainedRun, name: str, task: DownstreamTask) -> Outcome:
    return Outcome(task=name, validation=validates(run, task, run_on_test=evaluator.config.run_on_test))


def _evaluate(evaluator: DownstreamEvaluator, run: TrainedRun, name: str, task: DownstreamTask) -> Outcome:
    started = time.perf_counter()
    metrics: dict[str, float] = {}
    parts = parts_of(task, validation=evaluator.has_validation(name), run_on_test=evaluator.config.run_on_test)
    for part, benchmark in parts.items():
        metrics |= evaluated(run, benchmark, name, task, part)
    return Outcome(task=name, metrics=metrics | {f"eval_time/{name}": time.perf_counter() - started})


def _steps(task: DownstreamTask, per_epoch: int) -> int:
    """How many steps the unit of a task's interval has."""
    return per_epoch if task.eval_interval.unit == "epochs" else 1
