"""`spacenit-run visualize`: pictures of the samples and masks of one step."""

import click

from spacenit_core.cli.console import console
from spacenit_core.errors import UserError
from spacenit_train.cli.common import Request, run_command
from spacenit_train.left_behind import say_left_behind
from spacenit_train.tile_experiment import TileExperiment

FOLDER = "visualizations"


@run_command("visualize", examples=["visualize base my_run local --dataset.h5py_dir=DIR --num_samples 4 --step 100"])
@click.option(
    "--num_samples",
    "--num-samples",
    "count",
    default=4,
    show_default=True,
    type=click.IntRange(1),
    help="Samples of the batch that are drawn.",
)
@click.option("--step", default=0, show_default=True, type=click.IntRange(0), help="The step whose batch is drawn.")
def visualize(request: Request, count: int, step: int) -> None:
    """Draw samples and masks as a run sees them.

    Writes one PNG per sample to the folder `visualizations` of the run's folder: every sensor in time, and under each
    image, for every view, which tokens are encoded and which are predicted. Nothing is trained.
    """
    from spacenit_core.samples.batch import Batch
    from spacenit_train.plots import draw_masks, write_png
    from spacenit_train.preview import described, open_loader

    experiment = request.experiment
    if not isinstance(experiment, TileExperiment):
        raise UserError(f"visualize draws samples of sensors, and the recipe {request.run.recipe} has none")
    say_left_behind(request.run.resolved.dropped)
    loader = open_loader(experiment)
    batch = next(loader.batches(step))
    if not isinstance(batch, Batch):
        raise UserError(f"visualize draws windows of sensors, and the loader gives {type(batch).__name__}")
    assert batch.indices is not None and experiment.trainer.save_folder is not None
    for row in range(min(count, len(batch))):
        sample = int(batch.indices[row])
        path = experiment.trainer.save_folder / FOLDER / f"step{step}_sample{sample}.png"
        write_png(draw_masks(batch, row, title=f"step {step}, sample {sample}: {described(batch, row)}"), path)
        console().print(str(path), soft_wrap=True, markup=False)
