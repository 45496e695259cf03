"""`spacenit-run evals sweep`: a grid of settings on many benchmarks."""

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click

from spacenit_core.cli.paths import PATH
from spacenit_core.cli.saying import say
from spacenit_core.cli.words import command_options, split_words
from spacenit_core.config.aliases import SettingAliases
from spacenit_core.errors import UserError
from spacenit_evals.cli.sweep_request import sweep_request
from spacenit_evals.cli.sweep_words import SweepWords, sorted_words

EPILOG = """\b
Examples:
  spacenit-run evals sweep --cluster=local --checkpoint_path=RUN/step4000
  spacenit-run evals sweep --cluster=local --checkpoint_path=RUN \\
    --module_path=base --defaults_only --task-names=m_eurosat,mados
  spacenit-run evals sweep --cluster=local --galileo --all_sizes --dry_run
  spacenit-run evals sweep --cluster=local --dino_v3 \\
    --model.model_name=DinoV3Models.LARGE_SATELLITE

Each cell is one evaluation: a benchmark, a protocol, and the cell's settings,
which are statistics (whose images are normalised by), pooling, and the learning
rates of trained protocols. A cell that is finished is not evaluated again: the
same command goes on where it was stopped. rows.csv, rows.json and rows.md in
the folder of the sweep hold all numbers.
"""

ELSEWHERE = {
    "checkpoint_dir": "spacenit-run evals checkpoints RUN --benchmark NAME",
    "steps": "spacenit-run evals checkpoints RUN --benchmark NAME --steps 4000,8000",
    "embedding_diagnostics_only": "spacenit-run evals diagnose MODEL --benchmark NAME",
    "quantile_config_path": "--quantize_embeddings --quantize_bits=N learns the quantiles from the training samples",
    "load_eval_settings_from_json": "settings are stated: --protocol.NAME.SETTING=VALUE",
    "use_dataset_normalizer": "--lr_only leaves normalisation as it is; without it both are swept",
}
"""Options of other sweeps, and what to write here."""

_CONTEXT = {"ignore_unknown_options": True, "help_option_names": ["-h", "--help"], "max_content_width": 100}


def _names(name: str, help: str) -> Callable[..., Any]:
    return click.option(f"--{name}", f"--{name.replace('-', '_')}", metavar="A,B", help=help)


def _flag(name: str, help: str) -> Callable[..., Any]:
    spellings = dict.fromkeys((f"--{name}", f"--{name.replace('_', '-')}"))
    return click.option(*spellings, is_flag=True, help=help)


def _text(name: str, metavar: str, help: str, **settings: Any) -> Callable[..., Any]:
    spellings = dict.fromkeys((f"--{name}", f"--{name.replace('_', '-')}"))
    return click.option(*spellings, name, metavar=metavar, help=help, **settings)


@click.command("sweep", epilog=EPILOG, context_settings=_CONTEXT, short_help="Evaluate a grid of settings.")
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="[--SETTING=VALUE]...")
@_text("cluster", "local", "Where to evaluate: local is this machine.", required=True)
@_text("checkpoint_path", "RUN", "A run, a checkpoint or a released model.", type=PATH)
@_text("module_path", "RECIPE|FILE.py", "What the checkpoint was trained by: its model is checked.")
@_text("model", "NAME", "A model of others, or all; repeatable.", multiple=True)
@_flag("galileo", "Galileo.")
@_flag("dino_v3", "DINOv3.")
@_flag("panopticon", "Panopticon.")
@_text("size", "NAME", "Size of a model of others.")
@_flag("all_sizes", "Every size of the models of others.")
@_text("model_name", "NAME", "What the rows are called by.")
@_names("model-skip-names", "Left out of --model all.")
@_names("task-names", "Benchmarks; all that are installed and have their data here if unset.")
@_names("task-skip-names", "Benchmarks that are left out.")
@_text("protocol", "NAME", "Repeatable; knn_20 and linear_probe if unset.", multiple=True)
@_flag("finetune", "Fine-tune, in place of these protocols.")
@_text("finetune_seed", "N", "Fine-tune with this seed alone.", type=click.IntRange(0))
@_flag("defaults_only", "One cell for each task and protocol, with usual settings.")
@_flag("lr_only", "Sweep learning rates alone.")
@_flag("select_best_val", "Train all learning rates in one cell; validation samples choose.")
@_text(
    "label_fraction", "SHARE", "Share of the training samples.", type=click.FloatRange(0, 1, min_open=True), default=1.0
)
@_flag("quantize_embeddings", "Judge vectors that were stored as whole numbers.")
@_text(
    "quantize_bits", "1|2|4|8", "Bits of them; 8 by a fixed power if unset.", type=click.Choice(["1", "2", "4", "8"])
)
@_text("embedding_dim", "N", "Judge so many principal components.", type=click.IntRange(1))
@_text("project_name", "NAME", "Folder of several sweeps.")
@click.option("--patch-size", default=4, show_default=True, type=click.IntRange(1), help="Cells a side of a patch.")
@click.option("--device", default="cpu", show_default=True, help="Where to compute: cpu, cuda ...")
@click.option("--out", type=PATH, help="Folder of the sweeps; evaluation if unset.")
@_flag("dry_run", "Show each cell and its settings; evaluate nothing.")
@click.pass_context
def sweep(ctx: click.Context, words: tuple[str, ...], **flags: Any) -> int:
    """Evaluate a model on many benchmarks by a grid of settings.

    The model is --checkpoint_path, or models of others by their names.
    """
    _check_place(flags["cluster"], dry_run=flags["dry_run"])
    _, overrides = split_words(
        words,
        (),
        root=SweepWords,
        aliases=SettingAliases(closed={"common": ("run_name", "save_folder")}, foreign=ELSEWHERE),
        options=command_options(ctx.command),
    )
    request, notes = sweep_request(flags, sorted_words(overrides))
    from spacenit_evals.sweep.grid import cells_of

    cells, left = cells_of(request)
    notes += [f"{one.model}: not evaluated on {one.task}: {one.why}" for one in left if _is_worth_telling(one, request)]
    folder = _folder(flags, [model.name for model in request.models])
    if flags["dry_run"]:
        click.echo(_shown(cells))
        _tell([*notes, *_of_absent(cells)])
        click.echo(f"{len(cells)} cells; results go into {folder}")
        return 0
    here = _with_data(cells, named=request.tasks is not None)
    _tell([*notes, *_of_absent(cells)])
    if not here:
        raise UserError("no cell can be evaluated", "--dry_run shows the cells, `spacenit-run evals list` the data")
    return _run(here, folder, flags["device"])


