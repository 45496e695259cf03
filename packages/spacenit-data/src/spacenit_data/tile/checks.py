"""Checks over all files of a request, before any pixel is read."""

import re
from collections import defaultdict
from collections.abc import Mapping, Sequence
from datetime import date

from attrs import Factory, evolve, frozen

from spacenit_core.errors import DataError, SpaceNitError, UserError
from spacenit_core.kinds.sensors import SENSORS
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.spec import SensorSpec
from spacenit_data.tile.coverage import lacking_bands
from spacenit_data.tile.manifest import RasterRequest
from spacenit_data.tile.meaning import give_meaning
from spacenit_data.tile.rasters import Raster, read_header

MOST_PROBLEMS = 10

_LABEL = re.compile(r"(?<![a-z\d])(?:\d{8}|(?=[a-z]*\d)(?=\d*[a-z])[a-z\d]{5,})(?![a-z\d])", re.IGNORECASE)
"""Dates and identifiers in the names of bands: notes that differ in these alone are one."""


def chosen_sensors(requests: Sequence[RasterRequest]) -> SensorSet:
    """The sensors that were named, all of which must be cut from one grid.

    Raises:
        UserError: for sensors that are unknown, that no file holds, or whose grids differ.
    """
    specs = {spec.name: spec for spec in (sensor_of(request) for request in requests)}
    sensors = SensorSet.of(specs.values())
    for spec in sensors:
        if spec.derived is not None:
            raise UserError(
                f"{spec.name} is in no file: it is computed from {spec.derived.source} when samples are loaded",
                f"tile files of {spec.derived.source}",
            )
        if not spec.spatial:
            raise UserError(
                f"{spec.name} has no grid, and so no tiles", "leave it out; `data convert` reads such sensors"
            )
    return sensors


def sensor_of(request: RasterRequest) -> SensorSpec:
    """The sensor that a request names, in any case.

    Raises:
        UserError: for an unknown name.
    """
    return SENSORS.get(request.sensor.lower()) if isinstance(request.sensor, str) else request.sensor


@frozen(kw_only=True)
class Headers:
    """What was found in the headers of all files.

    Attributes:
        rasters: in the order of the requests.
        notes: what the user should know.
        unknown: sensor -> names of bands in its files that are none of its own.
    """

    rasters: tuple[Raster, ...]
    notes: tuple[str, ...] = ()
    unknown: Mapping[str, tuple[str, ...]] = Factory(dict)

    def images(self) -> dict[tuple[str, date | None], list[Raster]]:
        """The rasters of each sensor and date."""
        found: dict[tuple[str, date | None], list[Raster]] = defaultdict(list)
        for raster in self.rasters:
            found[raster.sensor.name, raster.date].append(raster)
        return found


def read_headers(requests: Sequence[RasterRequest]) -> Headers:
    """The rasters that were asked for.

    Raises:
        DataError: for files that cannot be what they were said to be, all of them at once.
        UserError: for requests that make no sense, all of them at once.
    """
    rasters: list[Raster] = []
    problems: list[tuple[str, SpaceNitError]] = []
    notes: dict[str, list[tuple[str, str]]] = defaultdict(list)
    unknown: dict[str, dict[str, None]] = defaultdict(dict)
    for request in requests:
        sensor = sensor_of(request)
        try:
            header = read_header(request, sensor)
            dates = len({raster.date for raster in header.rasters})
            meant = [give_meaning(raster, request, dates) for raster in header.rasters]
        except SpaceNitError as problem:
            problems.append((str(request.path), problem))
            continue
        unknown[sensor.name].update(dict.fromkeys(header.unknown))
        rasters += [raster for raster, _ in meant]
        for note in dict.fromkeys([*header.notes, *(note for _, more in meant for note in more)]):
            text = f"{sensor.name}: {note}"
            notes[_LABEL.sub("", text)].append((text, str(request.path)))
    if problems:
        raise _all_at_once(problems)
    with_data = {raster.path for raster in rasters if raster.alpha_is_data}
    return Headers(
        rasters=tuple(evolve(raster, alpha_is_data=raster.path in with_data) for raster in rasters),
        notes=tuple(f"{same[0][0]} {_with_others(same[0][1], len(same) - 1)}" for same in notes.values()),
        unknown={name: tuple(names) for name, names in unknown.items()},
    )


