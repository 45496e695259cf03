"""`spacenit-run data convert`: raw tiles, or another set, to samples in our layout."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spacenit_core.cli.paths import PATH
from spacenit_core.cli.saying import say
from spacenit_core.errors import DataError, naming_options
from spacenit_core.text import columns
from spacenit_data.cli.options import MONTHS, months_option

if TYPE_CHECKING:
    from spacenit_data.convert.report import ConversionReport


def _names(_context: click.Context, _option: click.Parameter, value: str | None) -> tuple[str, ...]:
    return tuple(name.strip().strip("\"'") for name in (value or "").strip("[]").split(",") if name.strip())


_UNIT_OPTIONS = ("linear_power", "amplitude", "nodata", "keep_zeros", "store_missing", "trust_units")

EXAMPLES = """\b
Examples:
  spacenit-run data convert /data/raw --tile-size 128
  spacenit-run data convert /data/raw --required sentinel2_l2a \\
    --modalities sentinel2_l2a,sentinel1,srtm
  spacenit-run data convert --from-h5 /data/h5py_data/h5py_.../1138828 \\
    --out /fast/converted --workers 32
"""


@click.command("convert", short_help="Raw GeoTIFF tiles, or another H5 set, to samples.", epilog=EXAMPLES)
@click.argument("root", required=False, type=PATH)
@click.option("--from-h5", type=PATH, metavar="DIR", help="Rewrite this set instead; needs --out.")
@click.option("--out", type=PATH, help="The set's folder is made below this one; ROOT if unset.")
@click.option(
    "--modalities", "--sensors", "sensors", callback=_names, metavar="A,B", help="Sensors to convert; all if unset."
)
@click.option("--required", callback=_names, metavar="A,B", help="Leave out samples that lack one of these.")
@click.option(
    "--tile-size", type=click.IntRange(1), help="Cells along a side; 128 if unset, with --from-h5 as the set has it."
)
@click.option("--min-steps", type=click.IntRange(1), help="Images of a tile's longest series; 12 if unset.")
@months_option
@click.option("--compression", default="zstd", show_default=True, help="zstd, gzip, lz4 or none.")
@click.option("--compression-opts", type=int, help="Level of zstd (1-22, default 3) or gzip (0-9, default 4).")
@click.option("--shuffle/--no-shuffle", default=False, help="Shuffle bytes before compression.")
@click.option(
    "--scale", multiple=True, metavar="SENSOR=FACTOR", help="Factor from a sensor's numbers to its units; repeatable."
)
@click.option(
    "--offset",
    multiple=True,
    metavar="SENSOR=NUMBER[@DATES]",
    help="Added after the factor: sentinel2_l2a=-1000, for some dates sentinel2_l2a=-1000@2022-01-25.. ; repeatable.",
)
@click.option(
    "--linear-power/--no-linear-power",
    default=None,
    help="Radar comes as linear power: store decibels. Raw tiles have it so, sets do not.",
)
@click.option(
    "--amplitude",
    type=float,
    metavar="OFFSET",
    help="Radar comes as digital numbers: store 20 log10(number) + OFFSET decibels (-83 for WorldCereal).",
)
@click.option(
    "--mask",
    "masks",
    multiple=True,
    metavar="SENSOR:NAME=FOLDER[:WHAT]",
    help="Leave out a sensor's pixels by a folder of ROOT with one raster per tile and one band per image: classes "
    "(sentinel2_l2a:scl=10_scl_monthly:3,8,9,10) or bits (landsat:qa_pixel=10_qa_monthly:bits=3,4); repeatable.",
)
@click.option("--nodata", type=float, multiple=True, help="Another number that marks missing pixels; may be repeated.")
@click.option(
    "--keep-zeros", is_flag=True, help="Pixels of 0 in all bands are data, also of sensors where they lie outside."
)
@click.option("--store-missing", is_flag=True, help="Store missing pixels, instead of leaving out their sensor.")
@click.option(
    "--trust-units", is_flag=True, help="Take numbers for the sensor's units, even where they cannot be by their size."
)
@click.option(
    "--on-error",
    type=click.Choice(["fail", "skip"]),
    default="fail",
    show_default=True,
    help="Stop at the first file that cannot be read, or leave its tile out and exit with 1 at the end.",
)
@click.option("--workers", type=click.IntRange(1), help="Processes; all cores if unset.")
@naming_options({**MONTHS, "out": " with --out"})
def convert(root: Path | None, from_h5: Path | None, out: Path | None, workers: int | None, **options: Any) -> None:
    """Convert a raw data set (one folder and one CSV per sensor in ROOT) to H5 samples, which training reads.

    A sensor is dropped from a tile whose images have NaN, nodata or masked pixels (--store-missing keeps it); pixels
    of 0 in all bands are stored as missing where they lie outside of the sensor's images. Scale and offset that the
    rasters state are applied. A tile is left out if its longest series has fewer than --min-steps images. Samples are
    numbered in the order of their tiles. An interrupted conversion goes on when the command is repeated; the metadata,
    without which nothing opens the set, are written last.

    With --from-h5, rewrite a set that others wrote, as OlmoEarth's: checksummed, and cut into chunks from which a
    training window reads only what it needs.
    """
    if (root is None) == (from_h5 is None):
        raise click.UsageError("Name the folder of a raw data set, or a set of samples with --from-h5.")
    if options["min_steps"] is not None and from_h5 is not None:
        raise click.UsageError("--min-steps is for raw tiles: a set is rewritten as it is.")
    if options["months_from"] and root is not None:
        raise click.UsageError("--months-from is for sets: raw tiles have their dates from CSV files.")
    from spacenit_data.convert.cloud_masks import parse_sensor_mask
    from spacenit_data.convert.conversion import run
    from spacenit_data.convert.prepare import from_raw, from_set
    from spacenit_data.convert.settings import ConvertSettings
    from spacenit_data.convert.units import UnitSettings, parse_scale, parse_sensor_offset
    from spacenit_data.h5.compression import Compression
    from spacenit_data.pool import cores

    codec = [options.pop(name) for name in ("compression", "compression_opts", "shuffle")]
    masks = options.pop("masks")
    if masks and root is None:
        raise click.UsageError("--mask is for raw tiles: a set has no masks.")
    units = UnitSettings(
        masks=tuple(parse_sensor_mask(text, root or Path()) for text in masks),
        scale=tuple(map(parse_scale, options.pop("scale"))),
        offset=tuple(map(parse_sensor_offset, options.pop("offset"))),
        **{name: options.pop(name) for name in _UNIT_OPTIONS},
    )
    given = {name: value for name, value in options.items() if value is not None}
    settings = ConvertSettings(**given, compression=Compression.of(*codec), units=units)
    conversion = from_raw(root, out, settings) if root is not None else from_set(from_h5 or Path(), out, settings)
    report = run(conversion, workers=workers or cores(), progress=True)
    _print(report)
    if report.failed:
        raise DataError(
            f"{report.failed} of {report.sources} sources could not be read; the set was written without them",
            "mend the files and repeat the command with another --out",
        )


def _print(report: "ConversionReport") -> None:
    rows = []
    for name, count in sorted(report.per_sensor.items()):
        dropped = ", ".join(f"{reason}: {times}" for reason, times in report.dropped.get(name, {}).items())
        rows.append((name, str(count), dropped or "-", str(report.cut_steps.get(name, "-"))))
    click.echo(f"{columns(rows, ('sensor', 'samples', 'dropped', 'images without a step'))}\n")
    there = "" if report.written == report.samples else f" ({report.samples - report.written} of them were there)"
    click.echo(f"{report.samples} samples from {report.sources} sources{there}")
    for reason, count in report.left_out.items():
        say(f"left out: {count} with {reason}")
    for failure in report.failures:
        say(f"failed: {failure}")
    for remark in (*report.notes, *report.remarks):
        say(f"note: {remark}")
    click.echo(f"the set: {report.folder}")
