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
"""Files of a folder up to which all are looked at; in larger ones an item is found by its name alone."""


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
    for place in _items_near(path):
        item = _item(place) or {}
        for asset in item.get("assets", {}).values():
            if isinstance(asset, dict) and _basename(asset.get("href")) == path.name:
                return _of_asset(place, {**item.get("properties", {}), **asset}, asset)
    return None


def _of_asset(place: Path, properties: dict[str, Any], asset: dict[str, Any]) -> StacFile:
    def listed(key: str) -> list[dict[str, Any]]:
        bands = asset.get(key)
        return [band for band in bands if isinstance(band, dict)] if isinstance(bands, list) else []

    numbers = listed("raster:bands") or listed("bands") or [asset]
    return StacFile(
        path=place,
        properties=properties,
        scales=_numbers(numbers, "scale"),
        offsets=_numbers(numbers, "offset"),
    )


@lru_cache(maxsize=256)
def _product(path: Path) -> ProductMetadata | None:
    try:
        return _parsed(path) if path.stat().st_size <= LARGEST else None
    except (OSError, ElementTree.ParseError, ValueError):
        return None


def _parsed(path: Path) -> ProductMetadata | None:
    root = ElementTree.parse(path).getroot()
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


def _items_near(path: Path) -> tuple[Path, ...]:
    """Files beside a raster that may be its STAC item, the likeliest first."""
    folder = path.parent
    stems = (path.stem, path.name.split(".")[0], path.name, folder.resolve().name, "item", "stac", "stac_item")
    likely = [folder / f"{stem}{end}.json" for stem in stems for end in ("", "_stac", ".stac")]
    everything = _all_json(folder)
    there = set(everything)
    named = tuple(dict.fromkeys(candidate for candidate in likely if candidate in there))
    return named if len(everything) > _MOST_ITEMS else (*named, *(path for path in everything if path not in named))


@lru_cache(maxsize=64)
def _all_json(folder: Path) -> tuple[Path, ...]:
    return tuple(sorted(folder.glob("*.json")))


@lru_cache(maxsize=512)
def _item(path: Path) -> dict[str, Any] | None:
    """The STAC item in a file; None where it is none."""
    try:
        item = json.loads(path.read_bytes()) if path.stat().st_size <= LARGEST else None
    except (OSError, ValueError):
        return None
    return item if isinstance(item, dict) and isinstance(item.get("assets"), dict) else None


def _basename(href: Any) -> str:
    return str(href or "").split("?")[0].replace("\\", "/").rsplit("/", 1)[-1]


def _numbers(bands: list[dict[str, Any]], key: str) -> tuple[float, ...]:
    """A number of each band; empty where one of them does not say it."""
    found = [band.get(key, band.get(f"raster:{key}")) for band in bands]
    return tuple(map(float, found)) if found and all(isinstance(value, int | float) for value in found) else ()  # type: ignore[arg-type]
