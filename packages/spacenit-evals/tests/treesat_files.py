"""Writes a small TreeSatAI Time Series as its publisher lays it out."""

import json
from pathlib import Path

import h5py
import numpy as np
import rasterio

GENERA = ("Abies", "Fagus", "Quercus")


def write_treesat(root: Path, stands: int = 24) -> Path:
    """Stands of three genera, told apart by the month in which they are bright; every third has a second genus."""
    rng = np.random.default_rng(0)
    for folder in ("labels", "sentinel", "aerial"):
        (root / folder).mkdir(parents=True)
    labels: dict[str, list[list[object]]] = {}
    names: list[str] = []
    for number in range(stands):
        genus = number % 3
        name = f"{GENERA[genus]}_{number}.tif"
        shares: list[list[object]] = [[GENERA[genus], 0.9], [GENERA[(genus + 1) % 3], 0.1 if number % 9 < 3 else 0.05]]
        labels[name] = shares
        names.append(name)
        write_series(root / "sentinel" / f"{name[:-4]}.h5", rng, month=2 + 3 * genus)
        write_aerial(root / "aerial" / name, 500_000.0 + 6000.0 * (number // 4), 5_700_000.0)
    (root / "labels" / "TreeSatBA_v9_60m_multi_labels.json").write_text(json.dumps(labels))
    (root / "train_filenames.lst").write_text("\n".join(names[: stands * 2 // 3]) + "\n")
    (root / "test_filenames.lst").write_text("\n".join(names[stands * 2 // 3 :]) + "\n")
    return root


def write_series(path: Path, rng: np.random.Generator, month: int) -> None:
    """Images of 2020 every ten days, none in March; brighter in one month (from 0). Radar is linear power."""
    days = np.arange("2020-01-05", "2020-12-30", 10, dtype="datetime64[D]")
    days = days[days.astype("datetime64[M]").astype(int) % 12 != 2]
    text = [str(day).replace("-", "") for day in days]
    bright = days.astype("datetime64[M]").astype(int) % 12 == month
    optical = rng.normal(2000, 20, (len(days), 10, 6, 6)) + np.arange(10)[:, None, None] * 100
    optical[bright] += 1500
    power = np.array([0.1, 0.03])[:, None, None] * rng.uniform(0.8, 1.2, (len(days), 2, 6, 6))
    with h5py.File(path, "w") as file:
        file["sen-2-data"] = optical.astype(np.float32)
        file["sen-2-masks"] = np.zeros((len(days), 10, 6, 6), np.float32)
        file["sen-2-products"] = [f"S2A_MSIL2A_{day}T102421_N0213_R065_T32UNC_{day}T115419" for day in text]
        for key in ("asc", "des"):
            file[f"sen-1-{key}-data"] = (power * (1 if key == "asc" else 2)).astype(np.float32)
            file[f"sen-1-{key}-products"] = [
                f"S1A_IW_GRDH_1SDV_{day}T170841_{day}T170906_030639_0382D5" for day in text
            ]


def write_aerial(path: Path, left: float, top: float) -> None:
    """Near infrared, green, blue and red, each of one value."""
    profile = {"driver": "GTiff", "width": 304, "height": 304, "count": 4, "dtype": "uint8", "crs": "EPSG:25832"}
    with rasterio.open(path, "w", **profile, transform=rasterio.Affine(0.2, 0, left, 0, -0.2, top)) as file:
        file.write(np.broadcast_to(np.array([140, 80, 70, 60], np.uint8)[:, None, None], (4, 304, 304)))
