"""Writes a small SICKLE as its publisher lays it out."""

from pathlib import Path

import numpy as np
import rasterio

BANDS = ("B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B9", "B11", "B12")


def write_sickle(root: Path, plots: int = 12) -> Path:
    """A plot and a neighbour in each sample; paddy (even) is bright in March and yields more; one has no yield."""
    rng = np.random.default_rng(0)
    lines = ["UNIQUE_ID,PLOT_ID,SPLIT,STANDARD_SEASON,YEAR"]
    for number in range(plots):
        side = "train" if number < plots * 2 // 3 else "val"
        lines.append(f"{100 + number},{number + 1},{side},jan-jun,2019")
        write_masks(root / "masks" / "10m" / f"{100 + number}.tif", number, plots)
        for day in ("20190105", "20190120", "20190310", "20190615", "20190720"):
            write_optical(root / "images" / "S2" / "npy" / str(100 + number), day, rng, number % 2 == 0)
        write_radar(root / "images" / "S1" / "npy" / str(100 + number), "20190408")
    (root / "sickle_dataset_tabular.csv").write_text("\n".join([*lines, ""]))
    return root


def write_masks(path: Path, number: int, plots: int) -> None:
    """40 x 40 cells: the plot on the left, its neighbour (the next plot) on the right, nothing below."""
    path.parent.mkdir(parents=True, exist_ok=True)
    layers = np.zeros((6, 40, 40), np.float32)
    layers[0, :20, :20], layers[0, :20, 20:] = number + 1, (number + 1) % plots + 1
    layers[1, :20, :20], layers[1, :20, 20:] = 1 + 3 * (number % 2), 1 + 3 * ((number + 1) % 2)
    layers[5, :20, :20] = 0 if number == 5 else 1500 - 400 * (number % 2)
    profile = {"driver": "GTiff", "width": 40, "height": 40, "count": 6, "dtype": "float32", "crs": "EPSG:32644"}
    grid = rasterio.Affine(10, 0, 300_000 + 5000 * number, 0, -10, 1_200_000)
    with rasterio.open(path, "w", **profile, transform=grid) as file:
        file.write(layers)


def write_optical(folder: Path, day: str, rng: np.random.Generator, paddy: bool) -> None:
    """An image of 40 x 40 cells; that of June is half empty."""
    folder.mkdir(parents=True, exist_ok=True)
    bands = {}
    for place, band in enumerate(BANDS):
        pixels = np.full((40, 40), 1000 + 100 * place + 1000 * (paddy and day == "20190310"), np.float32)
        pixels += rng.normal(0, 5, pixels.shape).astype(np.float32)
        if day == "20190615":
            pixels[:20] = 0
        bands[band] = pixels
    name = f"T44PKT_{day}T050000" if day < "20190201" else f"{day}T050000_x"
    np.savez(folder / f"{name}.npz", **bands)


def write_radar(folder: Path, day: str) -> None:
    """An image in decibels."""
    folder.mkdir(parents=True, exist_ok=True)
    bands = {"VV": np.full((40, 40), -10.0), "VH": np.full((40, 40), -17.0)}
    np.savez(folder / f"S1A_IW_GRDH_1SDV_{day}T003000_x.npz", **bands)
