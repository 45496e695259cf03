"""The labels of one or more files, found again in the samples of an H5 set."""

from collections.abc import Collection, Sequence
from pathlib import Path

import numpy as np
from attrs import evolve

from spacenit_core.errors import DataError, UserError
from spacenit_core.samples.georeference import Georeference
from spacenit_core.text import did_you_mean
from spacenit_data.datasets.georeference import read_georeference
from spacenit_evals.labels.cells import Cells, Choice, Gathered, Reading, Source
from spacenit_evals.labels.locations import located
from spacenit_evals.labels.names import is_colour
from spacenit_evals.labels.points import LabelledPoints
from spacenit_evals.labels.polygons import PolygonLabels, is_vector
from spacenit_evals.labels.rasters import RasterLabels


def read_labels(
    paths: Sequence[Path | str],
    source: Path | str,
    tile_size: int,
    *,
    ignore: Collection[int | str] | None = None,
    attribute: str | None = None,
    most: int | None = None,
    georeference: Georeference | None = None,
) -> LabelledPoints:
    """Read the labels of one or more files and place them in the samples of a set.

    Rasters label the cell that each labelled pixel's middle lies in, polygons the cells whose middles lie in them. A
    cell has one label: in each file the class of most of its pixels, then that of most files; where two classes are
    even, it has none. Where samples overlap, ground belongs to the one in which it lies farthest from the border.

    Args:
        paths: paths, or GDAL's names and addresses, of rasters of integer codes, the band's number behind a colon where
            they have several, or files of polygons or points; in any reference system.
        source: the set, for errors: its folder, where nothing else says where its samples lie.
        tile_size: cells along one side of a sample.
        ignore: codes and names that mean "no label"; None for 0 in rasters and nothing in polygons.
        attribute: which attribute of polygons holds the class; None where they have one only.
        most: the most points; where there are more, so many are drawn, each with the same chance. None for all.
        georeference: where the samples lie; None to read it from the folder of a set of H5 samples.

    Raises:
        UserError: if a file is absent, or does not say by itself what the labels are, or none lies in the set.
        DataError: if a file cannot be read, names classes in another way than another one, or the set does not say
            where its samples lie.
    """
    files = [str(path) for path in paths]
    if attribute is not None and not any(map(is_vector, files)):
        raise UserError(
            "a class attribute is for polygons, and none are given",
            "leave it out{class_attribute}: a raster holds codes",
            things=("class_attribute",),
        )
    locations = located(georeference or read_georeference(Path(source)), str(source))
    choice = Choice(ignore=ignore, attribute=attribute)
    sources: list[Source] = [
        PolygonLabels(path=path, choice=choice) if is_vector(path) else RasterLabels(path=path, choice=choice)
        for path in files
    ]
    readings = _numbered_alike(
        files,
        [source.read(locations, tile_size, Gathered(tile_size, most)) for source in sources],
    )
    _check_ignored(choice, readings)
    cells, remarks = _settled(readings, most)
    if not len(cells):
        raise _nothing(files, source, readings)
    names = _joined_names(files, readings)
    codes = np.unique(cells.code)
    return LabelledPoints(
        sample=cells.sample,
        row=cells.row,
        column=cells.column,
        label=np.searchsorted(codes, cells.code).astype(np.int32),
        codes=tuple(int(number) for number in codes),
        locations=locations,
        names={int(number): names[int(number)] for number in codes if int(number) in names},
        found=_found(readings, len(cells), most),
        remarks=(*(text for reading in readings for text in reading.remarks), *remarks),
    )


def _settled(readings: Sequence[Reading], most: int | None) -> tuple[Cells, list[str]]:
    """One label for each cell, of so many cells at most, and what became of the others, for people."""
    bound = Cells.joined([reading.cells for reading in readings]).lowest(most).draw.max(initial=0.0)
    parts = [reading.cells.take(reading.cells.draw <= bound).settled() for reading in readings]
    parts.append(Cells.joined([part for part, _, _ in parts]).settled())
    cells = parts[-1][0]
    several, even = sum(part[1] for part in parts), sum(part[2] for part in parts)
    remarks = [f"cells labelled as several classes: {several}, of which {even}, where two are even, are left out"]
    lost = sorted({code for reading in readings for code in reading.given} - {*np.unique(cells.code).tolist()})
    named = {code: name for reading in readings for code, name in reading.names.items()}
    gone = ", ".join(f"{code} {named.get(code, '')}".strip() for code in lost)
    return cells, remarks[: several > 0] + [f"classes of which no cell is left: {gone}"][: bool(lost)]


