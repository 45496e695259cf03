"""Names of bands that stand beside the pixels: in a STAC item next to the file, or in one list in its metadata."""

import ast
import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from spacenit_data.rasters.source import file_of

LARGEST_ITEM = 1_000_000
"""Bytes; an item that describes one image is far smaller."""

_LISTS = ("eo:bands", "bands", "band_names", "bandnames", "long_name")


def names_beside(name: str, count: int) -> tuple[tuple[str, ...], ...]:
    """The names of a file's bands in the STAC item beside it: `name` and common name of each; empty without one."""
    path = file_of(name)
    if path is None:
        return ()
    folder, stem = path.parent, path.name.split(".")[0]
    stems = {path.stem, stem, path.name, folder.name, "item", "stac", "stac_item"}
    for candidate in sorted({f"{one}{end}.json" for one in stems if one for end in ("", "_stac", ".stac")}):
        for asset in _assets(folder / candidate):
            bands = asset.get("eo:bands") or asset.get("bands")
            here = str(asset.get("href", "")).replace("\\", "/").rsplit("/", 1)[-1] == path.name
            if here and isinstance(bands, list) and len(bands) == count and all(isinstance(b, dict) for b in bands):
                return tuple(_names(band) for band in bands)
    return ()


def listed_in_tags(tags: Mapping[str, str], count: int) -> tuple[str, ...]:
    """The names of all bands in one item of a file's metadata, as JSON, a tuple or with commas; empty without one."""
    for text in (tags[name] for name in _LISTS if name in tags):
        found = _parsed(text)
        if count > 1 and len(found) == count:
            return tuple(found)
    return ()


def _assets(path: Path) -> list[dict[str, Any]]:
    try:
        if not path.is_file() or path.stat().st_size > LARGEST_ITEM:
            return []
        item = json.loads(path.read_bytes())
    except (OSError, ValueError):
        return []
    assets = item.get("assets") if isinstance(item, dict) else None
    return [asset for asset in assets.values() if isinstance(asset, dict)] if isinstance(assets, dict) else []


def _names(band: Mapping[str, Any]) -> tuple[str, ...]:
    found = (band.get(key) for key in ("name", "common_name", "eo:common_name"))
    return tuple(text for text in found if isinstance(text, str))


def _parsed(text: str) -> list[str]:
    found: Any = text.split(",")
    for parse in (json.loads, ast.literal_eval):
        try:
            found = parse(text)
            break
        except (ValueError, SyntaxError):
            continue
    items = list(found) if isinstance(found, list | tuple) else []
    names = [next(iter(_names(item)), "") if isinstance(item, dict) else item for item in items]
    return [name.strip() for name in names] if all(isinstance(name, str) and name.strip() for name in names) else []
