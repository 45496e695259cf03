"""Labels that are polygons or points of a vector file (GeoPackage, GeoJSON ...), drawn on the grid of each sample."""

import re
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
from attrs import frozen
from rasterio import Affine
from rasterio.crs import CRS
from rasterio.features import rasterize

from spacenit_core.environment import install_line
from spacenit_core.errors import DataError, UserError
from spacenit_core.text import did_you_mean
from spacenit_data.tile.grid import project
from spacenit_evals.labels.cells import Choice, Gathered, Reading
from spacenit_evals.labels.locations import SampleLocations
from spacenit_evals.labels.rasters import check_crs

_VECTOR = re.compile(r"(.+\.(?:gpkg|geojson|json|shp|fgb))(?::(.+))?", re.IGNORECASE)

_MANY = 20_000
"""Shapes in memory at a time."""

# Straight edges are bent in another reference system; pieces of this length are not, to a centimetre or so.
_EDGE_METRES, _EDGE_DEGREES = 500.0, 0.005

_DRAWABLE = ("Point", "MultiPoint", "Polygon", "MultiPolygon")


def is_vector(path: str) -> bool:
    """Whether a name is that of a vector file, as far as its ending tells."""
    return _VECTOR.fullmatch(path) is not None


@frozen(kw_only=True)
class PolygonLabels:
    """One layer of a vector file.

    Attributes:
        path: the file; behind a colon the layer, where it has several.
        choice: which labels are asked for.
    """

    path: str
    choice: Choice

    def read(self, locations: SampleLocations, tile_size: int, gathered: Gathered) -> Reading:
        """Find the cells of samples whose middles lie in polygons, and those that points lie in.

        Cells that polygons of several classes share get a label of each. Where samples overlap, ground belongs to the
        one in which it lies farthest from the border.

        Raises:
            UserError: if the file is absent, does not say by itself which layer and attribute is meant, holds lines, or
                nothing is installed that reads it.
            DataError: if it cannot be read, or does not say where it lies.
        """
        pyogrio, shapely = _libraries(self.path)
        match = _VECTOR.fullmatch(self.path)
        assert match is not None
        if not Path(match[1]).exists():
            raise UserError(f"there is no file {match[1]}", "--labels takes a raster of class codes, or polygons")
        try:
            layer = match[2] or _only_layer(pyogrio, match[1])
            info = pyogrio.read_info(match[1], layer=layer)
            attribute = self._attribute([str(name) for name in info["fields"]])
            check_crs(self.path, CRS.from_user_input(info["crs"]) if info["crs"] else None, "ogr2ogr -a_srs")
            crs = CRS.from_user_input(info["crs"])
            numbers, boxes = _within(locations.all_turns(crs, tile_size), info["total_bounds"])
            shapes: dict[int, list[tuple[Any, Any]]] = {}
            for geometries, values in _chunks(pyogrio, shapely, match[1], layer, attribute, boxes):
                self._check_drawable(shapely, geometries)
                for location, shape, value in _of_samples(shapely, geometries, values, boxes, crs, locations, numbers):
                    shapes.setdefault(location, []).append((shape, value))
        except pyogrio.errors.DataLayerError as error:
            known = ", ".join(str(name) for name, _ in pyogrio.list_layers(match[1]))
            raise UserError(f"{self.path} cannot be read: {error}", f"its layers are {known}") from error
        except (pyogrio.errors.DataSourceError, shapely.errors.ShapelyError) as error:
            raise DataError(f"{self.path} cannot be read: {error}", "copy the file again, or make it anew") from error
        codes, names = _codes(self.path, [value for group in shapes.values() for _, value in group])
        ignored = self.choice.ignored(names, worded=bool(names))
        overlaps = _overlaps(shapely, numbers, boxes)
        for location, group in sorted(shapes.items()):
            coded = [(shape, codes[value]) for shape, value in group]
            gathered.add(*_drawn(location, coded, ignored, overlaps[location], locations, tile_size))
        return Reading(
            cells=gathered.cells,
            found=gathered.found,
            given=frozenset(gathered.codes),
            names=names,
            seen=frozenset(codes.values()),
            ignored=frozenset(ignored),
            worded=bool(names),
        )

    def _attribute(self, known: list[str]) -> str:
        if self.choice.attribute is None:
            if len(known) == 1:
                return known[0]
            raise UserError(
                f"{self.path} has {len(known)} attributes" + f": {', '.join(known)}" * bool(known),
                "say with --class-attribute which one holds the class" if known else "give the shapes a class",
            )
        if self.choice.attribute not in known:
            question = did_you_mean(self.choice.attribute, known) or f"it has {', '.join(known) or 'none'}"
            raise UserError(f"{self.path} has no attribute {self.choice.attribute!r}", question)
        return self.choice.attribute

    def _check_drawable(self, shapely: ModuleType, geometries: np.ndarray) -> None:
        kinds = {shapely.GeometryType(kind).name.title() for kind in np.unique(shapely.get_type_id(geometries))}
        known = {name.upper() for name in _DRAWABLE}
        strange = sorted(kind for kind in kinds if kind.upper() not in known)
        if strange:
            raise UserError(f"{self.path} holds shapes of the kind {strange[0]}", "give polygons or points")


