"""`spacenit-run dry_run_evaluate` and `launch_evaluate`: the tasks of a run on its newest checkpoint."""

from pathlib import Path

import click

from spacenit_core.checkpoint import check_run
from spacenit_core.cli.saying import say
from spacenit_core.config import load_yaml, unstructure
from spacenit_core.errors import SpaceNitError, UserError
from spacenit_downstream.config import DownstreamEvaluatorConfig
from spacenit_evals.cli.listing import data_of
from spacenit_evals.sweep.models import steps_of
from spacenit_evals.sweep.source import refuse_other_model
from spacenit_train.cli.common import Request, run_command


@run_command(
    "dry_run_evaluate",
    examples=[
        "dry_run_evaluate base my_run local",
        "dry_run_evaluate base my_run local --trainer.callbacks.downstream_evaluator.tasks_to_run=[mados]",
    ],
    single=True,
)
def dry_run_evaluate(request: Request) -> None:
    """Show what `evaluate RECIPE RUN_NAME CLUSTER` would evaluate: checkpoint, tasks and protocols."""
    config = _evaluator(request)
    folder = _folder(request)
    steps = steps_of(folder)
    click.echo(f"checkpoint: {steps[max(steps)] if steps else f'{folder} (none yet)'}")
    for name, task in config.chosen().items():
        protocol, _ = task.judged_by()
        click.echo(f"{name}: {protocol}, patches of {task.patch_size}, data {data_of(type(task.benchmark))}")


@run_command(
    "launch_evaluate",
    examples=[
        "launch_evaluate base my_run local",
        "evaluate base my_run local --trainer.callbacks.downstream_evaluator.run_on_test=true",
    ],
    single=True,
)
def launch_evaluate(request: Request) -> int:
    """Evaluate the newest checkpoint of a run on the tasks of its `downstream_evaluator`.

    So does `evaluate RECIPE RUN_NAME CLUSTER`. The scores are those that the run logs while it trains, and lie in
    `evaluation/step<N>` of its folder. A task that cannot be evaluated is said, and the others go on; exit code 1 where
    none can.
    """
    config, folder = _evaluator(request), _folder(request)
    check_run(folder)
    steps = steps_of(folder)
    refuse_other_model(
        unstructure(request.experiment.model),
        load_yaml((steps[max(steps)] if steps else folder) / "config.yaml").get("model") or {},
        request.run.recipe,
    )
    # Late, because this imports torch.
    from spacenit_downstream.tasks import evaluated, parts_of, validates
    from spacenit_evals.checkpoint import load_run

    run, found = load_run(folder), 0
    for name, task in config.chosen().items():
        try:
            validation = validates(run, task, run_on_test=config.run_on_test)
            for part, benchmark in parts_of(task, validation=validation, run_on_test=config.run_on_test).items():
                for metric, value in evaluated(run, benchmark, name, task, part).items():
                    click.echo(f"{metric} {value:.4f}")
                    found += 1
        except SpaceNitError as error:
            say(f"not evaluated on {name}: {' '.join(str(error).split())}", err=True)
    return 0 if found else 1


def _evaluator(request: Request) -> DownstreamEvaluatorConfig:
    """The tasks of a run.

    Raises:
        UserError: where it has none.
    """
    callbacks = request.experiment.trainer.callbacks.values()
    config = next((each for each in callbacks if isinstance(each, DownstreamEvaluatorConfig)), None)
    if config is None or not config.enabled:
        what = "has no callback downstream_evaluator" if config is None else "has its downstream_evaluator switched off"
        raise UserError(
            f"{request.run.recipe} {what}, whose tasks would be evaluated",
            "`spacenit-run evaluate MODEL --benchmark NAME` evaluates on any benchmark",
        )
    return config


def _folder(request: Request) -> Path:
    trainer = request.experiment.trainer
    return Path(trainer.load_path or trainer.save_folder or request.experiment.run_name)
