"""Files beside a raster that say what its numbers mean: Sentinel-2's product metadata, and STAC items."""

import datetime as dt
import json
import re
from functools import lru_cache
from pathlib import Path
from typing import Any
from xml.etree import ElementTree

from attrs import frozen

from spacenit_data.rasters.source import file_of

LARGEST = 8_000_000
"""Bytes; what describes one image is smaller."""

_LEVELS = 5
"""Folders from an image of a SAFE product up to its metadata."""

_BANDS = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B10", "B11", "B12")
"""Sentinel-2's bands in the order of their numbers in product metadata."""

_MOST_ITEMS = 200


@frozen(kw_only=True)
class ProductMetadata:
    """What the metadata of a Sentinel-2 product say.

    Attributes:
        path: the file.
        day: of the image; None where it does not say.
        offsets: band -> number to add to stored ones; empty before processing baseline 04.00.
        quantification: stored numbers per reflectance of 1.
    """

    path: Path
    day: dt.date | None
    offsets: dict[str, float]
    quantification: float


@frozen(kw_only=True)
class StacFile:
    """What a STAC item says of one file.

    Attributes:
        path: the item.
        properties: of the item, and over them those of the asset that is the file.
        scales: one per band, where it says so.
        offsets: likewise.
    """

    path: Path
    properties: dict[str, Any]
    scales: tuple[float, ...] = ()
    offsets: tuple[float, ...] = ()

    def value(self, name: str) -> Any:
        """The property of a name, whatever extension it belongs to; None without one."""
        return next((value for key, value in self.properties.items() if key.rpartition(":")[2] == name), None)


def product_metadata(name: str) -> ProductMetadata | None:
    """The metadata of the Sentinel-2 product that a file is part of; None without any."""
    path = file_of(name)
    if path is None:
        return None
    if path.suffix == ".xml":
        return _product(path)
    folders = [path.parent, *path.resolve().parents[1:_LEVELS]]
    for number, folder in enumerate(folders):
        # Above its own folder, an image is part of a product only where the product is laid out as ESA does.
        if number and "GRANULE" not in path.resolve().parts:
            break
        for candidate in sorted(folder.glob("MTD_MSIL*.xml")):
            return _product(candidate)
    for candidate in (path.with_suffix(".xml"), path.with_name(f"{path.stem}_MTD.xml")):
        if candidate.is_file():
            return _product(candidate)
    return None


def stac_file(name: str) -> StacFile | None:
    """What the STAC item beside a file says of it; None without one."""
    path = file_of(name)
    if path is None:
        return None
    for place, item in _items(path.parent):
        for asset in item["assets"].values():
            if isinstance(asset, dict) and _basename(asset.get("href")) == path.name:
                bands = asset.get("raster:bands") or asset.get("bands") or [asset]
                known = [band for band in bands if isinstance(band, dict)] if isinstance(bands, list) else []
                return StacFile(
                    path=place,
                    properties={**item.get("properties", {}), **asset},
                    scales=_numbers(known, "scale"),
                    offsets=_numbers(known, "offset"),
                )
    return None


@lru_cache(maxsize=256)
def _product(path: Path) -> ProductMetadata | None:
    try:
        if path.stat().st_size > LARGEST:
            return None
        root = ElementTree.parse(path).getroot()
    except (OSError, ElementTree.ParseError):
        return None
    texts: dict[str, str] = {}
    offsets: dict[str, float] = {}
    for element in root.iter():
        tag, text = element.tag.rpartition("}")[2], (element.text or "").strip()
        texts.setdefault(tag, text)
        if re.fullmatch(r"(BOA|RADIO)_ADD_OFFSET", tag):
            offsets[_BANDS[int(element.get("band_id", 0)) % len(_BANDS)]] = float(text)
    quantification = texts.get("BOA_QUANTIFICATION_VALUE") or texts.get("QUANTIFICATION_VALUE")
    if quantification is None:
        return None
    start = re.match(r"\d{4}-\d\d-\d\d", texts.get("PRODUCT_START_TIME", ""))
    day = dt.date.fromisoformat(start[0]) if start else None
    return ProductMetadata(path=path, day=day, offsets=offsets, quantification=float(quantification))


@lru_cache(maxsize=64)
def _items(folder: Path) -> tuple[tuple[Path, dict[str, Any]], ...]:
    """The STAC items of a folder."""
    found = []
    for path in sorted(folder.glob("*.json"))[:_MOST_ITEMS]:
        try:
            item = json.loads(path.read_bytes()) if path.stat().st_size <= LARGEST else None
        except (OSError, ValueError):
            continue
        if isinstance(item, dict) and isinstance(item.get("assets"), dict):
            found.append((path, item))
    return tuple(found)


def _basename(href: Any) -> str:
    return str(href or "").split("?")[0].replace("\\", "/").rsplit("/", 1)[-1]


def _numbers(bands: list[dict[str, Any]], key: str) -> tuple[float, ...]:
    """A number of each band; empty where one of them does not say it."""
    found = [band.get(key, band.get(f"raster:{key}")) for band in bands]
    return tuple(map(float, found)) if found and all(isinstance(value, int | float) for value in found) else ()  # type: ignore[arg-type]
