"""Which of a file's bands is which of the sensor's: by name, else by colour, else (and then it is said) by order."""

from collections.abc import Sequence
from functools import cache
from pathlib import PurePath

from attrs import frozen

from spacenit_core.errors import DataError
from spacenit_core.kinds.sensors import SENSORS
from spacenit_core.sensors.spec import SensorSpec
from spacenit_core.text import listed
from spacenit_data.rasters.bands import Quantity
from spacenit_data.rasters.spellings import AROUND, OTHER_NAME, BandSpellings, numbers_in, only_counts, words
from spacenit_data.sample_set import installed_spec

WAY_OUT = "--bands NAME,NAME,... says what its bands are, in its order (- leaves one out); so does BAND=FILE:NUMBER"

_NO_NAMES = frozenset({"gray", "grey", "undefined", "unknown", "none", "unnamed"})


@frozen(kw_only=True)
class BandMatch:
    """The bands of a sensor that a file holds.

    Attributes:
        found: channel of the sensor -> what holds it, in the order of channels.
        note: how they were found, where the user should know; empty where the file has the sensor's own names.
        unknown: names of the file's bands that are none of the sensor's.
    """

    found: dict[int, Quantity]
    note: str = ""
    unknown: tuple[str, ...] = ()


def match_bands(quantities: Sequence[Quantity], sensor: SensorSpec, file: str) -> BandMatch:
    """Find the bands of a sensor in a file.

    Raises:
        DataError: where the names are not the sensor's or mean one band twice, or nothing tells the bands apart.
    """
    names, files = _telling_names(quantities, sensor, file), _file_names(quantities, sensor)
    if any(names):
        match = _by_name(quantities, [a or b for a, b in zip(names, files, strict=True)], sensor, file)
        if match is not None:
            return match
        alone = [number for number, item in enumerate(quantities) if not item.is_alpha]
        if len(sensor.bands) == len(alone) == 1:
            return _only_band(quantities[alone[0]], names[alone[0]], sensor, file)
        firsts = [found[0] if found else "" for found in names]
        if not only_counts(firsts):
            raise DataError(
                f"{file} has no band of {sensor.name}: its bands are called {_few(firsts)}; "
                f"{sensor.name} has {', '.join(sensor.bands)}",
                f"check the sensor; where the names are wrong, {WAY_OUT}",
            )
    return (
        _by_name(quantities, _colors(quantities), sensor, file, what="colours")
        or _by_name(quantities, files, sensor, file, what="file names")
        or _by_order(quantities, sensor, file)
    )


def _only_band(quantity: Quantity, names: Sequence[str], sensor: SensorSpec, file: str) -> BandMatch:
    """The band of a map: it may be called anything but what is a band of another sensor."""
    name = names[0] if names else "nothing"
    owner = None if only_counts([name]) else _owner(name)
    if owner is not None:
        raise DataError(
            f"{file} has no band of {sensor.name}: its only band is called {name!r}, which is one of {owner}",
            f"check the sensor; where the name is wrong, {WAY_OUT}",
        )
    return BandMatch(found={0: quantity}, note=f"the only band is called {name!r} in")


@cache
def _owner(name: str) -> str | None:
    """A sensor that has a band of its own of that name."""
    for other in SENSORS.names():
        spec = installed_spec(other)
        found = None if spec is None or spec.derived is not None else BandSpellings.of(spec).find(name)
        if found is not None and found[0] < OTHER_NAME:
            return other
    return None


def _colors(quantities: Sequence[Quantity]) -> list[tuple[str, ...]]:
    """The colour of each band, where no other has the same."""
    colors = [item.color for item in quantities]
    return [(color,) if color and colors.count(color) == 1 else () for color in colors]


def _file_names(quantities: Sequence[Quantity], sensor: SensorSpec) -> list[tuple[str, ...]]:
    """The name of the file that holds a band alone, where it means a band of the sensor."""
    spellings, names = BandSpellings.of(sensor), [PurePath(item.file).stem for item in quantities]
    means = [len(sensor.bands) > 1 and spellings.find(name) is not None for name in names]
    return [(name,) if means_band else () for name, means_band in zip(names, means, strict=True)]


def _telling_names(quantities: Sequence[Quantity], sensor: SensorSpec, file: str) -> list[tuple[str, ...]]:
    """The names of each band, without those that all have and that mean none, and without counts (`Band 1`)."""
    names = [tuple(name for name in item.names if name.lower() not in _NO_NAMES) for item in quantities]
    if len(names) == 1 < len(sensor.bands):
        names = [tuple(name for name in names[0] if not AROUND.issuperset(words(name)))]
    if len(names) > 1:
        spellings = BandSpellings.of(sensor)
        shared = {name for name in set.intersection(*map(set, names)) if spellings.find(name) is None}
        names = [tuple(name for name in found if name not in shared) for found in names]
    firsts = [found[0] if found else "" for found in names]
    counts, details = zip(*(_split_details(first) for first in firsts), strict=True)
    if not only_counts(counts, bare=False):
        return names
    own = BandSpellings.of(sensor).own
    counted = [own.get(f"b{number}") for number in numbers_in(counts)]
    if set(counted) == set(sensor.bands) and counted != list(sensor.bands) and not any(details):
        raise DataError(
            f"{file} calls its bands {_few(firsts)}: these may be the bands' numbers, or only count them, "
            f"and {sensor.name} has another order: {', '.join(sensor.bands)}",
            WAY_OUT,
        )
    return [((detail,) if detail else ()) + found[1:] for detail, found in zip(details, names, strict=True)]