def _with_others(file: str, others: int) -> str:
    return f"{file} and {others} other file{'s' * (others > 1)}" if others else file


def _all_at_once(problems: Sequence[tuple[str, SpaceNitError]]) -> SpaceNitError:
    """One error for all; files of which the same is to be said are named in one line."""
    alike: dict[str, list[tuple[str, SpaceNitError]]] = defaultdict(list)
    for path, problem in problems:
        alike[str(problem).replace(path, "")].append((path, problem))
    if len(problems) == 1:
        return problems[0][1]
    kind = DataError if all(isinstance(problem, DataError) for _, problem in problems) else UserError
    texts = []
    for those in list(alike.values())[:MOST_PROBLEMS]:
        others = [path for path, _ in those[1:]]
        more = f" and {len(others) - MOST_PROBLEMS + 1} more" if len(others) >= MOST_PROBLEMS else ""
        same = f"\n  so it is with {', '.join(others[: MOST_PROBLEMS - 1])}{more}" if others else ""
        texts.append(f"{those[0][1]}{same}")
    if len(alike) > MOST_PROBLEMS:
        texts.append(f"... and {len(alike) - MOST_PROBLEMS} more problems")
    return kind("\n".join(texts))


def check_dates(rasters: Sequence[Raster]) -> None:
    """Check that every image has a date where its sensor has a time axis, and that maps show one state.

    Raises:
        UserError: naming the file or sensor, and what to add.
    """
    add = "add --date YYYY-MM-DD, or a column 'date' to the CSV"
    only_maps = not any(raster.sensor.temporal for raster in rasters)
    for raster in rasters:
        if raster.sensor.temporal and raster.date is None:
            raise UserError(f"{raster.path} has no date, but {raster.sensor.name} has a time axis", add)
        if only_maps and raster.date is None:
            raise UserError(f"{raster.path} has no date, and there are no other images to give the samples one", add)
    days: dict[str, set[date]] = defaultdict(set)
    for raster in rasters:
        if not raster.sensor.temporal and raster.date is not None:
            days[raster.sensor.name].add(raster.date)
    for name, found in days.items():
        if len(found) > 1:
            listed = ", ".join(day.isoformat() for day in sorted(found))
            raise UserError(
                f"{name} has no time axis, but was given at {len(found)} dates: {listed}", "keep one of them"
            )


def check_bands(headers: Headers) -> None:
    """Check that the files of a sensor and date hold all its bands, wherever one of them lies.

    Raises:
        UserError: naming the bands without a file.
    """
    for (name, day), rasters in headers.images().items():
        found = lacking_bands(rasters)
        if not found:
            continue
        raster, lacking = found[0]
        when = f" of {day}" if day else ""
        held = {band for other in rasters for band in other.bands}
        where = f" where {raster.path} lies, though it is there elsewhere" if held & set(lacking) else ""
        raise UserError(
            f"{name}{when} lacks the band{'s' * (len(lacking) > 1)} {', '.join(lacking)}{where}"
            f"{_besides(headers.unknown.get(name, ()))}",
            "give their files as BAND=FILE, or store them as missing with --allow-missing-bands",
        )


def notes_on_missing(headers: Headers) -> list[str]:
    """What to say where bands may be missing: which are, somewhere, and what the files hold in place of them."""
    lacking: dict[str, dict[str, None]] = defaultdict(dict)
    for (name, _), rasters in headers.images().items():
        lacking[name].update({band: None for _, bands in lacking_bands(rasters) for band in bands})
    unknown = headers.unknown
    return [
        f"{name}: stored as missing where no file has them: {', '.join(bands)}{_besides(unknown.get(name, ()))}"
        for name, bands in lacking.items()
        if bands
    ]


def _besides(foreign: Sequence[str]) -> str:
    """Names of bands that are none of the sensor's."""
    if not foreign:
        return ""
    more = f" and {len(foreign) - MOST_PROBLEMS} more" if len(foreign) > MOST_PROBLEMS else ""
    return f"; the files hold {', '.join(foreign[:MOST_PROBLEMS])}{more} besides, which are none of its bands"