def _found(readings: Sequence[Reading], cells: int, most: int | None) -> int:
    """How many labels there are, where cells were drawn from them; else how many cells."""
    return sum(reading.found for reading in readings) if most is not None and cells >= most else cells


def _numbered_alike(paths: Sequence[str], readings: list[Reading]) -> list[Reading]:
    """Classes that are words, numbered over all files together."""
    if not any(reading.worded for reading in readings):
        return readings
    for path, reading in zip(paths, readings, strict=True):
        if not reading.worded and len(reading.cells):
            raise UserError(f"{path} holds codes, and other labels hold words", "give all labels as codes, or as words")
    words = sorted({name for reading in readings for name in reading.names.values()})
    code_of = {word: code for code, word in enumerate(words, start=1)}
    out = []
    for reading in readings:
        table = np.zeros(max(reading.names, default=0) + 1, np.int64)
        for code, word in reading.names.items():
            table[code] = code_of[word]
        cells = evolve(reading.cells, code=table[reading.cells.code])
        names = {code_of[word]: word for word in reading.names.values()}
        given, ignored = (
            frozenset(int(table[code]) for code in part & reading.names.keys())
            for part in (reading.given, reading.ignored)
        )
        out.append(evolve(reading, cells=cells, names=names, seen=frozenset(names), given=given, ignored=ignored))
    return out


def _check_ignored(choice: Choice, readings: Sequence[Reading]) -> None:
    """Refuse names of classes that no file has."""
    known = sorted({name for reading in readings for name in reading.names.values()})
    worded = any(reading.worded for reading in readings)
    for item in choice.ignore or ():
        if (worded or isinstance(item, str)) and str(item) not in known:
            question = did_you_mean(str(item), known) or f"named are {', '.join(known[:20])}"
            if not known:
                question = "no code has a name; ignore each code by itself{ignore}"
            raise UserError(f"to ignore {item}: no class of the labels is called so", question, things=("ignore",))


def _joined_names(paths: Sequence[str], readings: Sequence[Reading]) -> dict[int, str]:
    """The names of all files; a code means the same in each."""
    names: dict[int, str] = {}
    for path, reading in zip(paths, readings, strict=True):
        for code in reading.seen & reading.names.keys():
            name = reading.names[code]
            known = names.setdefault(code, name)
            if is_colour(known) and not is_colour(name):
                names[code] = name
            elif is_colour(known) == is_colour(name) and known.casefold() != name.casefold():
                raise DataError(
                    f"{path} calls the code {code} {name!r}, and other labels call it {known!r}",
                    "give labels whose codes mean the same",
                )
    return names


def _nothing(paths: Sequence[str], source: Path | str, readings: Sequence[Reading]) -> UserError:
    """Why there is no label, as far as the files tell."""
    listed = ", ".join(paths)
    codes = sorted({code for reading in readings for code in reading.seen})
    if codes and all(reading.seen <= reading.ignored for reading in readings):
        return UserError(
            f"{listed}: no labelled pixel lies in a sample of {source}, only "
            f'{", ".join(map(str, codes[:5]))}, which means "no label"',
            'say which codes mean "no label" instead{ignore}; to ignore none{ignore_none} makes all of them classes',
            things=("ignore", "ignore_none"),
        )
    if any(reading.given for reading in readings):
        return UserError(
            f"{listed}: every cell of {source} with a label has labels of several classes, and none of more than the "
            "others",
            "leave out the files or shapes that contradict the others",
        )
    return UserError(
        f"{listed}: no labelled pixel lies in a sample of {source}",
        "check that the labels and the set cover the same ground, and what the file calls nodata",
    )
