"""What the class codes of a raster are called: by the file itself, or by a file beside it."""

import json
import re
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

from rasterio.io import DatasetReader

Names = dict[int, str]
"""Code -> name."""

_TAGS = re.compile(r"(legend|class(es|_?names?|ification)?|categor(y|ies)(_?names?)?|labels?)", re.IGNORECASE)
_ENTRY = re.compile(r"\s*(-?\d+)\s*[:=,;\t -]\s*(\S.*?)\s*")
_NAME_COLUMNS = ("class_name", "classname", "class_names", "name", "label", "class", "category", "description")
_CODE_COLUMNS = ("value", "code", "class_value", "classvalue", "class", "id")


def class_names(file: DatasetReader, band: int) -> Names:
    """The names of the codes of a band, as far as there are any.

    Looked for, the first that is found counts: categories and attribute tables (in a VRT, or in ``.aux.xml`` beside the
    file), tags such as ``legend``, a netCDF's ``flag_values`` and ``flag_meanings``, the styles ``.qml`` and ``.clr``
    of QGIS and GRASS beside the file. Colours of a palette stand in for what has no name.

    Args:
        file: the raster.
        band: the band's number.
    """
    path = Path(file.name)
    named = (
        _of_xml(_texts(path, ".aux.xml") + file.tags(ns="xml:VRT").get("xml:VRT", ""), band)
        or _of_tags(file.tags(band) or {})
        or _of_tags(file.tags() or {})
        or _of_flags(file.tags(band))
        or _of_style(_texts(path, ".qml"))
        or _of_lines(_texts(path, ".clr"), colours=True)
    )
    return _palette(file, band) | named


def is_colour(name: str) -> bool:
    """Whether a name is but the colour that a palette gives to a code."""
    return re.fullmatch("#[0-9a-f]{6}", name) is not None


def _palette(file: DatasetReader, band: int) -> Names:
    try:
        colours = file.colormap(band)
    except ValueError:
        return {}
    return {code: "#{:02x}{:02x}{:02x}".format(*colour[:3]) for code, colour in colours.items()}


def _texts(path: Path, suffix: str) -> str:
    """What stands in the file beside another that is called like it, with the suffix behind or in place of its own."""
    for beside in (path.with_name(path.name + suffix), path.with_suffix(suffix)):
        if path.name and beside.is_file():
            return beside.read_text(encoding="utf-8", errors="replace")
    return ""


def _tree(text: str) -> ElementTree.Element | None:
    # An entity could stand for itself a billion times; no writer of these files declares any.
    if not text or "<!ENTITY" in text:
        return None
    try:
        return ElementTree.fromstring(text)
    except ElementTree.ParseError:
        return None


def _of_xml(text: str, band: int) -> Names:
    """Categories, or an attribute table, of a band."""
    root = _tree(text)
    if root is None:
        return {}
    bands = [*root.iter("PAMRasterBand"), *root.iter("VRTRasterBand")]
    own = next((part for part in bands if int(part.get("band", "1")) == band), root)
    table = own.find("GDALRasterAttributeTable")
    names = {} if table is None else _of_table(table)
    if names:
        return names
    listed = [(category.text or "").strip() for category in own.findall("CategoryNames/Category")]
    return {code: name for code, name in enumerate(listed) if name}


def _of_table(table: ElementTree.Element) -> Names:
    fields = [
        ((field.findtext("Name") or "").strip().lower(), field.findtext("Usage") or "")
        for field in table.findall("FieldDefn")
    ]
    # GDAL's numbers: 2 is the name, 5 the value, 3 the lowest value of a class.
    name = _column(fields, ("2",), _NAME_COLUMNS)
    code = _column(fields, ("5", "3"), _CODE_COLUMNS)
    if name is None:
        return {}
    out = {}
    for number, row in enumerate(table.findall("Row")):
        cells = [(cell.text or "").strip() for cell in row.findall("F")]
        try:
            out[number if code is None else int(float(cells[code]))] = cells[name]
        except (ValueError, IndexError):
            return {}
    return {value: text for value, text in out.items() if text}


def _column(fields: list[tuple[str, str]], usages: tuple[str, ...], names: tuple[str, ...]) -> int | None:
    found: list[Callable[[tuple[str, str]], bool]] = [
        *(lambda field, usage=usage: field[1] == usage for usage in usages),
        *(lambda field, name=name: field[0] == name for name in names),
    ]
    return next((n for fits in found for n, field in enumerate(fields) if fits(field)), None)


def _of_tags(tags: dict[str, str]) -> Names:
    for key, text in tags.items():
        if _TAGS.fullmatch(key):
            names = _of_json(text) or _of_lines(text)
            if names:
                return names
    return {}


def _of_flags(tags: dict[str, str]) -> Names:
    """The CF conventions' two lists."""
    codes = re.findall(r"-?\d+", tags.get("flag_values", ""))
    words = tags.get("flag_meanings", "").split()
    return dict(zip(map(int, codes), words, strict=True)) if len(codes) == len(words) else {}


def _of_json(text: str) -> Names:
    try:
        content = json.loads(text)
        if isinstance(content, list):
            return {int(entry["value"]): str(entry["name"]) for entry in content}
        return {int(code): str(name) for code, name in content.items()}
    except (ValueError, KeyError, TypeError, AttributeError):
        return {}


def _of_lines(text: str, *, colours: bool = False) -> Names:
    """Lines of code and name; with `colours`, of code, three or four colours and name."""
    out = {}
    for line in re.split(r"[\n|]", text):
        if not line.strip() or line.lstrip().startswith("#"):
            continue
        entry = _ENTRY.fullmatch(re.sub(r"^(\s*-?\d+)(\s+\d+){3,4}", r"\1", line) if colours else line)
        if entry is None:
            return {}
        out[int(entry[1])] = entry[2]
    return out


def _of_style(text: str) -> Names:
    root = _tree(re.sub(r"<!DOCTYPE[^>]*>", "", text))
    entries = [] if root is None else [*root.iter("paletteEntry")]
    try:
        return {int(float(entry.get("value", ""))): entry.get("label", "") for entry in entries if entry.get("label")}
    except ValueError:
        return {}
