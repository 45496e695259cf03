"""What a person says about the bands of a file, and how it fits with what the file says."""

from collections.abc import Sequence
from pathlib import PurePath

from spacenit_core.errors import UserError
from spacenit_core.sensors.spec import SensorSpec
from spacenit_core.text import did_you_mean
from spacenit_data.rasters.bands import Quantity
from spacenit_data.rasters.matching import BandMatch, count_of_bands
from spacenit_data.rasters.spellings import BandSpellings

SKIPPED = ("", "-")
"""What stands for a band to leave out."""


def band_named(name: str, sensor: SensorSpec, origin: str) -> int:
    """The channel of a band that a person names, in any spelling.

    Raises:
        UserError: where the sensor has no such band.
    """
    found = BandSpellings.of(sensor).find(name)
    if found is not None:
        return sensor.bands.index(found[1])
    question = did_you_mean(name, sensor.bands)
    raise UserError(
        f"{origin}: {sensor.name} has no band {name!r}",
        f"{question}{' ' * bool(question)}its bands are {', '.join(sensor.bands)}",
    )


def called(quantities: Sequence[Quantity], channel: int, sensor: SensorSpec) -> list[Quantity]:
    """Those of a file's bands that are called like one of the sensor's, the surest only."""
    spellings = BandSpellings.of(sensor)
    ranks: dict[int, list[Quantity]] = {}
    for quantity in quantities:
        answers = [answer for name in quantity.names if (answer := spellings.find(name)) is not None]
        if answers and min(answers)[1] == sensor.bands[channel]:
            ranks.setdefault(min(answers)[0], []).append(quantity)
    return ranks[min(ranks)] if ranks else []


def contradiction(quantity: Quantity, channel: int, sensor: SensorSpec) -> str:
    """A note where a band that was given by hand is called like another of the sensor's bands; else empty."""
    other = _other_band(quantity, channel, sensor)
    if other is None:
        return ""
    return f"taken as {sensor.bands[channel]} as asked, though it is called {other[1]!r}: a band of"


def _other_band(quantity: Quantity, channel: int, sensor: SensorSpec) -> tuple[str, str] | None:
    """Another band of the sensor that a band, or else its file, is called like, and that name; None without one."""
    spellings = BandSpellings.of(sensor)
    for name in quantity.names or (PurePath(quantity.file).stem,):
        answer = spellings.find(name)
        if answer is not None:
            return None if answer[1] == sensor.bands[channel] else (answer[1], name)
    return None


def bands_as_given(quantities: Sequence[Quantity], names: Sequence[str], sensor: SensorSpec, file: str) -> BandMatch:
    """The bands of a file whose names a person says, in the file's order.

    Raises:
        UserError: for names that do not fit the file or the sensor.
    """
    if len(names) != len(quantities):
        raise UserError(
            f"{file} has {count_of_bands(len(quantities))}, but --bands names {len(names)}: {','.join(names)}",
            "name each of them, with - for those to leave out",
        )
    found: dict[int, Quantity] = {}
    for name, quantity in zip(names, quantities, strict=True):
        if name in SKIPPED:
            continue
        channel = band_named(name, sensor, "--bands")
        if channel in found:
            raise UserError(f"--bands names {sensor.bands[channel]} twice", "name each band once")
        found[channel] = quantity
    if not found:
        raise UserError(f"--bands leaves out all of {file}", "leave the file out, or name the bands to read")
    other = [
        f"{sensor.bands[channel]} is called {answer[1]!r}"
        for channel, quantity in found.items()
        if (answer := _other_band(quantity, channel, sensor)) is not None
    ]
    note = f"bands as --bands says, though {', '.join(other)} in" if other else ""
    return BandMatch(found=dict(sorted(found.items())), note=note)
