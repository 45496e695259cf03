"""Labels that are rasters of class codes, read block by block and only where samples are."""

import warnings
from collections.abc import Iterable, Iterator
from pathlib import Path

import numpy as np
import rasterio
from attrs import frozen
from rasterio.errors import NotGeoreferencedWarning
from rasterio.io import DatasetReader
from rasterio.windows import Window

from spacenit_core.errors import DataError, UserError
from spacenit_data.rasters.axes import unsigned_fill
from spacenit_data.rasters.source import exists, split_band_number
from spacenit_data.rasters.validity import alpha_bands, missing_pixels
from spacenit_data.tile.grid import at
from spacenit_evals.labels.cells import Choice, Gathered, Reading
from spacenit_evals.labels.locations import SampleLocations
from spacenit_evals.labels.names import Names, class_names, is_colour

_BLOCK = 512
"""Pixels along one side of what is in memory at a time."""

_CACHE = 64_000_000
"""Bytes of decoded blocks that GDAL keeps; left alone it takes a share of the machine's memory."""

_NO_LABEL = (0,)
"""What means "no label" where nothing else is said."""

_OTHER_KIND = "give a raster, or shapes as .gpkg, .geojson, .shp or .fgb (`ogr2ogr labels.gpkg FILE` makes one)"

_FILLS = (127, 255, 32767, 65535, 2**31 - 1, 2**32 - 1)
"""The highest numbers of types, which often mark what has no label though the file does not say so."""


@frozen(kw_only=True)
class RasterLabels:
    """One band of a raster.

    Attributes:
        path: the file; behind a colon the number of the band, where it has several.
        choice: which labels are asked for.
    """

    path: str
    choice: Choice

    def read(self, locations: SampleLocations, tile_size: int, gathered: Gathered) -> Reading:
        """Find the labelled pixels that lie in samples.

        A pixel is labelled if its code is not ignored and the file does not say that there is no pixel. Where samples
        overlap, it belongs to the one in which it lies farthest from the border.

        Raises:
            UserError: if the file is absent, has several bands, or holds fractions.
            DataError: if it cannot be read, or does not say where it lies.
        """
        name, band = split_band_number(self.path)
        if not exists(name):
            raise UserError(f"there is no file {name}", "--labels takes a raster of class codes, or polygons")
        with rasterio.Env(GDAL_CACHEMAX=_CACHE), warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            try:
                with rasterio.open(name) as file:
                    return self._read(file, _band(file, name, band), locations, tile_size, gathered)
            except rasterio.errors.RasterioError as error:
                cause = error.__cause__ or error
                hint = _OTHER_KIND if "not recognized" in str(cause) else "copy or make the raster again"
                raise DataError(f"{name} cannot be read: {cause}", hint) from error

    def _read(
        self, file: DatasetReader, band: int, locations: SampleLocations, tile_size: int, gathered: Gathered
    ) -> Reading:
        check_crs(self.path, file.crs)
        names = class_names(file, band)
        ignored = self.choice.ignored(names, _NO_LABEL)
        numbers, boxes = locations.all_turns(file.crs, tile_size)
        seen = set[int]()
        for window, inside in _blocks(file, boxes):
            codes, known = self._codes(file, band, window)
            seen.update(np.unique(codes[known]).tolist())
            known &= ~np.isin(codes, list(ignored))
            if known.any():
                near = zip(numbers[inside].tolist(), boxes[inside], strict=True)
                gathered.add(*_placed(file, window, codes, known, near, locations, tile_size))
        return Reading(
            cells=gathered.cells,
            found=gathered.found,
            given=frozenset(gathered.codes),
            names=names,
            seen=frozenset(seen),
            ignored=frozenset(ignored),
            remarks=() if self.choice.ignore is not None else self._guessed(seen, gathered.codes, names),
        )

    def _guessed(self, seen: set[int], classes: set[int], names: Names) -> tuple[str, ...]:
        """What is taken for "no label" unasked, and what might mean it, for people."""
        dropped = [f"{code} means no label (`--ignore none`: it is a class)" for code in _NO_LABEL if code in seen]
        odd = sorted(code for code in classes if code < 0 or code in _FILLS)
        fills = [code for code in odd if is_colour(names.get(code, "#000000"))]
        also = " ".join(f"--ignore {code}" for code in (*_NO_LABEL, *fills))
        asked = [f"{', '.join(map(str, fills))} counts as a class (if it means no label: `{also}`)"] if fills else []
        return tuple(f"{Path(self.path).name}: {text}" for text in (*dropped, *asked))

    def _codes(self, file: DatasetReader, band: int, window: Window) -> tuple[np.ndarray, np.ndarray]:
        """Codes of a block, int64 ``[h, w]``, and which of its pixels are there, bool ``[h, w]``."""
        stored = file.read([band], window=window)
        if stored.dtype.kind == "c":
            raise UserError(f"{self.path} holds complex numbers", "--labels takes class codes")
        nodata = unsigned_fill(file, file.tags(band))
        known, raw = ~missing_pixels(file, [band], stored, window, nodata=nodata)[0], stored[0]
        if raw.dtype.kind == "f":
            raw = np.where(known, raw, 0)
            if (raw != np.rint(raw)).any():
                raise UserError(f"{self.path} holds fractions, not class codes", "--labels takes class codes")
        return raw.astype(np.int64), known


