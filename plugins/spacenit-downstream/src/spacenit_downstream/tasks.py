"""Evaluating a model on a task: in training, and afterwards."""

from spacenit_core.contracts.build import build
from spacenit_core.errors import UserError
from spacenit_core.kinds.benchmarks import BenchmarkConfig
from spacenit_downstream.config import DownstreamTask
from spacenit_downstream.validation import ValidationSamplesOf, has_validation_samples
from spacenit_evals.checkpoint import TrainedRun
from spacenit_evals.embedders.encoder import ModelEncoder
from spacenit_evals.evaluation import evaluate
from spacenit_evals.results.found import Report
from spacenit_evals.results.report import write_report

TEST = "test/"
"""Stands before the names of tasks whose test samples were scored."""


def validates(run: TrainedRun, task: DownstreamTask, *, run_on_test: bool) -> bool:
    """Open a task for a model: whether it has samples for validation.

    Args:
        run: the model.
        task: the task.
        run_on_test: whether test samples are scored too.

    Raises:
        SpaceNitError: where the data are not there, hold nothing that the model takes, or no samples to score.
    """
    takes = ModelEncoder().takes(run, task.patch_size)
    assert takes is not None
    whole = build(task.benchmark.for_run(run.experiment), takes)
    found = has_validation_samples(whole)
    if not run_on_test and not found:
        raise UserError("it has no samples for validation", "its test samples are scored with run_on_test=true")
    return found


def parts_of(task: DownstreamTask, *, validation: bool, run_on_test: bool) -> dict[str, BenchmarkConfig]:
    """What a task is evaluated on, by the part of `eval/...` that its metrics stand in.

    Args:
        task: the task.
        validation: whether it has samples for validation.
        run_on_test: whether test samples are scored too.
    """
    parts: dict[str, BenchmarkConfig] = {"": ValidationSamplesOf(of=task.benchmark)} if validation else {}
    return {**parts, TEST: task.benchmark} if run_on_test else parts


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