def _check_place(cluster: str, *, dry_run: bool) -> None:
    if cluster != "local" and not dry_run:
        raise UserError(
            f"nothing is submitted to {cluster} from here", "give --cluster=local, and let its scheduler run this line"
        )


def _absent(cells: Sequence[Any]) -> dict[str, str]:
    """Tasks whose data are not here, each with what to do."""
    from spacenit_evals.cli.listing import ABSENT, data_of

    states = {cell.task: data_of(type(cell.benchmark)) for cell in cells}
    return {task: state for task, state in states.items() if state.startswith(ABSENT)}


def _of_absent(cells: Sequence[Any]) -> list[str]:
    """One line for each thing to do."""
    tasks: dict[str, list[str]] = {}
    for task, state in _absent(cells).items():
        tasks.setdefault(state, []).append(task)
    return [f"the data of {', '.join(names)} are not here: {state}" for state, names in tasks.items()]


def _with_data(cells: Sequence[Any], *, named: bool) -> list[Any]:
    """Cells whose data are here.

    Raises:
        UserError: where a task that was named has none.
    """
    absent = _absent(cells)
    if named and absent:
        raise UserError(
            f"the data of {', '.join(absent)} are not here", "`spacenit-run evals prepare NAME` says where to get them"
        )
    return [cell for cell in cells if cell.task not in absent]


def _is_worth_telling(left: Any, request: Any) -> bool:
    """Whether a task without cells was named, or could have had some."""
    return request.tasks is not None or left.task not in request.skipped


def _folder(flags: dict[str, Any], names: Sequence[str]) -> Path:
    base = flags["out"] or Path("evaluation")
    several = f"{names[0]}_and_{len(names) - 1}_more"
    return base / (flags["project_name"] or "sweeps") / (several if len(names) > 1 else names[0])


def _shown(cells: Sequence[Any]) -> str:
    rows = [
        (str(number), cell.model.name, cell.task, cell.protocol, _settings(cell))
        for number, cell in enumerate(cells, 1)
    ]
    widths = [max(map(len, column)) for column in list(zip(*rows, strict=True))[:-1]] if rows else []
    return "\n".join("  ".join([*map(str.ljust, row, widths), row[-1]]).rstrip() for row in rows)


def _settings(cell: Any) -> str:
    return ", ".join(f"{name}={value}" for name, value in cell.swept.items())


def _run(cells: Sequence[Any], folder: Path, device: str) -> int:
    # Late, because this imports torch.
    from spacenit_evals.sweep.run import Outcome, run_cells

    def told(number: int, outcome: Outcome) -> None:
        cell = outcome.cell
        found = outcome.problem if outcome.value is None else f"{outcome.value:.4f}"
        say(f"{number}/{len(cells)} {cell.model.name}, {cell.task}, {cell.protocol} {_settings(cell)}: {found}")

    outcomes = run_cells(cells, folder, device, told)
    failed = sum(outcome.value is None for outcome in outcomes)
    say(
        f"{len(outcomes) - failed} cells are finished{f', {failed} failed' if failed else ''}; see {folder / 'rows.md'}"
    )
    return 1 if failed else 0


def _tell(notes: Sequence[str]) -> None:
    for note in notes:
        say(f"note: {note}", err=True)
