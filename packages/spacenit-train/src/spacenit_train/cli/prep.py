"""`spacenit-run prep`: the data of a run, checked before it begins."""

from collections.abc import Sequence

import click

from spacenit_core.cli.saying import say
from spacenit_core.contracts.build import build
from spacenit_core.errors import DataError
from spacenit_core.kinds.datasets import TileDataset
from spacenit_core.text import columns, listed
from spacenit_data.loader.config import TileLoaderConfig
from spacenit_train.cli.common import Request, run_command
from spacenit_train.experiment import Experiment
from spacenit_train.left_behind import say_left_behind
from spacenit_train.remarks import known_steps, remarks, say_notes


@run_command("prep", examples=["prep base my_run local --dataset.h5py_dir=DIR"])
def prep(request: Request) -> None:
    """Check the data of a run, and say what a step and an epoch will be.

    Opens the data set, reads a corner of up to 64 samples and one whole batch, and prints what is there, the sizes of
    windows that the token budget allows, and how long the run is. Entries of other packages than SpaceNit's are tried
    in one step on two samples. Nothing is written. `spacenit-run data validate`
    reads everything.
    """
    # Late, because this imports torch.
    from spacenit_train.first_pixels import check_first_pixels
    from spacenit_train.groups import check_groups, filled_groups
    from spacenit_train.preview import described, look, months_of, open_loader, shares
    from spacenit_train.trial_step import foreign_entries, try_step

    say_left_behind(request.run.resolved.dropped)
    experiment = request.experiment
    dataset = build(experiment.dataset, experiment.sensor_set)
    months = months_of(dataset)
    seen = look(dataset)
    say(f"{len(dataset):,} samples of {dataset.tile_size or 1} cells a side")
    if months:
        say(f"dates: {months}")
    readable = max(seen.samples - len(seen.unreadable), 1)
    _say_table(
        f"in {seen.samples} samples looked at",
        [(name, f"{count / readable:.0%}") for name, count in seen.present.items()],
        ("sensor", "present"),
    )
    _refuse(seen.unreadable, experiment)
    check_groups(filled_groups(dataset))
    if isinstance(experiment.data_loader, TileLoaderConfig):
        _say_windows(experiment.data_loader, dataset, seen.dates)
    loader = open_loader(experiment)
    _say_length(experiment, loader.steps_per_epoch)
    steps = known_steps(experiment.trainer.max_duration, loader.steps_per_epoch)
    say_notes(remarks(experiment, steps=steps, world_size=request.processes.world_size()))
    batch = next(loader.batches())
    for remark in check_first_pixels(batch, request.trusted):
        say(remark, err=True)
    say(f"first batch: {len(batch)} windows of {described(batch)}")
    parts = ", ".join(f"{share:.0%} {name}" for name, share in shares(batch).items())
    say(f"of its tokens at these dates {parts}")
    if tried := foreign_entries(experiment):
        loss = try_step(experiment, batch)
        say(f"one step on two samples with {listed(tried)}: loss {loss:.4g}")


def _say_windows(loader: TileLoaderConfig, dataset: TileDataset, most: int) -> None:
    from spacenit_train.preview import window_table

    windows = window_table(loader, dataset, most)
    dates = f"; samples have up to {most} date{'s' * (most != 1)}" if most else ""
    _say_table(
        f"windows (token_budget {loader.token_budget}{dates})",
        [tuple(map(str, (row.patches, min(row.steps, most), row.tokens, row.patch_sizes))) for row in windows],
        ("patches a side", "time steps", "tokens", "patch sizes that fit"),
    )


def _say_table(title: str, rows: Sequence[Sequence[str]], heading: Sequence[str]) -> None:
    click.echo(f"\n{title}\n\n{columns(rows, heading)}\n")


def _refuse(unreadable: dict[int, str], experiment: Experiment) -> None:
    for message in unreadable.values():
        say(f"unreadable: {message}", err=True)
    if unreadable and getattr(experiment.data_loader, "on_corrupt", "fail") == "fail":
        raise DataError(
            f"{len(unreadable)} of the samples looked at cannot be read",
            "`spacenit-run data validate` finds all; --data_loader.on_corrupt=skip trains without them",
        )


def _say_length(experiment: Experiment, steps_per_epoch: int) -> None:
    duration = experiment.trainer.max_duration
    total = {"steps": duration.value, "epochs": duration.value * steps_per_epoch}.get(duration.unit)
    length = f"{duration}" if total is None else f"{duration} = {total:,} steps"
    size = experiment.data_loader.global_batch_size
    say(f"{steps_per_epoch:,} steps per epoch of {size} samples; the run: {length}")
