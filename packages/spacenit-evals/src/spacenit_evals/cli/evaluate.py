"""`spacenit-run evaluate`: a model beside what it is compared with, on a benchmark."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spacenit_core.checkpoint import check_run
from spacenit_core.cli.paths import PATH
from spacenit_core.cli.words import command_options, split_words
from spacenit_core.config.aliases import SettingAliases
from spacenit_core.errors import UserError, naming_options
from spacenit_core.kinds.embedders import EMBEDDERS, EmbedderConfig
from spacenit_core.pretrained.olmoearth.hub import FILES, is_hub_id
from spacenit_core.text import did_you_mean
from spacenit_evals.benchmarks.labelled_rasters.config import LabelledRasters
from spacenit_evals.cli.label_options import is_stated, label_options
from spacenit_evals.cli.named_embedder import beside_embedder, named_embedder
from spacenit_evals.cli.options import OPTIONS
from spacenit_evals.cli.settings import EvaluationSettings, settings_of

if TYPE_CHECKING:
    from spacenit_evals.evaluation import Report

EPILOG = """\b
Examples:
  spacenit-run evaluate local_output/checkpoints/me/my_run --labels labels.tif
  spacenit-run evaluate my_run --labels labels.tif --window 4 --patch-size 2
  spacenit-run evaluate my_run --labels labels.tif --h5py_dir tiles/128
  spacenit-run evaluate my_run --labels labels.tif --folds 5 --block 570
  spacenit-run evaluate my_run --labels labels.tif --protocol.knn.k=5
  spacenit-run evaluate my_run --labels east.tif --labels west.tif --seed 1
  spacenit-run evaluate my_run --labels water_01.tif --ignore none
  spacenit-run evaluate my_run --labels fields.gpkg --class-attribute crop
  spacenit-run evaluate my_run --labels stack.tif:2 --sensor sentinel2_l2a
  spacenit-run evaluate my_run --benchmark m_eurosat
  spacenit-run evaluate image_statistics --benchmark worldcereal_points

Labels are rasters of class codes, whose 0 and nodata mean "no label" (see
--ignore), or polygons, which label the cells whose middles lie in them; in any
reference system. Every labelled pixel or cell gets one window around it.
Training and test pixels lie in different squares of ground (--block), and
windows that reach from one side to the other are left out. All features come
from the same windows, dates and sensors. Scores are means over several draws of
the training squares, whose lowest and highest stand beside; confidence
intervals (95 %) come from the differences between test squares, with fewer than
five there are none.