def _libraries(path: str) -> tuple[ModuleType, ModuleType]:
    try:
        import pyogrio
        import shapely
    except ImportError:
        raise UserError(
            f"{path} holds polygons, and nothing is installed that reads them",
            f"{install_line('spacenit-evals[polygons]')} (pyogrio and shapely), or give a raster",
        ) from None
    return pyogrio, shapely


def _only_layer(pyogrio: ModuleType, path: str) -> str:
    layers = [str(name) for name, kind in pyogrio.list_layers(path) if kind is not None]
    if len(layers) != 1:
        raise UserError(
            f"{path} has {len(layers)} layers with shapes" + f": {', '.join(layers)}" * bool(layers),
            f"choose one: --labels {path}:{layers[0]}" if layers else "give a file of polygons",
        )
    return layers[0]


def _chunks(
    pyogrio: ModuleType, shapely: ModuleType, path: str, layer: str, attribute: str, boxes: np.ndarray
) -> Iterator[tuple[np.ndarray, np.ndarray]]:
    """Shapes near the samples, with the values of their attribute."""
    if not len(boxes):
        return
    box = (*boxes[:, :2].min(axis=0).tolist(), *boxes[:, 2:].max(axis=0).tolist())
    for skip in range(0, 1 << 62, _MANY):
        _, _, wkb, (values,) = pyogrio.raw.read(
            path, layer=layer, columns=[attribute], bbox=box, skip_features=skip, max_features=_MANY, force_2d=True
        )
        if any(isinstance(value, list | np.ndarray) for value in values):
            raise UserError(f"{path}: the attribute {attribute} holds lists", "choose another with --class-attribute")
        geometries = shapely.from_wkb(wkb)
        there = ~(shapely.is_missing(geometries) | shapely.is_empty(geometries))
        there &= np.array([_is_given(value) for value in values], dtype=bool)
        yield geometries[there], values[there]
        if len(wkb) < _MANY:
            return


def _is_given(value: Any) -> bool:
    """Whether an attribute holds something: not NULL, NaN, or text without a word."""
    return value is not None and value == value and not (isinstance(value, str) and not value.strip())


def _within(turns: tuple[np.ndarray, np.ndarray], bounds: Any) -> tuple[np.ndarray, np.ndarray]:
    """Those of some locations and boxes that reach into what a layer covers, where it says so."""
    numbers, boxes = turns
    if bounds is None or not np.isfinite(bounds).all():
        return turns
    west, south, east, north = bounds
    near = (boxes[:, 0] <= east) & (boxes[:, 2] >= west) & (boxes[:, 1] <= north) & (boxes[:, 3] >= south)
    return numbers[near], boxes[near]


