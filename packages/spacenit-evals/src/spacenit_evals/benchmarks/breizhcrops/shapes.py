"""Where the parcels lie, by the shapes of their regions."""

from pathlib import Path

import numpy as np

from spacenit_core.errors import DataError, UserError
from spacenit_evals.benchmarks.breizhcrops.breizhcrops import YEAR
from spacenit_evals.benchmarks.breizhcrops.index_files import Parcels


def blocks_of(root: Path, parcels: Parcels, metres: float) -> np.ndarray | None:
    """The block of ground that each parcel's middle lies in, int ``[n]``; None where shapes of a region are not there.

    Raises:
        UserError: where the shapes are there, and pyogrio or shapely are not installed.
        DataError: where they cannot be read, or lack a parcel.
    """
    regions = dict.fromkeys(parcels.regions)
    files = {region: root / str(YEAR) / f"{region}.shp" for region in regions}
    if not all(file.is_file() for file in files.values()):
        return None
    middles = {region: _middles(file) for region, file in files.items()}
    keys: dict[tuple[int, int], int] = {}
    out = np.empty(len(parcels.labels), dtype=np.int64)
    for number, (region, ident) in enumerate(zip(parcels.regions, parcels.idents, strict=True)):
        if ident not in middles[region]:
            raise DataError(f"{files[region]} has no shape of parcel {ident}", "copy it again")
        x, y = middles[region][ident]
        out[number] = keys.setdefault((int(x // metres), int(y // metres)), len(keys))
    return out


def _middles(path: Path) -> dict[str, tuple[float, float]]:
    """Parcel -> its middle in metres."""
    try:
        import pyogrio
        import shapely
    except ImportError as error:
        raise UserError(
            f"{path.name} says where parcels lie, which needs pyogrio and shapely",
            'pip install "spacenit-evals[polygons]"',
        ) from error
    try:
        facts, _, shapes, (idents,) = pyogrio.raw.read(path, columns=["ID"])
    except (pyogrio.errors.DataSourceError, ValueError) as error:
        raise DataError(f"{path} cannot be read: {error}", "copy it again") from error
    middles = shapely.get_coordinates(shapely.centroid(shapely.from_wkb(shapes)))
    if len(middles) != len(idents) or "4326" in str(facts["crs"]):
        raise DataError(f"{path} is not in metres, or holds empty shapes", "copy it again")
    return {str(ident): (float(x), float(y)) for ident, (x, y) in zip(idents, middles, strict=True)}
