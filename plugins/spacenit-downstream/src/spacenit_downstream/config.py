"""Callback `downstream_evaluator`: benchmarks that a run is evaluated on while it trains."""

from typing import TYPE_CHECKING, Any, ClassVar

from attrs import frozen

from spacenit_core.config.fields import at_least, setting
from spacenit_core.kinds.benchmarks import BENCHMARKS, BenchmarkConfig
from spacenit_core.kinds.callbacks import CallbackConfig
from spacenit_core.kinds.protocols import PROTOCOLS, ProtocolConfig
from spacenit_core.kinds.tasks import DENSE
from spacenit_core.text import did_you_mean, listed
from spacenit_train.trainer.config import Duration

if TYPE_CHECKING:
    from spacenit_downstream.evaluator import DownstreamEvaluator

OFFICIAL = {
    "m_eurosat": ("m_eurosat", 4000),
    "m_so2sat": ("m_so2sat", 20000),
    "mados": ("mados", 4000),
    "pastis": ("pastis_sentinel2", 20000),
}
"""Task -> its benchmark, and the steps between two evaluations, as OlmoEarth v1 was trained."""


def _steps_or_epochs(_: Any, __: Any, value: Duration) -> None:
    if value.unit == "tokens":
        raise ValueError("eval_interval is in steps or epochs, not in tokens")


@frozen(kw_only=True)
class DownstreamTask:
    """One benchmark, how it is judged, and how often."""

    benchmark: BenchmarkConfig = setting("what the encoder is evaluated on")
    protocol: ProtocolConfig | None = setting(
        "how it is judged; unset: knn_20 where a sample has one answer, linear_probe where each of its pixels has", None
    )
    eval_interval: Duration = setting(
        "steps or epochs between two evaluations",
        factory=lambda: Duration(value=4000, unit="steps"),
        validator=_steps_or_epochs,
    )
    patch_size: int = setting(
        "cells along one side of a patch, for models that leave it open", 4, validator=at_least(1)
    )

    def judged_by(self) -> tuple[str, ProtocolConfig]:
        """The protocol and its name."""
        if self.protocol is not None:
            return PROTOCOLS.name_of(self.protocol), self.protocol
        name = "linear_probe" if self.benchmark.predicts in DENSE else "knn_20"
        return name, PROTOCOLS.get(name)()


def _official_tasks() -> dict[str, DownstreamTask]:
    return {
        name: DownstreamTask(benchmark=BENCHMARKS.get(benchmark)(), eval_interval=Duration(value=steps, unit="steps"))
        for name, (benchmark, steps) in OFFICIAL.items()
    }


def _known_tasks(config: Any, _: Any, value: tuple[str, ...] | None) -> None:
    unknown = [name for name in value or () if config.task_named(name) is None]
    if unknown:
        known = [*config.tasks, *BENCHMARKS.names()]
        question = did_you_mean(unknown[0], known)
        tasks = f"tasks: {', '.join(config.tasks)}; or any benchmark of `spacenit-run evals list`"
        raise ValueError(f"no task is called {listed(unknown, last='or')}{question and f'; {question}'}; {tasks}")


@frozen(kw_only=True)
class DownstreamEvaluatorConfig(CallbackConfig):
    """Evaluates the encoder on benchmarks in intervals of training, as `spacenit-run evaluate` does.

    Scores are metrics of the run: `eval/TASK` is the task's score on validation samples, `eval/test/TASK` the one on
    test samples, `eval_other/...` are the other scores, `eval_time/TASK` are seconds.
    """

    attach: ClassVar[bool] = True
    attach_to: ClassVar[str] = "spacenit-train"

    enabled: bool = setting("whether to evaluate at all", True)
    tasks: dict[str, DownstreamTask] = setting(
        "what can be evaluated, by names of your choice", factory=_official_tasks
    )
    tasks_to_run: tuple[str, ...] | None = setting(
        "the tasks that are evaluated, and no others; names of benchmarks work as well (none: all tasks)",
        None,
        validator=_known_tasks,
    )
    run_on_test: bool = setting("whether test samples are scored too, beside those for validation", False)
    eval_on_startup: bool = setting("whether to evaluate before the first step as well", False)

    def task_named(self, name: str) -> tuple[str, DownstreamTask] | None:
        """A task by its own name or its benchmark's, and what it is called; None where there is none."""
        wanted = name.replace("-", "_").lower()
        benchmark = BENCHMARKS.canonical(name)
        for own, task in self.tasks.items():
            if own.replace("-", "_").lower() == wanted:
                return own, task
        for own, task in self.tasks.items():
            if BENCHMARKS.name_of(task.benchmark) == benchmark:
                return own, task
        if benchmark in BENCHMARKS.names():
            return benchmark, DownstreamTask(benchmark=BENCHMARKS.get(benchmark)())
        return None

    def chosen(self) -> dict[str, DownstreamTask]:
        """The tasks that are evaluated, by name."""
        if self.tasks_to_run is None:
            return dict(self.tasks)
        return dict(found for name in self.tasks_to_run if (found := self.task_named(name)) is not None)

    def build(self) -> "DownstreamEvaluator":
        """It opens the benchmarks when the run starts."""
        from spacenit_downstream.evaluator import DownstreamEvaluator

        return DownstreamEvaluator(self)
