"""What the callback `downstream_evaluator` does: a client of `spacenit_evals.evaluate`, beside the training."""

import time
from collections.abc import Mapping
from typing import cast

from attrs import asdict, frozen

from spacenit_core.cli.saying import say
from spacenit_core.contracts.build import build
from spacenit_core.errors import SpaceNitError, UserError
from spacenit_core.kinds.benchmarks import BenchmarkConfig
from spacenit_core.kinds.callbacks import Callback, RunningTrainer
from spacenit_downstream.config import DownstreamEvaluatorConfig, DownstreamTask
from spacenit_downstream.undisturbed import undisturbed
from spacenit_downstream.validation import ValidationSamplesOf, has_validation_samples
from spacenit_downstream.weights import EvaluatedCopy
from spacenit_evals.checkpoint import TrainedRun
from spacenit_evals.embedders.encoder import ModelEncoder
from spacenit_evals.evaluation import evaluate
from spacenit_evals.results.found import Report
from spacenit_evals.results.report import write_report
from spacenit_train.trainer.trainer import Trainer

TEST = "test/"
"""Stands before the names of tasks whose test samples were scored."""


@frozen(kw_only=True)
class Outcome:
    """What came of a task, on the rank that had it.

    Attributes:
        task: its name.
        metrics: to log.
        problem: why there are none; empty where there are.
    """

    task: str
    metrics: dict[str, float]
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

    def on_run_start(self, trainer: RunningTrainer) -> None:
        """Open all benchmarks, so that what is not there is known before the first step."""
        running = cast(Trainer, trainer)
        outcomes = self._on_ranks(running, self.tasks, check=True)
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
        outcomes = self._on_ranks(trainer, tasks, check=False)
        self._drop(trainer, outcomes)
        return {name: value for outcome in outcomes for name, value in outcome.metrics.items()}

    def _drop(self, trainer: Trainer, outcomes: list[Outcome]) -> None:
        """Say which tasks cannot be evaluated, and go on without them."""
        for outcome in outcomes:
            if outcome.problem:
                del self.tasks[outcome.task]
                if trainer.world.is_main:
                    say(f"downstream_evaluator: not evaluated on {outcome.task}: {outcome.problem}", err=True)

    def _on_ranks(self, trainer: Trainer, tasks: Mapping[str, DownstreamTask], *, check: bool) -> list[Outcome]:
        """Check or evaluate tasks, each on one rank; all ranks know all outcomes."""
        world = trainer.world
        own = list(tasks.items())[world.rank :: world.size]
        with undisturbed(world.device):
            found = [asdict(self._one(trainer, name, task, check=check)) for name, task in own]
        by_task = {outcome["task"]: Outcome(**outcome) for outcome in world.gather(found)}
        return [by_task[name] for name in tasks]

    def _one(self, trainer: Trainer, name: str, task: DownstreamTask, *, check: bool) -> Outcome:
        try:
            self._copy = self._copy or EvaluatedCopy(trainer)
            run = self._copy.of_now()
            metrics: dict[str, float] = {}
            started = time.perf_counter()
            for part, benchmark in self._scored(run, task).items():
                if not check:
                    metrics |= evaluated(run, benchmark, name, task, part)
            return Outcome(
                task=name, metrics=metrics | ({} if check else {f"eval_time/{name}": time.perf_counter() - started})
            )
        except SpaceNitError as error:
            return Outcome(task=name, metrics={}, problem=str(error).replace("\n", " "))
        except Exception as error:
            return Outcome(task=name, metrics={}, problem=f"{type(error).__name__}: {error}")

    def _scored(self, run: TrainedRun, task: DownstreamTask) -> dict[str, BenchmarkConfig]:
        """What is evaluated on, by the part of `eval/...` that its metrics stand in.

        Raises:
            SpaceNitError: where the data are not there, or hold nothing that the model takes.
        """
        takes = ModelEncoder().takes(run, task.patch_size)
        assert takes is not None
        whole = build(task.benchmark.for_run(run.experiment), takes)
        has_validation = has_validation_samples(whole)
        if not self.config.run_on_test and not has_validation:
            raise UserError("it has no samples for validation", "its test samples are scored with run_on_test=true")
        parts: dict[str, BenchmarkConfig] = {"": ValidationSamplesOf(of=task.benchmark)} if has_validation else {}
        return {**parts, TEST: task.benchmark} if self.config.run_on_test else parts


def evaluated(
    run: TrainedRun, benchmark: BenchmarkConfig, name: str, task: DownstreamTask, part: str
) -> dict[str, float]:
    """Evaluate, and keep the report in the run's folder.

    Args:
        run: the model.
        benchmark: what to evaluate on.
        name: of the task.
        task: how.
        part: see `metrics_of`.
    """
    protocol, judge = task.judged_by()
    report = evaluate(run, benchmark, {protocol: judge}, patch_size=task.patch_size)
    folder = name if part == TEST else f"{name}_validation"
    write_report(report, run.path.parent / "evaluation" / run.path.name / folder)
    return metrics_of(report, name, part)


def metrics_of(report: Report, task: str, part: str = "") -> dict[str, float]:
    """The scores of a report as metrics of a run.

    Args:
        report: of one protocol and the model alone.
        task: what it is called.
        part: "test/" for scores of test samples.
    """
    (score,) = report.scores
    others = {name: value for name, value in score.metrics.items() if name != report.primary}
    return {f"eval/{part}{task}": score.metrics[report.primary].value} | {
        f"eval_other/{part}{task}/{name.replace(' ', '_')}": value.value for name, value in others.items()
    }


def _steps(task: DownstreamTask, per_epoch: int) -> int:
    """How many steps the unit of a task's interval has."""
    return per_epoch if task.eval_interval.unit == "epochs" else 1
