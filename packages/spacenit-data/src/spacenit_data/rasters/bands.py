"""What a raster file holds: its bands, or the variables of a file with several, each with its names and dates."""

import datetime as dt
from collections.abc import Iterator

from attrs import frozen
from rasterio.enums import ColorInterp
from rasterio.io import DatasetReader

from spacenit_core.errors import DataError
from spacenit_data.rasters.axes import Axes, unsigned_fill
from spacenit_data.rasters.listed_names import listed_in_tags, names_beside
from spacenit_data.rasters.opening import OPEN
from spacenit_data.rasters.source import quoted
from spacenit_data.rasters.virtual import source_names

_NAME_TAGS = (
    *("bandname", "band_name", "name", "netcdf_varname", "long_name", "common_name", "eo:common_name", "description"),
    *("polarization", "polarisation", "standard_name"),
)
"""Items of a band's metadata, in lower case, that hold its name, the most telling first."""

_COLORS = frozenset({"red", "green", "blue", "nir", "coastal", "rededge", "pan"})
"""Colour interpretations that name a band."""


@frozen(kw_only=True)
class Quantity:
    """One band of a file, or one variable with a band per date.

    Attributes:
        source: what GDAL opens to read it.
        names: what the file calls it, the most telling first.
        color: the colour that it is to be shown in; empty where the file says none.
        is_alpha: whether the file says that it holds transparency.
        steps: the numbers of its bands in `source`, from 1, each with its day (None without a time axis).
        file: the file that holds this band and no other; empty where there are others in it.
        nodata: what marks missing pixels where GDAL reports another number; None where GDAL is right.
    """

    source: str
    names: tuple[str, ...]
    color: str
    is_alpha: bool
    steps: tuple[tuple[int, dt.date | None], ...]
    file: str = ""
    nodata: float | None = None


def quantities_of(name: str) -> list[Quantity]:
    """All that a file holds, in its order.

    Raises:
        DataError: if it cannot be read, or is a container of things that are no rasters.
    """
    with OPEN.get(name) as file:
        if file.count:
            return list(_in_dataset(name, file))
        parts = [quoted(part) for part in file.subdatasets]
    if not parts:
        raise DataError(f"{name} holds no bands", "give a raster")
    found: list[Quantity] = []
    for part in parts:
        with OPEN.get(part) as file:
            found += _in_dataset(part, file) if file.count else ()
    if not found:
        raise DataError(f"{name} holds no images: its variables are empty", "give a raster")
    return found


def _in_dataset(source: str, file: DatasetReader) -> Iterator[Quantity]:
    tags = [file.tags(number) for number in file.indexes]
    lower = [{key.lower(): text for key, text in items.items()} for items in tags]
    axes = Axes.of(file.tags(), tags)
    beside = () if axes.time else names_beside(source, file.count)
    of_all = {key: text for key, text in lower[0].items() if all(items.get(key) == text for items in lower)}
    listed = () if axes.time else listed_in_tags({**of_all, **file.tags()}, file.count)
    for place, numbers in axes.groups():
        first = numbers[0]
        within, alone = source_names(file, first)
        names = [
            file.descriptions[first - 1] or "",
            within,
            *place,
            *(lower[first - 1].get(tag, "") for tag in _NAME_TAGS),
        ]
        names += [*listed[first - 1 : first], *(name for band in beside[first - 1 : first] for name in band)]
        names += [f"{text} um" for text in [file.tags(first, ns="IMAGERY").get("CENTRAL_WAVELENGTH_UM")] if text]
        role = file.colorinterp[first - 1]
        try:
            steps = tuple((number, axes.day(number)) for number in numbers)
        except DataError as error:
            raise DataError(f"{source}: {error.message}", error.hint) from error
        yield Quantity(
            source=source,
            names=tuple(dict.fromkeys(text.strip() for text in names if text.strip())),
            color=role.name if role.name in _COLORS else "",
            is_alpha=role == ColorInterp.alpha,
            steps=steps,
            file=alone or (source if file.count == 1 else ""),
            nodata=unsigned_fill(file, tags[first - 1]),
        )
