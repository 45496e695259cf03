"""Cutting a sample into smaller ones, each with its own centre."""

import numpy as np
from attrs import evolve
from rasterio._err import CPLE_BaseError
from rasterio.crs import CRS
from rasterio.errors import CRSError
from rasterio.warp import transform

from spacenit_core.errors import DataError
from spacenit_data.h5.sample import Location, SampleArrays

DEGREES = CRS.from_epsg(4326)


def latlon_at(crs: str, x: float, y: float) -> np.ndarray:
    """Latitude and longitude of a point, float32 ``[2]``.

    Raises:
        DataError: for an unknown CRS, or a point outside of its area.
    """
    try:
        longitudes, latitudes = transform(CRS.from_user_input(crs), DEGREES, [x], [y])
    except CRSError as error:
        raise DataError(f"{crs!r} is not a known coordinate reference system: {error}") from error
    except CPLE_BaseError as error:
        raise DataError(f"the point {x:g}, {y:g} does not lie within {crs}: {error}") from error
    latlon = np.array([latitudes[0], longitudes[0]])
    if not (np.abs(latlon) <= (90, 180)).all():
        raise DataError(f"the point {x:g}, {y:g} does not lie within {crs}")
    return latlon.astype(np.float32)


def centre(location: Location, cells: int) -> np.ndarray:
    """Latitude and longitude of the middle of a sample of `cells` x `cells` cells, float32 ``[2]``."""
    half = cells * location.gsd / 2
    return latlon_at(location.crs, location.left + half, location.top - half)


def cut(sample: SampleArrays, cells: int, tile_size: int, gsd: float) -> list[SampleArrays]:
    """Cut a sample of `cells` x `cells` cells into those of `tile_size`, row after row.

    Arrays without a grid are the same in all of them. Centres come from the sample's location; where there is none,
    from its own centre and the cells' size.

    Args:
        sample: the arrays; series with a grid are [cells*k, cells*k, S, C].
        cells: cells along one side; a multiple of `tile_size`.
        tile_size: cells along one side of the pieces.
        gsd: metres per cell, for samples without a location.
    """
    if cells == tile_size:
        return [sample]
    count = cells // tile_size
    location = sample.location or _utm_location(sample.latlon, cells, gsd)
    pieces = []
    for row in range(count):
        for column in range(count):
            bands = {name: _block(values, row, column, count) for name, values in sample.bands.items()}
            corner, latlon = None, sample.latlon
            if location is not None:
                step = tile_size * location.gsd
                corner = evolve(location, left=location.left + column * step, top=location.top - row * step)
                latlon = centre(corner, tile_size)
            known = corner if sample.location is not None else None
            pieces.append(evolve(sample, bands=bands, latlon=latlon, location=known))
    return pieces


def _block(values: np.ndarray, row: int, column: int, count: int) -> np.ndarray:
    if values.ndim != 4:
        return values
    side = values.shape[0] // count
    return values[row * side : (row + 1) * side, column * side : (column + 1) * side]


def _utm_location(latlon: np.ndarray, cells: int, gsd: float) -> Location | None:
    """Where a sample lies if its grid is that of the UTM zone of its centre; None where the centre is unknown."""
    if not np.isfinite(latlon).all():
        return None
    latitude, longitude = (float(value) for value in latlon)
    zone = int((longitude + 180) // 6) % 60 + 1
    crs = f"EPSG:{(32600 if latitude >= 0 else 32700) + zone}"
    (x,), (y,) = transform(DEGREES, CRS.from_user_input(crs), [longitude], [latitude])
    half = cells * gsd / 2
    return Location(crs, x - half, y + half, gsd)
