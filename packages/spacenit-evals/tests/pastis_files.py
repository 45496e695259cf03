"""Tiny PASTIS-R: patches as its publisher writes them, and the tensors that OlmoEarth makes of them."""

import json
from pathlib import Path

import numpy as np
import torch
from attrs import frozen

S2_DATES = tuple(int(f"{2018 + month // 12}{month % 12 + 1:02}{day:02}") for month in range(8, 22) for day in (5, 25))
"""Two images in each of 14 months from September 2018 on."""

S1_DATES = tuple(
    int(f"{2018 + month // 12}{month % 12 + 1:02}{day:02}") for month in range(9, 20) for day in (2, 14, 26)
)
"""Three in each of eleven months from October 2018 on."""


@frozen(eq=False)
class PatchArrays:
    """What the files of a patch hold."""

    fold: int
    s2: np.ndarray
    s1: np.ndarray
    target: np.ndarray


def write_patches(root: Path) -> dict[int, PatchArrays]:
    """One patch in each fold, two in fold 2; folds are not in order in the metadata."""
    rng = np.random.default_rng(2)
    found, features = {}, []
    for number, fold in ((10_000, 2), (10_001, 1), (10_002, 5), (10_003, 3), (10_004, 4), (10_005, 2)):
        # Constant blocks of pixels keep the arithmetic quick and every corner different.
        coarse = rng.integers(1, 4000, (len(S2_DATES), 10, 8, 8)).astype(np.int16)
        s2 = coarse.repeat(16, axis=2).repeat(16, axis=3)
        s1 = rng.normal(-12, 3, (len(S1_DATES), 3, 8, 8)).astype(np.float16).repeat(16, axis=2).repeat(16, axis=3)
        target = rng.integers(0, 20, (3, 128, 128)).astype(np.uint8)
        for folder, name, array in (("DATA_S2", "S2", s2), ("DATA_S1A", "S1A", s1), ("ANNOTATIONS", "TARGET", target)):
            (root / folder).mkdir(parents=True, exist_ok=True)
            np.save(root / folder / f"{name}_{number}.npy", array)
        x, y = 850_000.0 + 1280 * (number % 10), 6_500_000.0
        ring = [[x, y], [x + 1280, y], [x + 1280, y + 1280], [x, y + 1280], [x, y]]
        features.append(
            {
                "properties": {
                    "ID_PATCH": number,
                    "Fold": fold,
                    "dates-S2": {str(place): day for place, day in enumerate(S2_DATES)},
                    "dates-S1A": {str(place): day for place, day in enumerate(S1_DATES)},
                },
                "geometry": {"type": "Polygon", "coordinates": [ring]},
            }
        )
        found[number] = PatchArrays(fold, s2, s1, target)
    crs = {"type": "name", "properties": {"name": "urn:ogc:def:crs:EPSG::2154"}}
    (root / "metadata.geojson").write_text(json.dumps({"crs": crs, "features": features}))
    return found


def quarters(array: np.ndarray) -> list[np.ndarray]:
    """Upper left, lower left, upper right, lower right."""
    return [array[..., :64, :64], array[..., 64:, :64], array[..., :64, 64:], array[..., 64:, 64:]]


def write_tensors(root: Path, patches: dict[int, PatchArrays], *, quartered: bool = True) -> None:
    """What OlmoEarth makes of the patches: Sentinel-1 image by image under the dates of Sentinel-2."""
    months = sorted({date // 100 for date in S2_DATES})[:12]
    for side, folds in (("train", (1, 2, 3)), ("valid", (4,)), ("test", (5,))):
        chosen = [patch for fold in folds for patch in patches.values() if patch.fold == fold]
        folder, targets = root / f"pastis_r_{side}", []
        for place, patch in enumerate(chosen):
            s1 = patch.s1[: len(S2_DATES), :2].astype(np.float32)
            mean = {}
            for key, stack in (("s2", patch.s2.astype(np.float32)), ("s1", s1)):
                own = [[n for n, date in enumerate(S2_DATES[: len(stack)]) if date // 100 == month] for month in months]
                mean[key] = np.stack([stack[numbers].mean(axis=0) for numbers in own if numbers])
            mean["s2"] = mean["s2"][:, [0, 0, 1, 2, 3, 4, 5, 6, 7, 7, 8, 8, 9]]
            target = np.where(patch.target[0] == 19, -1, patch.target[0].astype(np.int64))
            parts = {key: quarters(array) if quartered else [array] for key, array in mean.items()}
            for key, arrays in parts.items():
                (folder / f"{key}_images").mkdir(parents=True, exist_ok=True)
                for part, array in enumerate(arrays):
                    number = place * len(arrays) + part
                    torch.save(torch.from_numpy(array.copy()), folder / f"{key}_images" / f"{number}.pt")
            targets += quarters(target) if quartered else [target]
        torch.save(torch.from_numpy(np.stack(targets)), folder / "targets.pt")
        torch.save(torch.tensor([months] * len(targets)), folder / "months.pt")
