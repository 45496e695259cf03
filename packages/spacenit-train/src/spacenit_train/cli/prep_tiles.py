"""What `prep` says of an experiment on sensors: what its samples hold, and the windows that are drawn from them."""

from collections.abc import Sequence

import click

from spacenit_core.cli.saying import say
from spacenit_core.contracts.build import build
from spacenit_core.errors import DataError
from spacenit_core.kinds.datasets import TileDataset
from spacenit_core.samples.batch import Batch
from spacenit_core.text import columns
from spacenit_data.loader.config import TileLoaderConfig
from spacenit_train.experiment import Experiment
from spacenit_train.groups import check_groups, filled_groups
from spacenit_train.preview import described, look, months_of, shares, window_table
from spacenit_train.tile_experiment import TileExperiment


def say_set(experiment: TileExperiment) -> None:
    """Print the size of the data set, its dates, the share of samples with each sensor, and the windows drawn from it.

    Raises:
        SpaceNitError: where no run could begin with it.
    """
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
    assert isinstance(experiment.data_loader, TileLoaderConfig)
    _say_windows(experiment.data_loader, dataset, seen.dates)


def say_windows_of(batch: Batch) -> None:
    """Print the size of a batch's windows, and the shares of tokens that are encoded, predicted and missing."""
    say(f"first batch: {len(batch)} windows of {described(batch)}")
    parts = ", ".join(f"{share:.0%} {name}" for name, share in shares(batch).items())
    say(f"of its tokens at these dates {parts}")


def _say_windows(loader: TileLoaderConfig, dataset: TileDataset, most: int) -> None:
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
