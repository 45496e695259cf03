"""`spacenit-run data view`: a plot of one sample."""

from pathlib import Path

import click

from spacenit_core.cli.paths import PATH
from spacenit_core.errors import naming_options
from spacenit_data.cli.options import MONTHS, months_option

EXAMPLES = """\b
Examples:
  spacenit-run data view DIR 0
  spacenit-run data view DIR 17 --sensor sentinel2_l2a \\
    --bands B08,B04,B03 --out false_colour.png
"""


@click.command("view", short_help="Draw one sample of a set.", epilog=EXAMPLES)
@click.argument("folder", metavar="DIR", type=PATH)
@click.argument("index", type=click.IntRange(0))
@click.option("--out", type=PATH, help="The PNG file; ./sample_INDEX.png if unset.")
@click.option("--sensor", "sensors", multiple=True, help="A sensor to show; may be repeated. All if unset.")
@click.option("--bands", help="Red, green and blue band, as B04,B03,B02, for sensors that have them.")
@months_option
@naming_options(MONTHS)
def view(
    folder: Path, index: int, out: Path | None, sensors: tuple[str, ...], bands: str | None, months_from: int
) -> None:
    """Draw sample INDEX of the set in DIR: every sensor at every date. Missing pixels and dates are hatched."""
    from spacenit_data.view import view_sample

    chosen = [band.strip() for band in bands.split(",")] if bands else None
    if chosen is not None and len(chosen) != 3:
        raise click.BadParameter("name three bands: red, green and blue, as B04,B03,B02", param_hint="--bands")
    path = view_sample(
        folder, index, out or Path(f"sample_{index}.png"), sensors=sensors, bands=chosen, months_from=months_from
    )
    click.echo(path)
