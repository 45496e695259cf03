"""`spacenit-run data tile`: anyone's own rasters as samples."""

from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spacenit_core.cli.paths import PATH
from spacenit_core.cli.saying import say
from spacenit_core.errors import naming_options

if TYPE_CHECKING:
    from spacenit_data.tile import TileReport

EPILOG = """\b
Examples:
  One date, one file per band:
    spacenit-run data tile --sensor landsat7_etm --date 2000-07-01 \\
        B1=lsat_10.tif B2=lsat_20.tif B3=lsat_30.tif B4=lsat_40.tif \\
        B5=lsat_50.tif B7=lsat_70.tif --out tiles
  One date, one file with all bands; --dry-run shows what would be made of it:
    spacenit-run data tile --sensor sentinel2_l2a --date 2024-06-30 \\
        scene.tif --dry-run
  Single bands out of a larger file:
    spacenit-run data tile --sensor naip_10 --date 2021-08-01 \\
        R=a.tif:3 G=a.tif:2 B=a.tif:1 IR=a.tif:4 --out tiles
  A netCDF file with several variables, at the dates of its time axis:
    spacenit-run data tile --sensor sentinel2_l2a cube.nc --out tiles
  Many dates and sensors:
    spacenit-run data tile --from-csv scenes.csv --out tiles

Bands are found by the names that a file gives them (B2, B02, blue, SR_B2,
Gamma0_VV, those of a STAC item beside it), else by its colours, else in the
sensor's order, which is said. Names that are not the sensor's are refused;
--bands says what they are. FILE is also what GDAL opens: netcdf:FILE:VARIABLE,
/vsizip/FILE/MEMBER, s3://...

\b
The CSV has a header with the column `path` (relative to the CSV) and any of
`sensor`, `date`, `band`, `bands`, `scale`, `offset`, `mask`; what a row
leaves empty is taken from the options:
    sensor,date,path,band
    sentinel2_l2a,2024-06-30,s2/20240630.tif,
    sentinel1,2024-07-02,s1/vv.tif,vv
    sentinel1,2024-07-02,s1/vh.tif,vh
    worldcover,,maps/worldcover.tif,

Images that overlap in one projected reference system in metres are cut from
one grid: that of the first image whose pixels are the sensor's, if there is one.
Scenes of neighbouring zones keep their own grids. Images in degrees or in Web
Mercator come to a grid that they overlap, else to their UTM zone. Images with
other pixels are resampled, class codes to the nearest pixel. Where two files
show a place at one date, the one named first has it. Pixels are stored as
float32; what is missing (nodata, masks, NaN, beyond the edge) is stored as
-99999.

Scale and offset that a file states (its tags, BOA_ADD_OFFSET, MTD_MSIL2A.xml or
a STAC item beside it) are applied, unless --scale or --offset say otherwise.
Known masks: scl, qa_pixel, fmask, qa60; a FILE that is none is a band of the
image: --mask scl=SCL. Pixels that a mask does not cover are left out.
"""


