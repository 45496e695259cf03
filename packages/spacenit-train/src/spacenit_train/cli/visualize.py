"""`spacenit-run visualize`: pictures of the samples and masks of one step."""

import click

from spacenit_core.cli.console import console
from spacenit_train.cli.common import Request, run_command
from spacenit_train.left_behind import say_left_behind

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
    from spacenit_train.plots import write_png
    from spacenit_train.preview import open_loader

    experiment = request.experiment
    say_left_behind(request.run.resolved.dropped)
    loader = open_loader(experiment)
    batch = next(loader.batches(step))
    assert experiment.trainer.save_folder is not None
    for row in range(min(count, len(batch))):
        name, figure = experiment.draw(batch, row, step)
        path = experiment.trainer.save_folder / FOLDER / name
        write_png(figure, path)
        console().print(str(path), soft_wrap=True, markup=False)
