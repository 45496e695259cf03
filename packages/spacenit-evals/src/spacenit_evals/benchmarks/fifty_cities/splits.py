"""How 50 Cities is divided: a seeded shuffle of tiles, cities or continents, as OlmoEarth has it."""

import random
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

from spacenit_core.errors import DataError
from spacenit_evals.benchmarks.dense.source import TEST, TRAIN, VALIDATION
from spacenit_evals.benchmarks.fifty_cities.config import Unit

_SHARES = (0.70, 0.15)
_SEED = 42

CITIES = {
    "Africa": "Cairo, Cape Town, Johannesburg, Kampala, Kigali, Kinshasa, Lagos, Marrakesh, Nairobi",
    "Asia": "Bangkok, Jakarta, Kuala Lumpur, Kyoto, Mecca, Mumbai, Shanghai, Wuhan",
    "Europe": "Athens, Barcelona, Berlin, Istanbul, Lugano, Matterhorn, Oslo, Reykjavik, Rome, Wolfsburg",
    "North America": "Calgary, Denver, Houston, Kansas City, Los Angeles, Mexico City, New York, Port-au-Prince, "
    "San Francisco, San Jose, Toronto",
    "Oceania": "Auckland, Melbourne, Perth, Suva, Sydney",
    "South America": "Buenos Aires, Caracas, Itaituba, Lima, Montevideo, Rio de Janeiro, Santiago",
}
"""Continent -> its cities."""

_CONTINENT = {city: continent for continent, cities in CITIES.items() for city in cities.split(", ")}


def sides_of_tiles(counts: Mapping[str, int], by: Unit) -> np.ndarray:
    """The side of each tile, int ``[n]``: tiles of one city in a row, cities in alphabetical order.

    Args:
        counts: city -> its tiles.
        by: what is shuffled.

    Raises:
        DataError: for a city of an unknown continent, or fewer than three units.
    """
    tiles = [(city, number) for city in sorted(counts) for number in range(counts[city])]
    unit_of: dict[tuple[str, int], Any] = {tile: _unit(tile, by) for tile in tiles}
    side = _dealt(sorted(set(unit_of.values())), by)
    return np.array([side[unit_of[tile]] for tile in tiles], dtype=np.int64)


def _unit(tile: tuple[str, int], by: Unit) -> Any:
    if by == "tile":
        return tile
    if by == "city":
        return tile[0]
    if tile[0] not in _CONTINENT:
        raise DataError(f"50 Cities has no city {tile[0]!r}", "name its folder as the set does, or divide by city")
    return _CONTINENT[tile[0]]


def _dealt(units: Sequence[Any], by: str) -> dict[Any, int]:
    """Unit -> side; at least one to validate on and one to test on."""
    if len(units) < 3:
        raise DataError(f"{len(units)} {by} cannot be divided into train, validation and test", "copy all of the set")
    shuffled, count = list(units), len(units)
    random.Random(_SEED).shuffle(shuffled)
    train = min(round(count * _SHARES[0]), count - 2)
    validation = max(1, min(round(count * _SHARES[1]), count - train - 1))
    sides = np.repeat((TRAIN, VALIDATION, TEST), (train, validation, count - train - validation))
    return dict(zip(shuffled, sides.tolist(), strict=True))