@click.command("tile", epilog=EPILOG, short_help="Cut your own rasters into samples.")
@click.argument("files", nargs=-1, metavar="[BAND=]FILE...")
@click.option("--out", type=PATH, help="Folder that the set is made in.")
@click.option("--sensor", help="Sensor of the files (see `spacenit-run plugins list sensors`).")
@click.option("--date", "day", help="Day of the images, YYYY-MM-DD; maps need none beside other images.")
@click.option("--from-csv", "manifest", type=PATH, help="CSV that lists files, sensors and dates.")
@click.option("--bands", help="The bands of each file, in its order, where it names none: B02,B03,-,B04 (- for none).")
@click.option("--tile-size", default=128, show_default=True, help="Cells along one side of a sample.")
@click.option(
    "--stride", type=int, help="Cells from one sample to the next; less than the tile size lets them overlap."
)
@click.option(
    "--edges",
    default="pad",
    show_default=True,
    type=click.Choice(["pad", "shift", "drop"]),
    help="At the far edges: fill up with missing pixels, move the last samples inside, or leave them out.",
)
@click.option("--min-valid", default=0.0, show_default=True, help="Share of cells that must have a pixel at some date.")
@click.option(
    "--crs", help="Reference system of all samples, such as EPSG:32633; its metres must be metres on the ground there."
)
@click.option(
    "--resampling",
    default="auto",
    show_default=True,
    type=click.Choice(["auto", "nearest", "bilinear", "cubic", "average", "mode"]),
    help="How pixels come onto the grid.",
)
@click.option("--nodata", type=float, multiple=True, help="Another number that marks missing pixels; may be repeated.")
@click.option(
    "--keep-zeros", is_flag=True, help="Pixels of 0 in all bands are data, also of sensors where they lie outside."
)
@click.option(
    "--mask",
    "masks",
    multiple=True,
    metavar="NAME=FILE[:WHAT]",
    help="Leave out pixels by a mask's classes (scl=scl.tif:3,8,9,10) or bits (qa_pixel=qa.tif:bits=3,4). May be "
    "repeated.",
)
@click.option(
    "--scale", type=float, help="Factor from the files' numbers to the sensor's units; as the files state it if unset."
)
@click.option(
    "--offset",
    "offsets",
    multiple=True,
    metavar="NUMBER[@DATES]",
    help="Added after the factor: -1000, or for some dates -1000@2022-01-25.. ; as the files state it if unset. May be "
    "repeated.",
)
@click.option("--linear-power", is_flag=True, help="Radar files hold linear power: store decibels.")
@click.option(
    "--amplitude",
    type=float,
    metavar="OFFSET",
    help="Radar files hold digital numbers: store 20 log10(number) + OFFSET decibels (-83 for WorldCereal).",
)
@click.option(
    "--trust-units", is_flag=True, help="Take numbers for the sensor's units, even where they cannot be by their size."
)
@click.option("--allow-missing-bands", is_flag=True, help="Store bands without a file as missing.")
@click.option(
    "--allow-upsampling", is_flag=True, help="Write pixels that are more than twice as coarse as the sensor's own."
)
@click.option("--dry-run", is_flag=True, help="Show bands, units, nodata, grid, dates and size; write nothing.")
@click.option(
    "--compression",
    default="zstd",
    show_default=True,
    type=click.Choice(["zstd", "gzip", "lz4", "none"]),
    help="Codec of the H5 files.",
)
@click.option("--compression-opts", type=int, help="Level of the codec.")
@click.option("--workers", type=click.IntRange(1), help="Processes; all cores if unset.")
@naming_options({"out": " with --out"})
def tile(
    files: tuple[str, ...],
    out: Path | None,
    sensor: str | None,
    day: str | None,
    manifest: Path | None,
    scale: float | None,
    offsets: tuple[str, ...],
    masks: tuple[str, ...],
    bands: str | None,
    workers: int | None,
    dry_run: bool,
    **settings: Any,
) -> None:
    """Cut your own rasters into a set of samples for pretraining.

    FILES are rasters of one sensor and date, each with all bands (FILE) or one (BAND=FILE); --from-csv lists more.
    Everything is checked before anything is written; an interrupted run continues when the command is repeated.
    """
    from spacenit_data.h5.files import check_folder
    from spacenit_data.pool import cores
    from spacenit_data.rasters.offsets import parse_offset
    from spacenit_data.tile import TileSettings, from_arguments, from_csv
    from spacenit_data.tile.described import described
    from spacenit_data.tile.prepare import prepare
    from spacenit_data.tile.tiling import write_set

    stated: dict[str, Any] = {
        "scale": scale,
        "offset": [parse_offset(text) for text in offsets],
        "bands": bands,
        "masks": masks,
    }
    requests = from_arguments(files, sensor, day, **stated)
    if manifest is not None:
        requests += from_csv(manifest, sensor=sensor, day=day, **stated)
    if not requests:
        raise click.UsageError("No files were given: name them, or list them with --from-csv.")
    if out is not None:
        check_folder(out)
    elif not dry_run:
        raise click.UsageError("No folder was given: name it with --out.")
    tiling = prepare(requests, TileSettings(**settings))
    if out is None or dry_run:
        click.echo(described(tiling))
        tiling.check()
        return
    tiling.check()
    for found in tiling.upsampled:
        say(f"note: {found}: {tiling.size}")
    _print(write_set(tiling, out, workers=workers or cores(), progress=True))


def _print(report: "TileReport") -> None:
    from spacenit_core.text import columns
    from spacenit_data.tile.described import describe_grid

    rows = []
    for name, facts in report.sensors.items():
        low, high = ([v for v in values if v is not None] for values in (facts.low, facts.high))
        missing = f"{facts.missing / max(1, facts.values):.1%}"
        ends = (f"{min(low):g}", f"{max(high):g}") if low and high else ("-", "-")
        rows.append((name, str(facts.samples), str(facts.steps), missing, *ends))
    click.echo(columns(rows, heading=("sensor", "samples", "images", "missing", "lowest", "highest")))
    click.echo()
    for area in report.areas:
        say(describe_grid(area))
    left_out = [(report.empty, "empty"), (report.sparse, "below --min-valid")]
    listed = ", ".join(f"{count} {why}" for count, why in left_out if count)
    there = report.samples - report.written
    notes = f"{f' ({there} of them were there)' if there else ''}{f'; left out: {listed}' if listed else ''}"
    say(f"{report.samples} samples{notes}")
    for remark in report.remarks:
        say(f"note: {remark}")
    click.echo(f"the set: {report.folder}")
    click.echo(f"look at one: spacenit-run data view {report.folder} 0")
