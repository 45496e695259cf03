"""Tiny MADOS: scenes as its publisher writes them, and the tensors that OlmoEarth makes of them."""

from pathlib import Path

import numpy as np
import torch

from .dense_files import write_tif

WAVELENGTHS = {
    "B01": (60, 443),
    "B02": (10, 492),
    "B03": (10, 560),
    "B04": (10, 665),
    "B05": (20, 704),
    "B06": (20, 740),
    "B07": (20, 783),
    "B08": (10, 833),
    "B8A": (20, 865),
    "B11": (20, 1614),
    "B12": (20, 2202),
}
CROPS = {"train": ("Scene_0_1", "Scene_0_2", "Scene_7_1"), "val": ("Scene_3_4",), "test": ("Scene_9_1", "Scene_9_3")}


def write_scenes(root: Path) -> dict[str, tuple[dict[str, np.ndarray], np.ndarray]]:
    """Crops of which two corners have labels; crop -> reflectance of each band as stored, and labels from 1."""
    rng = np.random.default_rng(0)
    found = {}
    for side, names in CROPS.items():
        (root / "splits").mkdir(parents=True, exist_ok=True)
        (root / "splits" / f"{side}_X.txt").write_text("".join(f"{name}\n" for name in names))
        for name in names:
            scene, _, number = name.rpartition("_")
            bands = {}
            for band, (metres, nanometres) in WAVELENGTHS.items():
                side_pixels = 2400 // metres
                bands[band] = rng.integers(1, 2000, (side_pixels, side_pixels)).astype(np.float32) / 10_000
                path = root / scene / str(metres) / f"{scene}_L2R_rhorc_{nanometres}_{number}.tif"
                write_tif(path, bands[band][None], crs=None)
            labels = np.zeros((240, 240), np.uint8)
            labels[:20, :30] = rng.integers(0, 16, (20, 30))
            labels[170:180, 200:] = rng.integers(1, 16)
            write_tif(root / scene / "10" / f"{scene}_L2R_cl_{number}.tif", labels[None], crs=None)
            write_tif(root / scene / "10" / f"{scene}_L2R_conf_{number}.tif", labels[None], crs=None)
            found[name] = bands, labels
    return found


def stretched(stored: np.ndarray) -> np.ndarray:
    """To 240 pixels a side, linear between the middles of pixels."""
    own = np.arange(len(stored))
    at = np.clip((np.arange(240) + 0.5) * len(stored) / 240 - 0.5, 0, len(stored) - 1)
    rows = np.stack([np.interp(at, own, column) for column in stored.T], axis=1)
    return np.stack([np.interp(at, own, row) for row in rows])


def write_tensors(
    root: Path, crops: dict[str, tuple[dict[str, np.ndarray], np.ndarray]], *, as_loaded: bool = False
) -> None:
    """What OlmoEarth's script makes of the crops; `as_loaded` as its loader reads them: bands last, classes from 0."""
    root.mkdir(parents=True, exist_ok=True)
    for side, names in CROPS.items():
        images, labels = [], []
        for name in names:
            bands, mask = crops[name]
            fine = {band: stretched(stored) for band, stored in bands.items()}
            fine["B06"] = (fine["B05"] + fine["B07"]) / 2
            fine["B09"] = fine["B8A"]
            fine["B10"] = (fine["B8A"] + fine["B11"]) / 2
            order = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B10", "B11", "B12")
            image = np.stack([fine[band] for band in order])
            for row in range(0, 240, 80):
                for column in range(0, 240, 80):
                    part = mask[row : row + 80, column : column + 80]
                    if part.any():
                        images.append(image[:, row : row + 80, column : column + 80])
                        labels.append(part)
        stacked, masks = np.stack(images).astype(np.float32), np.stack(labels).astype(np.int64)
        if as_loaded:
            stacked, masks = np.moveaxis(stacked, 1, -1), masks - 1
        torch.save(
            {"images": torch.from_numpy(np.ascontiguousarray(stacked)), "labels": torch.from_numpy(masks)},
            root / f"MADOS_{side}.pt",
        )
