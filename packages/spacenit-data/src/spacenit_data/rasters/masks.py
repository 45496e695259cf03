"""Masks that come with images: cloud masks and quality bands, whose classes or bits say which pixels to leave out."""

import re
from pathlib import Path

import numpy as np
from attrs import frozen
from rasterio import Affine
from rasterio.crs import CRS
from rasterio.enums import Resampling
from rasterio.io import DatasetReader
from rasterio.warp import reproject, transform
from rasterio.windows import Window

from spacenit_core.errors import DataError, UserError
from spacenit_data.rasters.opening import OPEN
from spacenit_data.rasters.source import below, exists, split_band_number
from spacenit_data.rasters.validity import missing_pixels

KNOWN = {
    "scl": ("0,1,3,8,9,10", "Sentinel-2's scene classification: no data, saturated, shadow, clouds, cirrus"),
    "qa_pixel": ("bits=0,1,2,3,4", "Landsat's quality: fill, dilated cloud, cirrus, cloud, shadow"),
    "fmask": ("bits=1,2,3", "the quality of HLS: cloud, next to cloud, shadow"),
    "qa60": ("bits=10,11", "Sentinel-2's in Earth Engine: opaque clouds, cirrus"),
}
"""Name of a mask -> what is left out unless the user says otherwise, and what that is."""

_WHAT = re.compile(r"(.+):((?:bits=)?\d+(?:-\d+)?(?:,\d+(?:-\d+)?)*)")
_HELP = "write NAME=FILE:VALUES or NAME=FILE:bits=BITS, for instance scl=scl.tif:3,8,9,10 or qa_pixel=qa.tif:bits=3,4"


@frozen(kw_only=True)
class Mask:
    """Which pixels of an image to leave out.

    Attributes:
        source: the raster that says it; empty for a band of the image's own file.
        band: its number, from 1, or the name that the image's file gives it.
        values: classes to leave out.
        bits: bits, from 0, any of which leaves a pixel out.
    """

    source: str
    band: int | str
    values: tuple[int, ...] = ()
    bits: tuple[int, ...] = ()

    def __str__(self) -> str:
        what = f"bits {_joined(self.bits)}" if self.bits else f"classes {_joined(self.values)}"
        return f"{what} of {Path(self.source).name or self.band}"

    def left_out(self, codes: np.ndarray) -> np.ndarray:
        """Which codes are left out: bool, like the codes.

        Raises:
            DataError: for fractions, such as probabilities of cloud, which are no codes.
        """
        filled = np.nan_to_num(codes)
        whole = filled.astype(np.int64)
        if (fractions := filled[filled != whole]).size:
            raise DataError(
                f"the mask {self.source or self.band} holds {fractions[0]:g}: fractions are no classes and no bits",
                "make a raster of 0 and 1 of it, for instance gdal_calc.py -A mask.tif --calc='A>0.5'",
            )
        flags = sum(1 << bit for bit in self.bits)
        return np.asarray(np.isin(whole, self.values) | ((whole & flags) != 0))


def parse_masks(text: str, folder: Path = Path(), origin: str = "--mask") -> tuple[Mask, ...]:
    """Masks as users write them, several with ``;`` between them: ``scl=FILE:3,8,9,10``, ``qa_pixel=FILE:bits=3,4``.

    FILE may end in ``:BAND`` (a number), or be the name of a band of the image's own file. Of the masks in `KNOWN`, the
    values may be left out.

    Args:
        text: the masks; an empty text gives none.
        folder: what relative paths start from.
        origin: where they were written, for messages.

    Raises:
        UserError: for a text that is no mask.
    """
    return tuple(_parse(part.strip(), folder, origin) for part in text.split(";") if part.strip())


def _parse(text: str, folder: Path, origin: str) -> Mask:
    name, separator, rest = text.partition("=")
    if not separator or not rest or not re.fullmatch(r"\w+", name):
        raise UserError(f"{origin}: {text!r} is no mask", _HELP)
    found = None if exists(below(folder, rest)) else _WHAT.fullmatch(rest)
    place, what = (found[1], found[2]) if found else (rest, KNOWN.get(name.lower(), ("", ""))[0])
    if not what:
        raise UserError(
            f"{origin}: which values of {name!r} are to be left out?", f"{_HELP}; known are {', '.join(KNOWN)}"
        )
    kind, _, listed = what.rpartition("=")
    numbers = tuple(number for part in listed.split(",") for number in _range(part))
    if kind and max(numbers) > 62:
        raise UserError(f"{origin}: there is no bit {max(numbers)}", "bits are counted from 0")
    source, number = split_band_number(below(folder, place))
    inside = not exists(source)
    if inside and ("/" in place or "." in place):
        raise UserError(f"{origin}: there is no file {source}", _HELP)
    band: int | str = place if inside else number or 1
    return Mask(source="" if inside else source, band=band, **{"bits" if kind else "values": numbers})


