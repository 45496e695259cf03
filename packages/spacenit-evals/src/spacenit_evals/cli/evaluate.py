"""`spacenit-run evaluate`: a trained run beside its baselines, at labelled pixels."""

from pathlib import Path
from typing import TYPE_CHECKING

import click

from spacenit_core.checkpoint import check_run
from spacenit_core.cli.paths import PATH
from spacenit_core.errors import UserError, naming_options
from spacenit_core.pretrained.olmoearth.hub import FILES, is_hub_id
from spacenit_evals.cli.label_options import Labels, label_options
from spacenit_evals.cli.options import OPTIONS

if TYPE_CHECKING:
    from spacenit_data.datasets.h5_tiles import H5Tiles
    from spacenit_evals.checkpoint import TrainedRun
    from spacenit_evals.dates import DateRule
    from spacenit_evals.evaluation import EvaluationRules, Report
    from spacenit_evals.labels import LabelledPoints

EPILOG = """\b
Examples:
  spacenit-run evaluate local_output/checkpoints/me/my_run --labels labels.tif
  spacenit-run evaluate my_run --labels labels.tif --window 4 --patch-size 2
  spacenit-run evaluate my_run --labels labels.tif --h5py_dir tiles/128
  spacenit-run evaluate my_run --labels labels.tif --folds 5 --block 570
  spacenit-run evaluate my_run --labels east.tif --labels west.tif --probe knn
  spacenit-run evaluate my_run --labels water_01.tif --ignore none
  spacenit-run evaluate my_run --labels fields.gpkg --class-attribute crop
  spacenit-run evaluate my_run --labels stack.tif:2 --sensor sentinel2_l2a

Labels are rasters of class codes, whose 0 and nodata mean "no label" (see
--ignore), or polygons, which label the cells whose middles lie in them; in any
reference system. Every labelled pixel or cell gets one window around it.
Training and test pixels lie in different squares of ground (--block), and
windows that reach from one side to the other are left out. All features come
from the same windows, dates and sensors. Scores are means over several draws of
the training squares, whose lowest and highest stand beside; confidence
intervals (95 %) come from the differences between test squares, with fewer than
five there are none.
"""


_PROBES, _BASELINES = ("knn", "linear_probe"), ("random_init", "raw_pixels")
_DATE_RULES = ("last", "first", "spread")
_SENSOR = "Input of encoder and baselines; repeatable. All imagery that the encoder saw if unset; maps only by name."
_DATES = "What to keep of series that are longer than the encoder takes."
_DRAWS = "Draws of the squares to train on (or of the folds); scores are means over them."
_SHARE = click.FloatRange(0, 1, min_open=True, max_open=True)


