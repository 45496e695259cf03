"""`spacenit-run data stats`: the numbers that a sensor is normalised with."""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spacenit_core.cli.paths import PATH
from spacenit_core.cli.saying import say
from spacenit_core.errors import UserError

if TYPE_CHECKING:
    from spacenit_data.stats import SensorStatistics


EXAMPLES = """\b
Examples:
  spacenit-run data stats DIR
  spacenit-run data stats DIR --sensor landsat7_etm        one sensor
  spacenit-run data stats DIR --json > statistics.json
"""


@click.command("stats", short_help="Mean and deviation of each band of a set.", epilog=EXAMPLES)
@click.argument("folder", metavar="DIR", type=PATH)
@click.option("--sensor", "sensors", multiple=True, help="A sensor to look at; may be repeated. All if unset.")
@click.option("--json", "as_json", is_flag=True, help="Print the numbers as JSON.")
@click.option("--workers", type=click.IntRange(1), help="Processes; all cores if unset.")
def stats(folder: Path, sensors: tuple[str, ...], as_json: bool, workers: int | None) -> None:
    """Compute mean, deviation, range and percentiles of each band of the set in DIR, without missing pixels.

    Below each table stands the `normalization=` line for the sensor's declaration.
    """
    from spacenit_data.pool import cores
    from spacenit_data.stats import compute_statistics

    found = compute_statistics(folder, sensors, workers=workers or cores(), progress=not as_json)
    if as_json:
        click.echo(json.dumps({item.sensor: _as_json(item) for item in found}, indent=2))
        return
    for item in found:
        _print(item)


def _as_json(item: "SensorStatistics") -> dict[str, Any]:
    from spacenit_data.stats import PERCENTILES

    def numbers(values: Any) -> list[float | None]:
        return [None if value != value else float(value) for value in values]

    return {
        "bands": list(item.bands),
        "samples": item.samples,
        "count": item.count.tolist(),
        "missing": item.missing,
        "mean": numbers(item.mean),
        "std": numbers(item.std),
        "low": numbers(item.low),
        "high": numbers(item.high),
        "percentiles": {f"{p:g}": numbers(row) for p, row in zip(PERCENTILES, item.percentiles, strict=True)},
        "notes": list(item.notes),
    }


def _print(item: "SensorStatistics") -> None:
    from spacenit_core.text import columns
    from spacenit_data.stats import PERCENTILES

    heading = ("band", "pixels", "mean", "std", "lowest", *(f"{percent:g} %" for percent in PERCENTILES), "highest")
    numbers = (item.mean, item.std, item.low, *item.percentiles, item.high)
    rows = [
        (band, str(item.count[channel]), *(f"{values[channel]:.6g}" for values in numbers))
        for channel, band in enumerate(item.bands)
    ]
    click.echo(f"{item.sensor}: {item.samples} samples, {item.missing:.1%} missing\n")
    click.echo(f"{columns(rows, heading=heading)}\n")
    for note in item.notes:
        say(f"note: {note}\n")
    try:
        click.echo(f"{item.as_normalization()}\n")
    except UserError as problem:
        say(f"note: {problem}\n")
