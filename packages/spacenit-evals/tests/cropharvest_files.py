"""Writes small CropHarvest folders as their publisher lays them out."""

import json
from pathlib import Path

import h5py
import numpy as np
import rasterio

COLUMNS = 18
DYNAMIC = 17


def write_labels(folder: Path, rows: list[dict[str, object]]) -> None:
    """`labels.geojson` of rows; what a row does not say is usual."""
    usual = {"dataset": "togo", "export_end_date": "2020-02-01T00:00:00", "is_test": False, "label": None}
    features = [{"type": "Feature", "geometry": None, "properties": usual | row} for row in rows]
    (folder / "labels.geojson").write_text(json.dumps({"type": "FeatureCollection", "features": features}))


def year_of(rng: np.random.Generator, crops: bool) -> np.ndarray:
    """Twelve steps of plausible numbers, float64 ``[12, 18]``; crops are bright in B8."""
    out = np.empty((12, COLUMNS))
    out[:, 0], out[:, 1] = rng.normal(-11, 0.5, 12), rng.normal(-18, 0.5, 12)
    out[:, 2:13] = np.linspace(900, 2600, 11) + rng.normal(0, 20, (12, 11))
    out[:, 8] += 2000 * crops
    out[:, 13], out[:, 14], out[:, 15], out[:, 16], out[:, 17] = 300.0, 0.002, 210.0, 3.0, 0.4
    return out


def write_cropharvest(root: Path) -> Path:
    """Togo: 40 places to train on, 10 that are not or cannot be; 20 test points, two without label."""
    rng = np.random.default_rng(0)
    (root / "features" / "arrays").mkdir(parents=True)
    (root / "test_features").mkdir()
    rows: list[dict[str, object]] = []
    for index in range(50):
        lat, lon = (7.0 + index // 5 * 0.2, 1.0) if index < 40 or index > 47 else (-1.0, 37.0)
        rows.append({"index": index, "is_crop": index % 2, "lat": lat, "lon": lon, "is_test": index == 48})
        if index != 49:
            write_array(root, index, year_of(rng, bool(index % 2)))
    labels = np.arange(20) % 2
    lats, lons = 8.05 + np.arange(20) // 2 * 0.1, np.full(20, 0.5)
    for index in range(20):
        place = {"lat": lats[index], "lon": lons[index], "dataset": "togo-eval", "is_test": True}
        rows.append(place | {"index": index, "is_crop": int(labels[index]), "export_end_date": "2021-02-01"})
    series = np.stack([year_of(rng, bool(label)) for label in labels])
    with h5py.File(root / "test_features" / "togo-eval.h5", "w") as file:
        stored = np.where(np.arange(20) < 2, -1, labels)
        for name, values in {"x": series, "y": stored, "lats": lats, "lons": lons}.items():
            file.create_dataset(name, data=values)
    write_labels(root, rows)
    return root


def write_array(root: Path, index: int, array: np.ndarray, dataset: str = "togo") -> None:
    """`features/arrays/INDEX_DATASET.h5`."""
    with h5py.File(root / "features" / "arrays" / f"{index}_{dataset}.h5", "w") as file:
        file.create_dataset("array", data=array)


def write_export(path: Path, lat: float, lon: float, value: float, side: int = 5) -> Path:
    """An export around a place; band b of step t is value + 100 t + b, without descriptions."""
    size = 8.983152841195215e-05
    grid = rasterio.Affine(size, 0, lon - side / 2 * size, 0, -size, lat + side / 2 * size)
    profile = {"driver": "GTiff", "width": side, "height": side, "count": 12 * DYNAMIC + 2, "dtype": "float64"}
    with rasterio.open(path, "w", **profile, crs="EPSG:4326", transform=grid) as file:
        for step in range(12):
            for band in range(DYNAMIC):
                file.write(np.full((side, side), value + 100 * step + band), step * DYNAMIC + band + 1)
        file.write(np.full((side, side), 210.0), 12 * DYNAMIC + 1)
        file.write(np.full((side, side), np.nan), 12 * DYNAMIC + 2)
    return path
