"""`spacenit-run evaluate`: a model beside what it is compared with, on a benchmark."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spacenit_core.cli.paths import PATH
from spacenit_core.cli.words import command_options, split_words
from spacenit_core.config.aliases import SettingAliases
from spacenit_core.errors import UserError, naming_options
from spacenit_evals.benchmarks.labelled_rasters.config import LabelledRasters
from spacenit_evals.cli.label_options import is_stated, label_options
from spacenit_evals.cli.options import OPTIONS
from spacenit_evals.cli.settings import EvaluationSettings, settings_of
from spacenit_evals.cli.subjects import short_names, subjects
from spacenit_evals.cli.trainers_form import evaluate_run, is_trainers_form, stated_options
from spacenit_evals.cli.variant import variant_option, with_variant

if TYPE_CHECKING:
    from spacenit_evals.results.found import Report

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
  spacenit-run evaluate my_run --benchmark m_eurosat --variant as_published
  spacenit-run evaluate image_statistics --benchmark worldcereal_points
  spacenit-run evaluate my_run other_run --benchmark m_eurosat --store results

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
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="MODEL... [--SETTING=VALUE]...")
@label_options
@click.option("--benchmark", metavar="NAME", help="What to evaluate on.", default="labelled_rasters", show_default=True)
@variant_option
@click.option(
    "--protocol",
    "protocols",
    multiple=True,
    metavar="NAME",
    default=("knn", "logistic_blocks"),
    show_default=True,
    help="Repeatable. Of several labels knn and logistic_regression unasked, of numbers knn and ridge, of maps "
    "linear_probe.",
)
@click.option(
    "--embedder",
    "embedders",
    multiple=True,
    metavar="NAME",
    default=("random_init", "raw_pixels"),
    show_default=True,
    help="What to compare with; repeatable. On published benchmarks also image_statistics and random_convolutions "
    "unasked.",
)
@click.option("--probe", "probes", multiple=True, hidden=True, help="Former name of --protocol.")
@click.option("--baseline", "baselines", multiple=True, hidden=True, help="Former name of --embedder.")
@click.option(
    "--plugin", "plugins", metavar="KIND=NAME", multiple=True, help="Set a slot: benchmark, protocol, embedder."
)
@click.option("--patch-size", default=4, show_default=True, type=click.IntRange(1), help="Cells a side of a patch.")
@click.option("--device", default="cpu", show_default=True, help="Where to compute: cpu, cuda ...")
@click.option("--out", type=PATH, help="Folder of the results; evaluation in MODEL if unset.")
@click.option(
    "--cache", type=PATH, metavar="FOLDER", help="Keep vectors there, made once; $SPACENIT_EMBEDDING_CACHE if unset."
)
@click.option(
    "--store", type=PATH, metavar="FOLDER", help="Keep finished evaluations there, computed once, with tables of all."
)
@click.pass_context
@naming_options(OPTIONS)
def evaluate(
    ctx: click.Context,
    words: tuple[str, ...],
    of_labels: Mapping[str, tuple[str, Any]],
    benchmark: str,
    variant: str | None,
    protocols: tuple[str, ...],
    embedders: tuple[str, ...],
    probes: tuple[str, ...],
    baselines: tuple[str, ...],
    plugins: tuple[str, ...],
    patch_size: int,
    device: str,
    out: Path | None,
    cache: Path | None,
    store: Path | None,
) -> int:
    """Evaluate the encoder of MODEL: a run's folder, a checkpoint, whatever `load_model` takes, or an embedder's name.

    Ends in one table, which is also written as results.md, results.csv and results.json. Of several models each gets
    its own, and the first is compared with the others sample by sample. Three words of which the first is a recipe,
    RECIPE RUN_NAME CLUSTER, are a run by its name: it is evaluated on the tasks of its downstream_evaluator.
    """
    if is_trainers_form(words):
        return evaluate_run(words, stated_options(ctx))
    options = command_options(ctx.command)
    words_of_models, overrides = split_words(
        words, ("MODEL", "..."), root=EvaluationSettings, aliases=SettingAliases(), options=options
    )
    settings = settings_of(
        benchmark=benchmark if is_stated("benchmark") else None,
        protocols=(*(protocols if is_stated("protocols") else ()), *_of_before("--probe", probes, "--protocol")),
        embedders=(*(embedders if is_stated("embedders") else ()), *_of_before("--baseline", baselines, "--embedder")),
        of_labels=of_labels,
        plugins=plugins,
        overrides=with_variant(variant, overrides),
    )
    _check_labels(settings, patch_size)
    models = subjects(words_of_models, settings)
    # Late, because this imports torch.
    from spacenit_data.h5.files import check_folder
    from spacenit_evals.cli.bars import bars
    from spacenit_evals.evaluation import evaluate as evaluate_model
    from spacenit_evals.results.store import ResultStore
    from spacenit_evals.vectors.cache import EmbeddingCache

    assert settings.benchmark is not None
    reports, names = {}, short_names(words_of_models)
    for name, model in zip(names, models, strict=True):
        loaded = model.load(device)
        folder = model.usual_folder(loaded) if out is None else out / name if len(models) > 1 else out
        check_folder(folder)
        with bars() as (samples, fits):
            reports[name] = evaluate_model(
                loaded,
                settings.benchmark,
                settings.protocol,
                beside=model.beside(settings, stated=is_stated("embedders") or bool(baselines)),
                division=settings.division,
                patch_size=patch_size,
                progress=samples,
                fits=fits,
                cache=None if cache is None else EmbeddingCache(cache),
                store=None if store is None else ResultStore(store),
            )
        _tell(reports[name], folder)
    _tell_together(reports, store)
    return 0


def _tell_together(reports: "Mapping[str, Report]", store: Path | None) -> None:
    """Tell what several models are beside one another, and write the tables of a store."""
    from spacenit_evals.results.comparison import differences, told
    from spacenit_evals.results.store import ResultStore

    if len(reports) > 1:
        click.echo(f"\n{told(differences(reports))}")
    for path in ResultStore(store).write_tables() if store is not None else ():
        click.echo(f"written: {path}")


def _of_before(old: str, names: tuple[str, ...], new: str) -> tuple[str, ...]:
    """Names that were given by an option of the release before."""
    if names:
        click.echo(f"note: {old} is called {new} now; the next release will not know the old name", err=True)
    return names


def _tell(report: "Report", folder: Path) -> None:
    from spacenit_core.text import paragraph
    from spacenit_evals.results.report import table, verdict, write_report

    click.echo(f"{table(report)}\n\n{paragraph(verdict(report))}")
    for path in write_report(report, folder):
        click.echo(f"written: {path}")


def _check_labels(settings: EvaluationSettings, patch_size: int) -> None:
    """Refuse early what can be seen without opening anything."""
    benchmark = settings.benchmark
    if not isinstance(benchmark, LabelledRasters):
        return
    if not benchmark.labels:
        raise UserError(
            "no labels are given",
            "give --labels FILE, a raster of class codes or polygons, or --benchmark NAME (`spacenit-run evals list`)",
        )
    if benchmark.window % patch_size:
        raise UserError(
            f"windows of {benchmark.window} cells cannot be cut into patches of {patch_size}",
            "make --window a multiple of --patch-size",
        )