def _joined(numbers: tuple[int, ...]) -> str:
    return ", ".join(map(str, numbers))


def _range(text: str) -> range:
    first, _, last = text.partition("-")
    return range(int(first), int(last or first) + 1)


def check_mask(mask: Mask, image: DatasetReader) -> None:
    """Check that a mask is there, and that it covers some of its image.

    Raises:
        UserError: for a band that the image does not have.
        DataError: for a mask without a place, or of another place.
    """
    if not mask.source:
        _band_of(mask, image)
        return
    with OPEN.get(mask.source) as file:
        if file.crs is None or (isinstance(mask.band, int) and mask.band > file.count):
            why = "does not say where it lies" if file.crs is None else f"has no band {mask.band}"
            raise DataError(f"the mask {mask.source} {why}", "give the mask of this image")
        whole = Window(0, 0, image.width, image.height)
        if _window(file, image.crs, image.transform, whole) is None:
            raise DataError(f"the mask {mask.source} does not cover {image.name}", "give the mask of this image")


def read_mask(mask: Mask, image: DatasetReader, window: Window) -> np.ndarray:
    """Which pixels of a window are left out; those that the mask does not cover are.

    Args:
        mask: the mask.
        image: the raster that it belongs to.
        window: a part of that raster.

    Returns:
        bool ``[h, w]``.

    Raises:
        DataError: if the mask cannot be read.
    """
    if not mask.source:
        return mask.left_out(image.read(_band_of(mask, image), window=window))
    target = image.window_transform(window)
    with OPEN.get(mask.source) as file:
        part = _window(file, image.crs, image.transform, window)
        if part is None:
            return np.ones((window.height, window.width), bool)
        raw = file.read([mask.band], window=part)
        hit = mask.left_out(raw[0]) | missing_pixels(file, [int(mask.band)], raw, part)[0]
        return _onto(hit, file.window_transform(part), file.crs, target, image.crs, (window.height, window.width))


def _onto(
    hit: np.ndarray, source: Affine, source_crs: CRS, target: Affine, crs: CRS, shape: tuple[int, int]
) -> np.ndarray:
    out = np.full(shape, 255, np.uint8)
    finer = abs(source.a * source.e) < 0.8 * abs(target.a * target.e) and source_crs == crs
    reproject(
        hit.astype(np.uint8),
        out,
        src_transform=source,
        src_crs=source_crs,
        dst_transform=target,
        dst_crs=crs,
        src_nodata=254,
        dst_nodata=255,
        # A pixel that holds several of the mask's is left out where one of them is.
        resampling=Resampling.max if finer else Resampling.nearest,
        tolerance=0.0,
    )
    return np.asarray(out != 0)


def _window(file: DatasetReader, crs: CRS, image: Affine, window: Window) -> Window | None:
    """The part of a mask that a window of an image needs; None where it does not reach there."""
    steps = np.linspace(0.0, 1.0, 9)
    columns, rows = np.meshgrid(window.col_off + steps * window.width, window.row_off + steps * window.height)
    x, y = image.a * columns + image.b * rows + image.c, image.d * columns + image.e * rows + image.f
    if file.crs != crs:
        x, y = (np.asarray(values) for values in transform(crs, file.crs, x.ravel(), y.ravel()))
    back = ~file.transform
    at_x, at_y = back.a * x + back.b * y + back.c, back.d * x + back.e * y + back.f
    if not np.isfinite(at_x).any():
        return None
    left, top = max(0, int(np.nanmin(at_x)) - 2), max(0, int(np.nanmin(at_y)) - 2)
    right, bottom = min(file.width, int(np.nanmax(at_x)) + 3), min(file.height, int(np.nanmax(at_y)) + 3)
    return Window(left, top, right - left, bottom - top) if left < right and top < bottom else None


def _band_of(mask: Mask, image: DatasetReader) -> int:
    """The number of the band of the image's own file that a mask names."""
    names = [text or "" for text in image.descriptions]
    wanted = str(mask.band).lower()
    if wanted.isdecimal() and 0 < int(wanted) <= image.count:
        return int(wanted)
    if wanted not in (name.lower() for name in names):
        known = ", ".join(filter(None, names)) or "none with a name"
        raise UserError(f"{mask.band!r} is neither a file nor a band of {image.name}", f"its bands: {known}")
    return [name.lower() for name in names].index(wanted) + 1
