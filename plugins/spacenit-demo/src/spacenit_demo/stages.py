"""The demo, stage by stage: world, pretraining, evaluation, pictures."""

import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import torch
from attrs import frozen
from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeRemainingColumn

from spacenit_core.cli.console import console, err_console
from spacenit_core.plugins.discovery import version_of
from spacenit_core.samples.batch import Batch
from spacenit_core.text import paragraph
from spacenit_data.datasets.h5_tiles import H5Tiles
from spacenit_data.pool import cores
from spacenit_demo.data_table import data_table
from spacenit_demo.evaluation import evaluate_demo, most_complete, view_landscape
from spacenit_demo.figures.landscape import draw_embedding, draw_prediction
from spacenit_demo.figures.loss import draw_loss, loss_titles
from spacenit_demo.figures.masks import draw_masks
from spacenit_demo.figures.sample import draw_sample
from spacenit_demo.settings import BLOCK, SENSORS, WINDOW
from spacenit_demo.world.generate import World, WorldSize, make_world
from spacenit_evals.checkpoint import TrainedRun, load_run
from spacenit_evals.results.found import Report
from spacenit_evals.results.report import table, verdict, write_report
from spacenit_evals.scoring import PRETRAINED, PRIMARY
from spacenit_evals.vectors.embeddings import Progress as Told
from spacenit_train.preview import open_loader
from spacenit_train.run import Run
from spacenit_train.trainer.exit_code import fit_and_report
from spacenit_train.trainer.metrics import read_metrics
from spacenit_train.trainer.trainer import Trainer


@frozen(kw_only=True)
class Demo:
    """One showing.

    Attributes:
        run: the resolved run.
        out: where everything goes.
        seed: of the world, the training and the split.
        size: of the world.
    """

    run: Run
    out: Path
    seed: int
    size: WorldSize

    @property
    def run_folder(self) -> Path:
        """Where checkpoints, results and pictures go."""
        folder = self.run.experiment.trainer.save_folder
        assert folder is not None
        return folder

    def run_stages(self) -> int:
        """Play all stages; the exit code is that of the training, if it did not finish."""
        started = time.perf_counter()
        self._header()
        world = self._world()
        code = self._pretrain()
        if code:
            return code
        trained = load_run(self.run_folder)
        report = self._evaluate(trained, world)
        self._pictures(trained, world, report)
        self._say_results(world, time.perf_counter() - started)
        return 0

    def _header(self) -> None:
        device = (
            torch.cuda.get_device_name() if torch.cuda.is_available() else f"CPU, {torch.get_num_threads()} threads"
        )
        versions = f"SpaceNit {version_of('spacenit-core')} demo  ·  torch {torch.__version__}"
        _say(f"{versions}  ·  {device}  ·  seed {self.seed}")
        _say(f"run folder: {self.run_folder}")

    def _world(self) -> World:
        with _stage("1. a generated world") as progress:
            world = make_world(self.out, self.seed, self.size, progress)
        sensors = self.run.experiment.sensor_set
        _say(data_table(world.h5py_dir, sensors))
        side = self.size.tile_size
        _say(
            f"{self.size.samples} samples of {side} x {side} cells of 10 m, 12 months, from {self.size.landscapes} "
            f"landscapes: {world.h5py_dir}"
        )
        return world

    def _pretrain(self) -> int:
        _leave_cores(getattr(self.run.experiment.data_loader, "num_workers", 0))
        with _stage("2. pretraining, without labels"):
            return fit_and_report(Trainer(self.run.experiment, header=self.run.header(), single=True))

    def _evaluate(self, trained: TrainedRun, world: World) -> Report:
        with _stage("3. land cover from few labels") as progress:
            report = evaluate_demo(trained, world, self.seed, progress)
        _say(table(report))
        _say(paragraph(verdict(report)))
        write_report(report, self.run_folder)
        return report

    def _pictures(self, trained: TrainedRun, world: World, report: Report) -> None:
        figures = self.run_folder / "figures"
        landscape = most_complete(world, self.size)
        with _stage("4. pictures") as progress:
            titles = loss_titles(self.run.experiment.train_module)
            draw_loss(read_metrics(self.run_folder / "metrics.jsonl"), titles, figures / "loss.png")
            self._sample(world, landscape, figures / "sample.png")
            self._masks(world, figures / "masks.png")
            view = view_landscape(trained, world, self.size, self.seed, landscape, progress)
            draw_embedding(view, figures / "embedding.png")
            score = report.score("logistic_blocks", PRETRAINED).metrics[PRIMARY].value
            draw_prediction(
                view, figures / "map.png", f"map of the logistic regression ({PRIMARY} {score:.2f} on test points)"
            )

    def _sample(self, world: World, landscape: int, path: Path) -> None:
        dataset = H5Tiles(h5py_dir=world.h5py_dir, training_modalities=SENSORS)
        tiles = self.size.tiles
        # A tile in the middle of the landscape.
        middle = landscape * tiles**2 + tiles // 2 * tiles + tiles // 2
        draw_sample(dataset.read_window(middle), path)

    def _masks(self, world: World, path: Path) -> None:
        """Draw the masks of the first training step."""
        experiment = self.run.experiment
        loader = open_loader(experiment)
        batch = next(loader.batches(0))
        assert isinstance(batch, Batch)
        draw_masks(batch, path)
        loader.close()

    def _say_results(self, world: World, seconds: float) -> None:
        folder = self.run_folder
        _say(f"\nwritten to {folder}:")
        _say("  results.md results.csv results.json   the table")
        _say("  figures/loss.png sample.png masks.png embedding.png map.png")
        _say("  metrics.jsonl config.yaml step<N>/    the run")
        _say(f"all of it took {seconds / 60:.1f} minutes\n\nnext:")
        labels = " ".join(f"--labels {path}" for path in world.points[:2])
        _say(f"  spacenit-run evaluate {folder} --window {WINDOW} --block {BLOCK:g} {labels}")
        _say(f"  spacenit-run train nano+demo my_run local --dataset.h5py_dir={world.h5py_dir}")
        _say("  spacenit-run demo --plugin masking=random")
        _say("  spacenit-run data tile --help            your own rasters")


def _leave_cores(workers: int) -> None:
    """Compute on the cores that the loader's workers leave.

    Threads that share a core wait for each other in every operation: on two cores, two of them beside a worker take
    several times as long as one.
    """
    torch.set_num_threads(max(1, min(torch.get_num_threads(), cores() - workers)))


@contextmanager
def _stage(title: str) -> Iterator[Told]:
    """Announce a stage, and show how far it is: a bar on a terminal, one line at the end elsewhere."""
    started = time.perf_counter()
    _out().print(f"\n[bold]{title}[/bold]")
    columns = TextColumn("  "), BarColumn(), MofNCompleteColumn(), TimeRemainingColumn()
    with Progress(*columns, console=err_console(), transient=True, disable=not err_console().is_terminal) as bar:
        task = bar.add_task("", total=None)
        yield lambda done, total: bar.update(task, completed=done, total=total)
    _say(f"  {time.perf_counter() - started:.0f} s")


def _out() -> Console:
    return console()


def _say(text: str) -> None:
    console().print(text, markup=False, soft_wrap=True)
