"""Masks of raw tiles: a folder with one raster per tile, and in it one band per image of the sensor that it is for."""

import warnings
from collections.abc import Sequence
from pathlib import Path

import numpy as np
import rasterio
from rasterio.errors import NotGeoreferencedWarning, RasterioError

from spacenit_core.errors import DataError, UserError
from spacenit_data.convert.catalog import RawTile
from spacenit_data.rasters.masks import Mask, parse_masks
from spacenit_data.rasters.validity import missing_pixels

_HELP = "write SENSOR:NAME=FOLDER:VALUES, for instance sentinel2_l2a:scl=10_scl_monthly:3,8,9,10"


def parse_sensor_mask(text: str, root: Path) -> tuple[str, Mask]:
    """A sensor and its mask: ``sentinel2_l2a:scl=10_scl_monthly:3,8,9,10``, folders relative to the raw data set.

    Raises:
        UserError: for a text that is none, or a folder that is not there.
    """
    sensor, separator, rest = text.partition(":")
    if not separator or "=" in sensor:
        raise UserError(f"--mask: {text!r} names no sensor", _HELP)
    (mask,) = parse_masks(rest, root) or (None,)
    if mask is None or not mask.source or not Path(mask.source).is_dir():
        raise UserError(f"--mask: {rest!r} names no folder of {root}", _HELP)
    return sensor.strip().lower(), mask


def mask_files(mask: Mask, tile: RawTile) -> list[Path]:
    """The rasters of a tile in a mask's folder; there should be one."""
    return sorted(Path(mask.source).glob(f"{tile.crs}_{tile.column}_{tile.row}_*.tif"))


def read_masks(masks: Sequence[Mask], tile: RawTile, side: int, steps: int) -> np.ndarray | None:
    """Which pixels are left out of a sensor's images, bool ``[side, side, T]``; None without masks.

    Raises:
        DataError: naming the file that is missing, cannot be read, or has other images.
    """
    out: np.ndarray | None = None
    for mask in masks:
        found = mask_files(mask, tile)
        if len(found) != 1:
            where = f"one should be {tile.crs}_{tile.column}_{tile.row}_*.tif"
            raise DataError(f"{mask.source} has {len(found)} masks of {tile}", where)
        hit = _read(found[0], mask, steps)
        size = hit.shape[-1]
        if hit.shape[1] != size or max(size, side) % min(size, side):
            raise DataError(f"{found[0]} has {size} x {hit.shape[1]} pixels", f"{side} x {side} would fit")
        if size > side:
            # A pixel that holds several of the mask's is left out where one of them is.
            hit = np.asarray(hit.reshape(steps, side, size // side, side, size // side).any(axis=(2, 4)))
        else:
            hit = hit.repeat(side // size, axis=1).repeat(side // size, axis=2)
        out = hit if out is None else np.logical_or(out, hit)
    return None if out is None else np.moveaxis(out, 0, -1)


def _read(path: Path, mask: Mask, steps: int) -> np.ndarray:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NotGeoreferencedWarning)
            with rasterio.open(path) as file:
                codes = file.read()
                hit = mask.left_out(codes) | missing_pixels(file, list(file.indexes), codes)
    except RasterioError as error:
        raise DataError(f"{path} cannot be read: {error.__cause__ or error}", "copy or download it again") from error
    if len(hit) != steps:
        raise DataError(f"{path} has {len(hit)} bands, but there are {steps} images", "give one band for each image")
    return hit
