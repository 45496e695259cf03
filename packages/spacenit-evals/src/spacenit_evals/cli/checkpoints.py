"""`spacenit-run evals checkpoints`: a run over its steps."""

from pathlib import Path

import click

from spacenit_core.cli.paths import PATH
from spacenit_core.cli.saying import say
from spacenit_core.cli.words import command_options, split_words
from spacenit_core.config.aliases import SettingAliases
from spacenit_core.errors import UserError
from spacenit_core.text import columns
from spacenit_evals.cli.settings import EvaluationSettings, settings_of
from spacenit_evals.cli.variant import variant_option, with_variant

EPILOG = """\b
Examples:
  spacenit-run evals checkpoints my_run --benchmark m_eurosat
  spacenit-run evals checkpoints my_run --benchmark mados --steps 4000,8000
  spacenit-run evals checkpoints my_run --benchmark folder \\
    --benchmark.folder=DIR --protocol knn_20

Checkpoints that are evaluated already are not evaluated again, so that the same
command follows a run that still trains.
"""

_CONTEXT = {"ignore_unknown_options": True, "help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.command("checkpoints", epilog=EPILOG, context_settings=_CONTEXT, short_help="Follow a run over its steps.")
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="RUN [--SETTING=VALUE]...")
@click.option("--benchmark", required=True, metavar="NAME", help="What to evaluate on.")
@variant_option
@click.option("--protocol", "protocols", multiple=True, metavar="NAME", help="Repeatable; knn_20 if unset.")
@click.option("--steps", metavar="N,N", help="Checkpoints of these steps alone.")
@click.option("--patch-size", default=4, show_default=True, type=click.IntRange(1), help="Cells a side of a patch.")
@click.option("--device", default="cpu", show_default=True, help="Where to compute: cpu, cuda ...")
@click.option("--out", type=PATH, help="Folder of the results; evaluation/checkpoints in RUN if unset.")
@click.pass_context
def checkpoints(
    ctx: click.Context,
    words: tuple[str, ...],
    benchmark: str,
    variant: str | None,
    protocols: tuple[str, ...],
    steps: str | None,
    patch_size: int,
    device: str,
    out: Path | None,
) -> None:
    """Evaluate the checkpoints of RUN, and show how scores changed with its steps."""
    (run,), overrides = split_words(
        words, ("RUN",), root=EvaluationSettings, aliases=SettingAliases(), options=command_options(ctx.command)
    )
    settings = settings_of(
        benchmark=benchmark,
        protocols=protocols or ("knn_20",),
        embedders=(),
        of_labels={},
        plugins=(),
        overrides=with_variant(variant, overrides),
    )
    found = _chosen(Path(run), steps)
    assert settings.benchmark is not None
    # Late, because this imports torch.
    from spacenit_evals.checkpoint import load_evaluated
    from spacenit_evals.evaluation import evaluate
    from spacenit_evals.results.store import ResultStore

    store = ResultStore(out or Path(run).expanduser() / "evaluation" / "checkpoints")
    rows = []
    for step, path in found.items():
        report = evaluate(
            load_evaluated(path, device),
            settings.benchmark,
            settings.protocol,
            division=settings.division,
            patch_size=patch_size,
            device=device,
            store=store,
        )
        scores = [str(score.metrics[report.primary]) for score in report.scores]
        rows.append((f"{step}", *scores))
        say(f"step {step}: {', '.join(scores)} ({report.primary})", err=True)
    click.echo(columns(rows, ("step", *settings.protocol)))
    for path in store.write_tables():
        click.echo(f"written: {path}")


def _chosen(run: Path, steps: str | None) -> dict[int, Path]:
    """The checkpoints to evaluate, by step.

    Raises:
        UserError: where there are none, or a step that is named has none.
    """
    from spacenit_core.checkpoint import check_run
    from spacenit_evals.sweep.models import steps_of

    check_run(run.expanduser())
    found = steps_of(run)
    if not found:
        raise UserError(f"{run} is one checkpoint, not a run", "give the folder that holds its checkpoints, step<N>")
    if steps is None:
        return found
    wanted = [part.strip() for part in steps.strip("[]").split(",")]
    absent = [part for part in wanted if not part.isdecimal() or int(part) not in found]
    if absent:
        there = ", ".join(map(str, found))
        raise UserError(f"{run} has no checkpoint of step {', '.join(absent)}", f"steps: {there}")
    return {step: path for step, path in found.items() if step in map(int, wanted)}
