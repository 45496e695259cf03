"""Tiny 50 Cities: cities as their authors lay them out, and the tiles that OlmoEarth makes of them."""

import json
import math
from pathlib import Path

import numpy as np
import rasterio
import torch
from attrs import frozen

from .dense_files import write_tif

COLOURS = ((0, 0, 0), (10, 20, 200), (200, 30, 40), (255, 255, 255))
"""Ascending; the first and the last are no class."""

CITIES = {"Athens": (130, 200), "Kyoto": (64, 130), "Lima": (128, 64), "Oslo": (70, 70), "Suva": (64, 64)}


@frozen(eq=False)
class City:
    """Stored rasters, and the labels of their pixels."""

    s1: np.ndarray
    s2: np.ndarray
    labels: np.ndarray


def write_cities(root: Path) -> dict[str, City]:
    """Cities of some tiles each; one tile of Athens holds nothing, and one city has no labels."""
    rng, found = np.random.default_rng(3), {}
    for name, (height, width) in CITIES.items():
        s2 = rng.integers(1, 5000, (12, height, width)).astype(np.uint16)
        s1 = rng.uniform(0.001, 0.5, (2, height, width)).astype(np.float32)
        s1[:, 5, 6] = np.nan
        s1[:, 7, 8] = 0.0
        if name == "Athens":
            s2[:, :64, 64:128] = 0
        number = rng.integers(0, 4, (height, width))
        picture = np.array(COLOURS, np.uint8)[number].transpose(2, 0, 1)
        if name == "Oslo":
            # A smoothed edge: nearest to red.
            picture[:, 3, 3], number[3, 3] = (180, 40, 50), 2
        write_tif(root / name / "S2.tif", s2)
        write_tif(root / name / "S1.tif", s1)
        opaque = np.concatenate([picture, np.full((1, height, width), 255, np.uint8)])
        _write_png(root / name / "label.png", opaque)
        found[name] = City(s1, s2, np.array([-1, 0, 1, -1])[number])
    write_tif(root / "Nowhere" / "S2.tif", np.ones((12, 64, 64), np.uint16))
    return found


def _write_png(path: Path, picture: np.ndarray) -> None:
    import warnings

    from rasterio.errors import NotGeoreferencedWarning

    profile = {"driver": "PNG", "count": len(picture), "height": picture.shape[1], "width": picture.shape[2]}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NotGeoreferencedWarning)
        with rasterio.open(path, "w", **profile, dtype="uint8") as file:
            file.write(picture)


def write_tiles(root: Path, cities: dict[str, City]) -> None:
    """What OlmoEarth makes of the cities."""
    counts = {}
    for name, city in cities.items():
        folder = root / "tiles" / name
        folder.mkdir(parents=True)
        counts[name] = 0
        for row in range(city.labels.shape[0] // 64):
            for column in range(city.labels.shape[1] // 64):
                inside = slice(row * 64, row * 64 + 64), slice(column * 64, column * 64 + 64)
                s2 = city.s2[:, *inside]
                if not s2.any():
                    continue
                power = np.nan_to_num(city.s1[:, *inside], nan=1e-6).clip(1e-6)
                decibels = np.vectorize(lambda value: 10 * math.log10(value))(power.astype(float))
                tile = {
                    "s2": torch.from_numpy(s2.astype(np.int32)),
                    "s1": torch.from_numpy(decibels.astype(np.float32)),
                    "label": torch.from_numpy(city.labels[inside].astype(np.int16)),
                    "row": row,
                    "col": column,
                }
                torch.save(tile, folder / f"{counts[name]}.pt")
                counts[name] += 1
    (root / "manifest.json").write_text(json.dumps({"tile_size": 64, "counts": counts}))
    classes = [
        {"rgb": list(colour), "packed": colour[0] << 16 | colour[1] << 8 | colour[2], "index": number}
        for number, colour in enumerate(COLOURS[1:3])
    ]
    (root / "colormap.json").write_text(json.dumps({"classes": classes}))