@click.command("evaluate", epilog=EPILOG, short_help="Evaluate a trained run beside its baselines.")
@click.argument("run", type=PATH)
@label_options
@click.option("--h5py_dir", "--h5py-dir", type=PATH, help="Set that the labels lie in; the run's own if unset.")
@click.option(
    "--months-from", type=click.Choice(["0", "1"]), help="The number of January in that set; as trained if unset."
)
@click.option(
    "--probe", "probes", multiple=True, default=("knn", "linear_probe"), show_default=True, help="Repeatable."
)
@click.option(
    "--baseline",
    "baselines",
    multiple=True,
    default=("random_init", "raw_pixels"),
    show_default=True,
    help="Repeatable.",
)
@click.option("--sensor", "sensors", multiple=True, metavar="NAME", help=_SENSOR)
@click.option("--dates", type=click.Choice(_DATE_RULES), default="last", show_default=True, help=_DATES)
@click.option("--window", default=8, show_default=True, type=click.IntRange(1), help="Cells a side of a window.")
@click.option("--patch-size", default=4, show_default=True, type=click.IntRange(1), help="Cells a side of a patch.")
@click.option("--block", type=click.FloatRange(min=1), help="Metres a side of a square of ground; 64 cells if unset.")
@click.option("--train-share", default=0.5, show_default=True, type=_SHARE, help="Share of the squares to train on.")
@click.option("--folds", type=click.IntRange(2), help="Test all squares in turn, in so many parts, not in one split.")
@click.option("--draws", default=5, show_default=True, type=click.IntRange(1), help=_DRAWS)
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Seed of the draws.")
@click.option("--device", default="cpu", show_default=True, help="Where to compute: cpu, cuda ...")
@click.option("--out", type=PATH, help="Folder of the results; evaluation in RUN if unset.")
@naming_options(OPTIONS)
def evaluate(
    run: Path,
    labels: Labels,
    h5py_dir: Path | None,
    months_from: str | None,
    probes: tuple[str, ...],
    baselines: tuple[str, ...],
    sensors: tuple[str, ...],
    dates: "DateRule",
    window: int,
    patch_size: int,
    block: float | None,
    train_share: float,
    folds: int | None,
    draws: int,
    seed: int,
    device: str,
    out: Path | None,
) -> None:
    """Evaluate the encoder of RUN at labelled pixels: a run's folder, a checkpoint, or whatever `load_model` takes.

    Ends in one table, which is also written as results.md, results.csv and results.json.
    """
    _check_patches(window, patch_size)
    from spacenit_core.kinds.baselines import BASELINES
    from spacenit_core.kinds.probes import PROBES

    chosen_probes = {PROBES.canonical(name): PROBES.get(name)() for name in probes}
    chosen_baselines = {BASELINES.canonical(name): BASELINES.get(name)() for name in baselines}
    _check_model(run)
    # Late, because this imports torch.
    from spacenit_data.datasets.h5_tiles import H5Tiles
    from spacenit_data.h5.files import check_folder
    from spacenit_evals.checkpoint import load_evaluated
    from spacenit_evals.evaluation import EvaluationRules
    from spacenit_evals.inputs import common_inputs

    trained = load_evaluated(str(run), device)
    takes = trained.encoder.config
    if not takes.min_patch_size <= patch_size <= takes.max_patch_size:
        raise UserError(
            f"the encoder takes patches of {takes.min_patch_size} to {takes.max_patch_size} cells, not {patch_size}",
            "choose another --patch-size",
        )
    folder = out or (_beside(run) if trained.step is None else results_folder(run, trained.path))
    check_folder(folder)
    rules = EvaluationRules(
        probes=chosen_probes,
        baselines=chosen_baselines,
        window=window,
        patch_size=patch_size,
        block=64 * trained.sensors.grid_gsd if block is None else block,
        train_share=train_share,
        folds=folds,
        draws=draws,
        seed=seed,
        dates=dates,
    )
    inputs = common_inputs({trained.name: trained.encoded_sensors}, sensors)
    trained_as = trained.experiment.get("dataset", {}).get("months_from", 0)
    months = trained_as if months_from is None else int(months_from)
    dataset = H5Tiles(h5py_dir=h5py_dir or _set_of(trained), training_modalities=inputs, months_from=months)
    dataset.checked_months()
    points = labels.read(dataset)
    report = _evaluate(trained, dataset, points, rules)
    _tell(report, folder)


def _tell(report: "Report", folder: Path) -> None:
    from spacenit_core.text import paragraph
    from spacenit_evals.report import table, verdict, write_report

    click.echo(f"{table(report)}\n\n{paragraph(verdict(report))}")
    for path in write_report(report, folder):
        click.echo(f"written: {path}")


def _check_patches(window: int, patch_size: int) -> None:
    if window % patch_size:
        raise UserError(
            f"windows of {window} cells cannot be cut into patches of {patch_size}",
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
    if not on_a_hub and not (folder / FILES[0]).is_file():
        check_run(folder)


def _beside(model: Path) -> Path:
    """Where the results of a model that is no run go unasked: into its folder, or below this one for a hub id."""
    folder = model.expanduser()
    return folder / "evaluation" if folder.is_dir() else Path("evaluation") / str(model).replace("/", "-")


def _evaluate(
    trained: "TrainedRun", dataset: "H5Tiles", points: "LabelledPoints", rules: "EvaluationRules"
) -> "Report":
    from spacenit_evals.cli.bars import bars
    from spacenit_evals.evaluation import evaluate as evaluate_run

    with bars(len(points)) as (windows, fits):
        return evaluate_run(trained, dataset, points, rules, windows, fits)


def _set_of(trained: "TrainedRun") -> Path:
    folder = trained.experiment.get("dataset", {}).get("h5py_dir")
    if not folder:
        raise UserError(
            "the run names no set of its own", "add --h5py_dir DIR, the folder that holds sample_metadata.csv"
        )
    return Path(folder)
