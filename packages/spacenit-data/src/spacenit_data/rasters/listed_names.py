"""Names of bands that stand in one list: in the STAC item beside a file, or in one item of its metadata."""

import ast
import json
from collections.abc import Mapping
from typing import Any

from spacenit_data.rasters.sidecars import stac_file

_LISTS = ("eo:bands", "bands", "band_names", "bandnames", "long_name")


def names_beside(name: str, count: int) -> tuple[tuple[str, ...], ...]:
    """The names of a file's bands in the STAC item beside it: what it calls each; empty without one."""
    item = stac_file(name)
    for key in ("eo:bands", "bands"):
        bands = None if item is None else item.properties.get(key)
        if isinstance(bands, list) and len(bands) == count and all(isinstance(band, dict) for band in bands):
            return tuple(_names(band) for band in bands)
    return ()


def listed_in_tags(tags: Mapping[str, str], count: int) -> tuple[str, ...]:
    """The names of all bands in one item of a file's metadata, as JSON, a tuple or with commas; empty without one."""
    for text in (tags[name] for name in _LISTS if name in tags):
        found = _parsed(text)
        if count > 1 and len(found) == count:
            return tuple(found)
    return ()


def _names(band: Mapping[str, Any]) -> tuple[str, ...]:
    found = [band.get(key) for key in ("name", "common_name", "eo:common_name", "description")]
    found += [f"{band[key]} um" for key in ("center_wavelength", "eo:center_wavelength") if key in band]
    return tuple(text for text in found if isinstance(text, str))


def _parsed(text: str) -> list[str]:
    found: Any = text.strip("{}").split(",")
    for parse in (json.loads, ast.literal_eval):
        try:
            found = parse(text)
            break
        except (ValueError, SyntaxError):
            continue
    items = list(found) if isinstance(found, list | tuple) else []
    names = [next(iter(_names(item)), "") if isinstance(item, dict) else item for item in items]
    return [name.strip() for name in names] if all(isinstance(name, str) and name.strip() for name in names) else []