Every setting of benchmark, protocols and embedders is set by its path:
--benchmark.draws=3, --protocol.logistic_blocks.balanced=false; `spacenit-run
plugins info protocols logistic_blocks` shows those of an entry.
"""

_CONTEXT = {"ignore_unknown_options": True, "help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.command("evaluate", epilog=EPILOG, context_settings=_CONTEXT, short_help="Evaluate a model beside baselines.")
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="MODEL [--SETTING=VALUE]...")
@label_options
@click.option("--benchmark", metavar="NAME", help="What to evaluate on.", default="labelled_rasters", show_default=True)
@click.option(
    "--protocol",
    "protocols",
    multiple=True,
    metavar="NAME",
    default=("knn", "logistic_blocks"),
    show_default=True,
    help="Repeatable.",
)
@click.option(
    "--embedder",
    "embedders",
    multiple=True,
    metavar="NAME",
    default=("random_init", "raw_pixels"),
    show_default=True,
    help="What to compare with; repeatable.",
)
@click.option("--probe", "probes", multiple=True, hidden=True, help="Former name of --protocol.")
@click.option("--baseline", "baselines", multiple=True, hidden=True, help="Former name of --embedder.")
@click.option(
    "--plugin", "plugins", metavar="KIND=NAME", multiple=True, help="Set a slot: benchmark, protocol, embedder."
)
@click.option("--patch-size", default=4, show_default=True, type=click.IntRange(1), help="Cells a side of a patch.")
@click.option("--device", default="cpu", show_default=True, help="Where to compute: cpu, cuda ...")
@click.option("--out", type=PATH, help="Folder of the results; evaluation in MODEL if unset.")
@click.pass_context
@naming_options(OPTIONS)
def evaluate(
    ctx: click.Context,
    words: tuple[str, ...],
    of_labels: Mapping[str, tuple[str, Any]],
    benchmark: str,
    protocols: tuple[str, ...],
    embedders: tuple[str, ...],
    probes: tuple[str, ...],
    baselines: tuple[str, ...],
    plugins: tuple[str, ...],
    patch_size: int,
    device: str,
    out: Path | None,
) -> None:
    """Evaluate the encoder of MODEL: a run's folder, a checkpoint, whatever `load_model` takes, or an embedder's name.

    Ends in one table, which is also written as results.md, results.csv and results.json.
    """
    options = command_options(ctx.command)
    (model,), overrides = split_words(
        words, ("MODEL",), root=EvaluationSettings, aliases=SettingAliases(), options=options
    )
    settings = settings_of(
        benchmark=benchmark if is_stated("benchmark") else None,
        protocols=(*(protocols if is_stated("protocols") else ()), *_of_before("--probe", probes, "--protocol")),
        embedders=(*(embedders if is_stated("embedders") else ()), *_of_before("--baseline", baselines, "--embedder")),
        of_labels=of_labels,
        plugins=plugins,
        overrides=overrides,
    )
    _check_labels(settings, patch_size)
    embedder = named_embedder(model, settings)
    if embedder is None:
        _check_model(Path(model))
    # Late, because this imports torch.
    from spacenit_data.h5.files import check_folder
    from spacenit_evals.checkpoint import load_evaluated
    from spacenit_evals.cli.bars import bars
    from spacenit_evals.evaluation import evaluate as evaluate_model

    subject = embedder or load_evaluated(model, device)
    beside = dict(settings.embedder)
    if isinstance(subject, EmbedderConfig):
        beside = beside_embedder(model, beside, stated=is_stated("embedders") or bool(baselines))
        folder = out or Path("evaluation") / EMBEDDERS.canonical(model)
    else:
        folder = out or (_beside(Path(model)) if subject.step is None else results_folder(Path(model), subject.path))
    check_folder(folder)
    assert settings.benchmark is not None
    with bars() as (samples, fits):
        report = evaluate_model(
            subject,
            settings.benchmark,
            settings.protocol,
            beside=beside,
            patch_size=patch_size,
            progress=samples,
            fits=fits,
        )
    _tell(report, folder)


def _of_before(old: str, names: tuple[str, ...], new: str) -> tuple[str, ...]:
    """Names that were given by an option of the release before."""
    if names:
        click.echo(f"note: {old} is called {new} now; the next release will not know the old name", err=True)
    return names


def _tell(report: "Report", folder: Path) -> None:
    from spacenit_core.text import paragraph
    from spacenit_evals.report import table, verdict, write_report

    click.echo(f"{table(report)}\n\n{paragraph(verdict(report))}")
    for path in write_report(report, folder):
        click.echo(f"written: {path}")


def _check_labels(settings: EvaluationSettings, patch_size: int) -> None:
    """Refuse early what can be seen without opening anything."""
    benchmark = settings.benchmark
    if not isinstance(benchmark, LabelledRasters):
        return
    if not benchmark.labels:
        raise UserError("no labels are given", "give --labels FILE, a raster of class codes or polygons")
    if benchmark.window % patch_size:
        raise UserError(
            f"windows of {benchmark.window} cells cannot be cut into patches of {patch_size}",
            "make --window a multiple of --patch-size",
        )


def results_folder(run: Path, checkpoint: Path) -> Path:
    """Where results go unasked: into the run's folder; those of a checkpoint that was named, apart from the run's own.

    Args:
        run: what was named, a run's folder or a checkpoint.
        checkpoint: the checkpoint that was loaded.
    """
    checkpoint = checkpoint.resolve()
    folder = checkpoint.parent / "evaluation"
    return folder / checkpoint.name if run.expanduser().resolve() == checkpoint else folder


def _check_model(model: Path) -> None:
    """Refuse early what is neither a run nor a model with a config, on the disk or on a hub."""
    folder = model.expanduser()
    on_a_hub = not folder.exists() and is_hub_id(str(model))
    if not folder.exists() and (question := did_you_mean(str(model), EMBEDDERS.names())):
        raise UserError(f"there is no model {model}; {question}", "give a run's folder, a model, or an embedder's name")
    if not on_a_hub and not (folder / FILES[0]).is_file():
        check_run(folder)


def _beside(model: Path) -> Path:
    """Where the results of a model that is no run go unasked: into its folder, or below this one for a hub id."""
    folder = model.expanduser()
    return folder / "evaluation" if folder.is_dir() else Path("evaluation") / str(model).replace("/", "-")
