"""In which order a raster of the raw layout holds its bands: date by date, by name where it names them."""

from collections.abc import Sequence

from attrs import Factory, evolve, frozen

from spacenit_core.errors import DataError
from spacenit_core.sensors.naming import BandNaming
from spacenit_core.sensors.spec import BandGroup, SensorSpec
from spacenit_data.rasters.bands import Quantity
from spacenit_data.rasters.matching import match_bands
from spacenit_data.rasters.spellings import BandSpellings, only_counts

_WAY_OUT = "write the bands of each date one after the other, or leave out their names where they are wrong"


@frozen
class BandOrder:
    """Where a raster holds what a sensor's arrays hold.

    Attributes:
        positions: for each date and band of a group, in the sensor's order, the position of the raster's band, from 0.
        notes: kind of note -> what the user should know.
    """

    positions: tuple[int, ...]
    notes: dict[str, str] = Factory(dict)


def order_of_bands(names: Sequence[str | None], spec: SensorSpec, group: BandGroup, path: str) -> BandOrder:
    """Find the order of a raster's bands. Without names they are in the sensor's order, as the layout says.

    Args:
        names: what the raster calls its bands; as many per date as the group has.
        spec: the sensor.
        group: the group that the raster holds.
        path: the raster, for messages.

    Raises:
        DataError: for names that are not those of the group.
    """
    stated = [name or "" for name in names]
    count, own = len(group.bands), tuple(range(len(stated)))
    part = _part(spec, group)
    alike = len(set(stated)) == 1 and BandSpellings.of(part).find(stated[0]) is None
    if count > 1 and (not any(stated) or alike or only_counts(stated)):
        return BandOrder(own, {"order": "bands by order alone, as nothing names them"})
    chunks = [range(first, first + count) for first in range(0, len(stated), count)]
    positions = tuple(position for chunk in chunks for position in _by_name(stated, chunk, part, path))
    return BandOrder(
        positions, {} if positions == own else {"names": "bands by their names, which are in another order"}
    )


def _part(spec: SensorSpec, group: BandGroup) -> SensorSpec:
    """The sensor with one of its groups alone."""
    naming = BandNaming(
        others={band: names for band, names in spec.naming.others.items() if band in group.bands},
        nanometres={band: length for band, length in spec.naming.nanometres.items() if band in group.bands},
        around=spec.naming.around,
    )
    return evolve(spec, band_groups=(group,), regrouped=None, naming=naming)


def _by_name(stated: Sequence[str], chunk: range, part: SensorSpec, path: str) -> list[int]:
    """The positions of one date's bands."""
    bands = [
        Quantity(
            source=path,
            names=(stated[position],) if stated[position] else (),
            color="",
            is_alpha=False,
            steps=((position, None),),
        )
        for position in chunk
    ]
    try:
        found = match_bands(bands, part, path).found
    except DataError as error:
        raise DataError(error.message, _WAY_OUT) from error
    if len(found) < len(part.bands):
        raise DataError(
            f"{path} holds {', '.join(part.bands)} by the raw layout, but calls its bands {chunk.start + 1} to "
            f"{chunk.stop} {', '.join(stated[position] for position in chunk)}",
            _WAY_OUT,
        )
    return [found[channel].steps[0][0] for channel in range(len(part.bands))]
