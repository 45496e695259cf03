"""From a command's arguments to a conversion: everything is checked here, before the first image is read."""

import hashlib
from pathlib import Path

from attrs import evolve

from spacenit_core.errors import DataError, UserError, no_folder
from spacenit_core.kinds.sensors import SENSORS
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.spec import SensorSpec
from spacenit_data.convert.catalog import Catalog
from spacenit_data.convert.conversion import Conversion
from spacenit_data.convert.other_set import SetSource, choose, read_listing, tile_size_of
from spacenit_data.convert.raw import RawSource
from spacenit_data.convert.raw_layout import TILE_CELLS, csv_path
from spacenit_data.convert.settings import ConvertSettings
from spacenit_data.file_state import meaning_of
from spacenit_data.h5.metadata import METADATA_CSV
from spacenit_data.months import check_months, look_at_months
from spacenit_data.sample_set import find_set, installed_spec

DEFAULT_TILE_SIZE = 128


def from_raw(root: Path, out: Path | None, settings: ConvertSettings) -> Conversion:
    """Prepare the conversion of a raw data set.

    Args:
        root: the folder that holds the CSV files.
        out: where the set's folder is made; `root` if None.
        settings: what to convert, and how.

    Raises:
        UserError: for settings that make no sense here.
        DataError: for a CSV that cannot be read.
    """
    if not root.is_dir():
        raise no_folder(root, "name the folder that holds files such as 10_sentinel2_l2a_monthly.csv")
    sensors, remarks = _raw_sensors(root, settings.sensors)
    _check_units(settings, sensors.names)
    for name, _ in settings.units.masks:
        if not sensors[name].spatial:
            raise UserError(f"{name} has no grid to mask", "leave --mask out")
    settings = evolve(settings, required=_required(settings, sensors.names))
    tile_size = settings.checked_tile_size(TILE_CELLS, DEFAULT_TILE_SIZE)
    catalog = Catalog.read(root, sensors)
    if not catalog.tiles:
        raise DataError(f"the CSV files in {root} list no series of images", "a sample needs a sensor with time")
    if catalog.repeated_rows:
        remarks.append(f"{catalog.repeated_rows} CSV rows name an image that was listed before: left out")
    return Conversion.of(
        settings,
        tile_size=tile_size,
        description={
            "from": "raw tiles",
            "root": str(root.resolve()),
            "min_steps": settings.min_steps,
            "specs": [meaning_of(spec) for spec in sensors],
            "units": repr(settings.units),
        },
        produce=RawSource(
            root=root,
            sensors=sensors,
            tile_size=tile_size,
            min_steps=settings.min_steps,
            required=settings.required,
            units=settings.units,
        ),
        sources=catalog.tiles,
        sensors=tuple(sorted(sensors.names)),
        out=out or root,
        remarks=tuple(remarks),
    )


def from_set(folder: Path, out: Path | None, settings: ConvertSettings) -> Conversion:
    """Prepare the rewriting of an H5 set.

    Args:
        folder: the set.
        out: where the new set's folder is made.
        settings: what to convert, and how.

    Raises:
        UserError: for settings that make no sense here.
        DataError: for metadata that cannot be read.
    """
    if out is None:
        raise UserError("--from-h5 needs --out", "the set is written anew, below another folder")
    folder = find_set(folder)
    known, samples = read_listing(folder)
    sensors = choose(settings.sensors, known, folder)
    _check_units(settings, sensors)
    settings = evolve(settings, required=_required(settings, sensors))
    found = look_at_months(folder, [sample.number for sample in samples])
    check_months(found, settings.months_from, folder)
    cells, gsd = tile_size_of(folder, samples)
    tile_size = settings.checked_tile_size(cells, cells)
    listing = hashlib.sha256((folder / METADATA_CSV).read_bytes()).hexdigest()
    conversion = Conversion.of(
        settings,
        tile_size=tile_size,
        description={
            "from": "an H5 set",
            "folder": str(folder.resolve()),
            "listing": listing,
            "months_from": settings.months_from,
            "specs": [meaning_of(spec) for spec in map(installed_spec, sensors) if spec],
            "units": repr(settings.units),
        },
        produce=SetSource(
            folder=folder,
            sensors=sensors,
            cells=cells,
            tile_size=tile_size,
            gsd=gsd,
            required=settings.required,
            months_from=settings.months_from,
            units=settings.units,
        ),
        sources=samples,
        sensors=sensors,
        out=out,
        remarks=(f"dates: {found.sentence(settings.months_from)}",),
    )
    if folder.resolve().is_relative_to(conversion.writer(1).folder.parent.resolve()):
        raise UserError(f"{folder} would be written over by its own conversion", "choose another --out")
    return conversion


def _check_units(settings: ConvertSettings, sensors: tuple[str, ...]) -> None:
    for name, _ in (*settings.units.scale, *settings.units.offset):
        if name not in sensors:
            raise UserError(
                f"--scale or --offset names {name!r}, which is not converted", f"those that are: {', '.join(sensors)}"
            )


def _required(settings: ConvertSettings, sensors: tuple[str, ...]) -> tuple[str, ...]:
    required = tuple(sorted({name.lower() for name in settings.required}))
    for name in required:
        if name not in sensors:
            raise UserError(f"required sensor {name!r} is not converted", f"those that are: {', '.join(sensors)}")
    return required


def _raw_sensors(root: Path, names: tuple[str, ...]) -> tuple[SensorSet, list[str]]:
    if names:
        sensors = SensorSet.of(names)
        for spec in sensors:
            _check_raw(root, spec)
        return sensors, []
    found = [spec for spec in map(installed_spec, SENSORS.names()) if spec and spec.in_raw_layout]
    found = [spec for spec in found if csv_path(root, spec).is_file()]
    grids = {spec.grid_gsd for spec in found if spec.spatial and spec.temporal}
    if len(grids) != 1:
        listed = ", ".join(f"{spec.name} ({spec.grid_gsd:g} m)" for spec in found)
        what = "series of different grids" if grids else "no CSV of a series of images"
        raise UserError(
            f"{root} has {what}{f'; it has {listed}' if found else ''}",
            "name sensors of one grid with --modalities"
            if grids
            else "a CSV is named like 10_sentinel2_l2a_monthly.csv",
        )
    remarks = []
    for spec in found:
        if spec.spatial and spec.grid_gsd not in grids:
            remarks.append(
                f"{spec.name} has a grid of {spec.grid_gsd:g} m, which tiles of {min(grids):g} m cannot hold: left out"
            )
    return SensorSet.of(spec for spec in found if not spec.spatial or spec.grid_gsd in grids), remarks


def _check_raw(root: Path, spec: SensorSpec) -> None:
    if spec.derived is not None:
        hint = f"it is computed when samples are read: convert {spec.derived.source}"
        raise UserError(f"{spec.name} is in no file", hint)
    if not spec.in_raw_layout:
        raise UserError(f"the raw tile layout has no files of {spec.name}", "leave it out of --modalities")
    path = csv_path(root, spec)
    if not path.is_file():
        raise UserError(f"{path} is missing", f"leave {spec.name} out of --modalities, or make the file")