def check_crs(path: str, crs: rasterio.crs.CRS | None, tool: str = "rio edit-info --crs") -> None:
    """Refuse labels without a location on the earth.

    Args:
        path: their file.
        crs: its reference system.
        tool: what assigns one.

    Raises:
        DataError: with what is missing.
    """
    if crs is None:
        raise DataError(f"{path} has no coordinate reference system", f"assign one, e.g. with `{tool}`")
    if not (crs.is_geographic or crs.is_projected):
        raise DataError(
            f"{path} has a local coordinate reference system, which does not say where on the earth it lies",
            f"assign the one that its coordinates are in, e.g. with `{tool}`",
        )


def _band(file: DatasetReader, name: str, asked: int | None) -> int:
    """The band that holds the codes."""
    if asked is not None:
        if asked not in file.indexes:
            raise UserError(f"{name} has no band {asked}", f"it has {file.count}")
        return asked
    roles = file.colorinterp
    bands = [band for band in file.indexes if band not in alpha_bands(file)]
    if len(bands) == 1:
        return bands[0]
    if not bands:
        parts = [part.rsplit(":", 1)[-1] for part in file.subdatasets]
        raise UserError(
            f"{name} has {len(parts)} variables" + f": {', '.join(parts)}" * bool(parts),
            f"name one of them: --labels {file.subdatasets[0]}" if parts else "give a raster of class codes",
        )
    known = {band: roles[band - 1].name for band in bands if roles[band - 1].name != "undefined"}
    texts = [file.descriptions[band - 1] or known.get(band, f"band {band}") for band in bands]
    raise UserError(
        f"{name} has {len(bands)} bands ({', '.join(texts[:6])}{' ...' * (len(texts) > 6)}), not one of class codes",
        f"choose one with its number: --labels {name}:{bands[0]}; a picture of a map, or one band per class, holds no "
        "codes",
    )


def _blocks(file: DatasetReader, ground: np.ndarray) -> Iterator[tuple[Window, np.ndarray]]:
    """The blocks of a raster in which boxes ``[k, 4]`` on the ground lie, cut to these, each with their numbers."""
    boxes = _pixel_boxes(file, ground)
    first, last = boxes[:, :2] // _BLOCK, (boxes[:, 2:] - 1) // _BLOCK
    touched: dict[tuple[int, int], list[int]] = {}
    for location in np.flatnonzero((boxes[:, :2] < boxes[:, 2:]).all(axis=1)):
        for row in range(first[location, 0], last[location, 0] + 1):
            for column in range(first[location, 1], last[location, 1] + 1):
                touched.setdefault((row, column), []).append(int(location))
    for (row, column), inside in sorted(touched.items()):
        corner = np.array([row, column]) * _BLOCK
        start = np.maximum(boxes[inside, :2].min(axis=0), corner)
        stop = np.minimum(boxes[inside, 2:].max(axis=0), corner + _BLOCK)
        height, width = stop - start
        yield Window(int(start[1]), int(start[0]), int(width), int(height)), np.array(inside)


def _pixel_boxes(file: DatasetReader, ground: np.ndarray) -> np.ndarray:
    """First row and column and the ends of what boxes ``[m, 4]`` on the ground cover of a raster, int64 ``[m, 4]``."""
    west, south, east, north = ground.T
    there = ~file.transform
    corners = [at(there, x, y) for x in (west, east) for y in (south, north)]
    columns, rows = (np.stack(axis) for axis in zip(*corners, strict=True))
    ends = (rows.min(0), columns.min(0), rows.max(0) + 1, columns.max(0) + 1)
    size = np.array([file.height, file.width])
    boxes = np.floor(np.clip(ends, -1e15, 1e15)).astype(np.int64).T
    return np.concatenate([np.clip(boxes[:, :2], 0, size), np.clip(boxes[:, 2:], 0, size)], axis=1)


def _placed(
    file: DatasetReader,
    window: Window,
    codes: np.ndarray,
    known: np.ndarray,
    inside: Iterable[tuple[int, np.ndarray]],
    locations: SampleLocations,
    tile_size: int,
) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    """Code, sample, row and column of the labelled pixels of a block, each in the sample in which it lies deepest."""
    rows, columns = np.nonzero(known)
    x, y = at(file.transform, columns + window.col_off + 0.5, rows + window.row_off + 0.5)
    depth = np.full(len(rows), -1.0, np.float32)
    sample, row, column = (np.zeros(len(rows), np.int32) for _ in range(3))
    for location, (west, south, east, north) in inside:
        near = np.flatnonzero((x >= west) & (x <= east) & (y >= south) & (y <= north))
        here, cell_row, cell_column = locations.depth(location, file.crs, x[near], y[near], tile_size)
        better = (here >= 0) & (here > depth[near])
        chosen = near[better]
        depth[chosen], sample[chosen] = here[better], locations.numbers[location]
        row[chosen], column[chosen] = np.floor(cell_row[better]), np.floor(cell_column[better])
    kept = depth >= 0
    return codes[rows, columns][kept], sample[kept], row[kept], column[kept]
