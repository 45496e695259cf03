"""Tiny sets in the layout of rslearn: windows with layers of rasters, and what they say of themselves."""

import json
from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import numpy as np

from .dense_files import write_tif

FINE, MIDDLE, COARSE = ("B02", "B03", "B04", "B08"), ("B05", "B06", "B07", "B8A", "B11", "B12"), ("B01", "B09")
CRS = "EPSG:32736"
PIXELS = 31


def write_window(
    root: Path,
    name: str,
    *,
    split: str,
    bounds: tuple[int, int, int, int],
    label: np.ndarray,
    layer: tuple[str, str] = ("label", "category"),
    days: Sequence[date] = (date(2023, 3, 1), date(2023, 1, 10)),
    radar: bool = False,
    group: str = "spatial_split",
) -> dict[str, np.ndarray]:
    """One window with an image per day; path of a raster in the window -> what it holds.

    Args:
        root: of the set.
        name: of the window.
        split: its tag.
        bounds: in pixels of 10 m.
        label: ``[H, W]``.
        layer: layer and band of the label.
        days: of the images, in the order of the groups: rslearn puts the latest first.
        radar: whether there is Sentinel-1, as power, a day after each image.
        group: of windows.
    """
    rng = np.random.default_rng(abs(hash((bounds, name))) % 2**32)
    place = root / "windows" / group / name
    place.mkdir(parents=True)
    left, top, right, bottom = bounds
    height, width = bottom - top, right - left
    written: dict[str, np.ndarray] = {f"{layer[0]}/{layer[1]}": label[None]}
    for number in range(len(days)):
        folder = f"sentinel2.{number}" if number else "sentinel2"
        for bands, step in ((FINE, 1), (MIDDLE, 2), (COARSE, 4)):
            # As rslearn has it: all edges rounded down on the coarser grid.
            shape = (len(bands), bottom // step - top // step, right // step - left // step)
            written[f"{folder}/{'_'.join(bands)}"] = rng.integers(1, 5000, shape).astype(np.uint16)
        if radar:
            power = rng.uniform(0.001, 0.3, (2, height, width)).astype(np.float32)
            written[f"{folder.replace('sentinel2', 'sentinel1')}/vv_vh"] = power
    for path, bands_of in written.items():
        write_tif(place / "layers" / path / "geotiff.tif", bands_of, crs=CRS, corner=(left * 10.0, -top * 10.0))
    layers: Mapping[str, Sequence[date]] = {"sentinel2": days, "sentinel1": [day + timedelta(1) for day in days]}
    items = [
        {"layer_name": layer_name, "serialized_item_groups": [[_item(day)] for day in own], "materialized": True}
        for layer_name, own in layers.items()
        if layer_name == "sentinel2" or radar
    ]
    (place / "items.json").write_text(json.dumps(items))
    facts = {
        "group": group,
        "name": name,
        "projection": {"crs": CRS, "x_resolution": 10, "y_resolution": -10},
        "bounds": bounds,
        "time_range": ["2023-01-01T00:00:00+00:00", "2023-12-31T00:00:00+00:00"],
        "options": {"split": split},
    }
    (place / "metadata.json").write_text(json.dumps(facts))
    return written


def _item(day: date) -> dict[str, object]:
    times = [f"{day}T08:00:00+00:00", f"{day}T08:00:01+00:00"]
    return {"name": f"scene_{day}", "geometry": {"shp": "POINT (0 0)", "time_range": times}}


def labelled(code: int, nodata: int = 9) -> np.ndarray:
    """One labelled pixel in the middle."""
    found = np.full((PIXELS, PIXELS), nodata, np.int32)
    found[PIXELS // 2, PIXELS // 2] = code
    return found


def write_awf(root: Path, **settings: Any) -> list[dict[str, np.ndarray]]:
    """Four windows, of which two lie in one square of ground."""
    corners = [(25_600, -1_000_000), (25_640, -999_990), (40_000, -1_000_000), (50_000, -1_000_000)]
    splits = ("train", "train", "val", "val")
    return [
        write_window(
            root,
            f"window_{number}",
            split=split,
            bounds=(left, top, left + PIXELS, top + PIXELS),
            label=labelled(number + 5),
            **settings,
        )
        for number, ((left, top), split) in enumerate(zip(corners, splits, strict=True))
    ]