def _split_details(name: str) -> tuple[str, str]:
    """`Band 1 (490 nm)` as its two parts."""
    front, opening, rest = name.partition("(")
    return (front.strip(), rest.removesuffix(")")) if opening and rest.endswith(")") else (name, "")


def _by_name(
    quantities: Sequence[Quantity],
    names: Sequence[tuple[str, ...]],
    sensor: SensorSpec,
    file: str,
    what: str = "names",
) -> BandMatch | None:
    """The bands that names tell; None where they tell none."""
    spellings = BandSpellings.of(sensor)
    candidates: dict[str, list[tuple[int, int, str]]] = {}
    unknown, nameless = [], []
    for position, found in enumerate(names):
        means = [(answer, name) for name in found if (answer := spellings.find(name)) is not None]
        if means:
            (rank, band), name = min(means, key=lambda item: item[0][0])
            candidates.setdefault(band, []).append((rank, position, name))
        elif found:
            unknown.append(found[0])
        elif not (quantities[position].is_alpha and what == "names"):
            nameless.append(position)
    if not candidates:
        return None
    chosen: dict[int, tuple[int, int, str]] = {}
    for band, those in candidates.items():
        best = [item for item in those if item[0] == min(rank for rank, _, _ in those)]
        if len(best) > 1:
            raise DataError(
                f"{file} has {len(best)} bands that mean {band} of {sensor.name}: "
                f"{listed([f'{name!r} (band {position + 1})' for _, position, name in best])}",
                f"choose one of them: {WAY_OUT}",
            )
        chosen[sensor.bands.index(band)] = best[0]
    filled = _fill_up(quantities, chosen, nameless, sensor, file)
    found_all = {channel: quantities[position] for channel, (_, position, _) in chosen.items()} | filled
    note = _said(chosen, filled, sensor, what)
    # Files of several variables hold those of several sensors.
    if unknown and len({item.source for item in quantities}) == 1:
        note = "; ".join(filter(None, (note.removesuffix(", in"), f"left aside: {_few(unknown)}"))) + ", in"
    return BandMatch(found=dict(sorted(found_all.items())), note=note, unknown=tuple(unknown))


def _fill_up(
    quantities: Sequence[Quantity],
    chosen: dict[int, tuple[int, int, str]],
    nameless: Sequence[int],
    sensor: SensorSpec,
    file: str,
) -> dict[int, Quantity]:
    """Bands without a name beside others with one, where only one can be meant or all stand in their own place."""
    lacking = [channel for channel in range(len(sensor.bands)) if channel not in chosen]
    if not lacking or not nameless:
        return {}
    in_place = all(position == channel for channel, (_, position, _) in chosen.items())
    fits = len(quantities) == len(sensor.bands) and len(lacking) == len(nameless)
    if fits and (in_place or len(lacking) == 1):
        return {channel: quantities[position] for channel, position in zip(lacking, nameless, strict=True)}
    if all(quantities[position].is_alpha for position in nameless):
        return {}
    raise DataError(
        f"{file} names only some of its bands ({_few([name for _, _, name in chosen.values()])}), "
        f"and the others may be any of {', '.join(sensor.bands[channel] for channel in lacking)}",
        WAY_OUT,
    )


def _said(chosen: dict[int, tuple[int, int, str]], filled: dict[int, Quantity], sensor: SensorSpec, what: str) -> str:
    others = {
        channel: name for channel, (rank, _, name) in sorted(chosen.items()) if rank >= OTHER_NAME or what == "colours"
    }
    parts = []
    if what == "file names":
        parts.append("bands by the names of their files")
    elif others:
        pairs = ", ".join(f"{sensor.bands[channel]} is {name}" for channel, name in others.items())
        parts.append(f"bands by {'the colours' if what == 'colours' else 'names'} in the file: {pairs}")
    if filled:
        parts.append(f"{listed([sensor.bands[channel] for channel in filled])} by order, having no name")
    return "; ".join(parts) + (", in" if parts else "")


def _by_order(quantities: Sequence[Quantity], sensor: SensorSpec, file: str) -> BandMatch:
    count = len(sensor.bands)
    # Writers call the fourth of four bands alpha unless they are told otherwise, infrared or not.
    taken = quantities if len(quantities) == count else [item for item in quantities if not item.is_alpha]
    if len(taken) != count:
        raise DataError(
            f"{file} has {count_of_bands(len(taken))} without names, but {sensor.name} has {count}: "
            f"{', '.join(sensor.bands)}",
            WAY_OUT,
        )
    note = f"bands by order alone ({', '.join(sensor.bands)}), as nothing names them, in" if count > 1 else ""
    return BandMatch(found=dict(enumerate(taken)), note=note)


def count_of_bands(count: int) -> str:
    """`1 band`, `2 bands`."""
    return f"{count} band{'s' * (count != 1)}"


def _few(names: Sequence[str]) -> str:
    shown = [name or "(no name)" for name in names]
    return ", ".join(shown[:20]) + (f" and {len(shown) - 20} more" if len(shown) > 20 else "")
