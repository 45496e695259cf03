"""Tiny Sen1Floods11: chips as its publisher writes them, and the tensors that OlmoEarth makes of them."""

import json
from pathlib import Path

import numpy as np
import torch

from .dense_files import write_tif

CHIPS = {
    "train": ("Ghana_1", "India_2"),
    "valid": ("Ghana_3",),
    "test": ("India_4", "Sri-Lanka_5"),
    "bolivia": ("Bolivia_6",),
}
SIZE = 128

Chips = dict[str, tuple[np.ndarray, np.ndarray, np.ndarray]]
"""Chip -> Sentinel-1, Sentinel-2 and labels."""


def write_chips(root: Path, *, dated: bool = True) -> Chips:
    """Chips of a mixed tile, a dry one, one without label, and one of water with a missing pixel; water is dark."""
    rng = np.random.default_rng(1)
    place = root / "data/flood_events/HandLabeled"
    found: Chips = {}
    for side, names in CHIPS.items():
        rows = [f"{name}_S1Hand.tif,{name}_LabelHand.tif" for name in names]
        path = root / f"splits/flood_handlabeled/flood_{side}_data.csv"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("\n".join(rows) + "\n")
        for name in names:
            s2 = rng.integers(1, 4000, (13, SIZE, SIZE)).astype(np.int16)
            labels = np.zeros((1, SIZE, SIZE), np.int16)
            labels[0, :64, :64] = rng.integers(-1, 2, (64, 64))
            labels[0, 64:, :64] = -1
            labels[0, 64:, 64:] = 1
            s1 = (rng.normal(-8, 2, (2, SIZE, SIZE)) - 12 * (labels > 0)).astype(np.float32)
            s1[:, 100, 100] = np.nan
            for folder, bands in (("S1Hand", s1), ("S2Hand", s2), ("LabelHand", labels)):
                write_tif(
                    place / folder / f"{name}_{folder}.tif", bands, crs="EPSG:4326", corner=(8.0, 47.0), pixel=9e-5
                )
            found[name] = s1, s2, labels
    if dated:
        facts = [
            {"properties": {"location": flood, "s1_date": "2018/09/18", "s2_date": "2018/09/19"}}
            for flood in ("Ghana", "India", "Sri-Lanka", "Bolivia")
        ]
        (root / "Sen1Floods11_Metadata.geojson").write_text(json.dumps({"features": facts}))
    return found


def write_tensors(root: Path, chips: Chips) -> None:
    """What OlmoEarth makes of the chips: tiles of 64 pixels that hold water."""
    root.mkdir(parents=True, exist_ok=True)
    for side, names in CHIPS.items():
        parts: dict[str, list[np.ndarray]] = {"s1": [], "s2": [], "labels": []}
        for name in names:
            for row in (0, 64):
                for column in (0, 64):
                    inside = (slice(None), slice(row, row + 64), slice(column, column + 64))
                    if (chips[name][2][inside] > 0).any():
                        for key, bands in zip(parts, chips[name], strict=True):
                            parts[key].append(bands[inside])
        tensors = {key: torch.from_numpy(np.stack(own)) for key, own in parts.items()}
        torch.save(tensors, root / f"flood_{side}_data.pt")