def _of_samples(
    shapely: ModuleType,
    geometries: np.ndarray,
    values: np.ndarray,
    boxes: np.ndarray,
    crs: CRS,
    locations: SampleLocations,
    numbers: np.ndarray,
) -> Iterator[tuple[int, Any, Any]]:
    """What lies in each sample, in its reference system: the index of its location, shapes and values."""
    broken = ~shapely.is_valid(geometries)
    # What has no area is no ground: a spike would be drawn as a line of cells.
    geometries[broken] = shapely.make_valid(geometries[broken], method="structure", keep_collapsed=False)
    near, shape = shapely.STRtree(geometries).query(shapely.box(*boxes.T))
    edge = _EDGE_DEGREES if crs.is_geographic else _EDGE_METRES
    for box, number in zip(near.tolist(), shape.tolist(), strict=True):
        part = shapely.clip_by_rect(geometries[number], *boxes[box])
        if shapely.is_empty(part):
            continue
        location = int(numbers[box])
        system = locations.systems[str(locations.crs[location])]
        if system != crs:
            part = shapely.transform(
                shapely.segmentize(part, edge),
                lambda xy, to=system: np.stack(project(crs, to, xy[:, 0], xy[:, 1]), axis=1),
            )
        yield location, part, values[number]


def _codes(path: str, values: list[Any]) -> tuple[dict[Any, int], dict[int, str]]:
    """The code of each value, and the names of codes where the values are words."""
    distinct = set(values)
    numbers = _numbers(distinct)
    if numbers is None:
        words = sorted({str(value).strip() for value in distinct})
        numbered = {word: code for code, word in enumerate(words, start=1)}
        return {value: numbered[str(value).strip()] for value in distinct}, {
            code: word for word, code in numbered.items()
        }
    if any(number != round(number) for number in numbers.values()):
        raise UserError(f"{path}: the attribute holds fractions, not classes", "choose another with --class-attribute")
    # Whole numbers beyond 2**53 are no floats.
    return {value: int(value if isinstance(value, int | np.integer) else numbers[value]) for value in distinct}, {}


def _numbers(values: set[Any]) -> dict[Any, float] | None:
    """The values as numbers; None where some are none."""
    try:
        numbers = {value: float(value) for value in values}
    except (TypeError, ValueError):
        return None
    return numbers if np.isfinite(list(numbers.values())).all() else None


def _overlaps(shapely: ModuleType, numbers: np.ndarray, boxes: np.ndarray) -> dict[int, set[int]]:
    """The samples that each sample may overlap."""
    areas = shapely.box(*boxes.T)
    out: dict[int, set[int]] = {int(location): set() for location in numbers}
    for one, other in numbers[shapely.STRtree(areas).query(areas)].T.tolist():
        if one != other:
            out[one].add(other)
    return out


def _drawn(
    location: int,
    shapes: list[tuple[Any, int]],
    ignored: set[int],
    overlaps: set[int],
    locations: SampleLocations,
    tile_size: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Code, sample, row and column of the labelled cells of one sample."""
    gsd = locations.gsd[location]
    grid = Affine(gsd, 0.0, locations.left[location], 0.0, -gsd, locations.top[location])
    classes = np.array(sorted({code for _, code in shapes} - ignored), np.int64)
    drawn = np.zeros((len(classes), tile_size, tile_size), np.uint8)
    for inside, code in zip(drawn, classes, strict=True):
        rasterize([part for part, own in shapes if own == code], out=inside, transform=grid)
    which, row, column = np.nonzero(drawn)
    x, y = locations.left[location] + (column + 0.5) * gsd, locations.top[location] - (row + 0.5) * gsd
    crs = locations.systems[str(locations.crs[location])]
    own, _, _ = locations.depth(location, crs, x, y, tile_size)
    kept = np.ones(len(row), dtype=bool)
    for other in overlaps:
        depth, _, _ = locations.depth(other, crs, x, y, tile_size)
        kept &= (depth < own) | ((depth == own) & (other > location))
    row, column = row[kept].astype(np.int32), column[kept].astype(np.int32)
    sample = np.full(len(row), locations.numbers[location], np.int32)
    return classes[which[kept]], sample, row, column
