"""Tiny sets in the layout of GEO-Bench v1: the same files, pickles of the same classes included."""

import json
import pickle  # noqa: TID251  (written as the publisher does)
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import date
from pathlib import Path
from types import ModuleType
from typing import Any

import h5py
import numpy as np
from affine import Affine

NAMES = (
    "01 - Coastal aerosol",
    "02 - Blue",
    "03 - Green",
    "04 - Red",
    "05 - Vegetation Red Edge",
    "06 - Vegetation Red Edge",
    "07 - Vegetation Red Edge",
    "08 - NIR",
    "08A - Vegetation Red Edge",
    "09 - Water vapour",
    "10 - SWIR - Cirrus",
    "11 - SWIR",
    "12 - SWIR",
)
CRS = 'PROJCS["WGS 84 / UTM zone 35N"]'

CLASSES = (
    "geobench.dataset:Sentinel2",
    "geobench.dataset:SegmentationClasses",
    "geobench.task:TaskSpecifications",
    "geobench.label:Classification",
    "geobench.label:MultiLabelClassification",
)


class _Plain:
    """A class of the publisher's, with its state."""

    def __init__(self, **state: Any) -> None:
        self.__dict__ |= state


class _Grid:
    """A transform, pickled as affine did before its version 3."""

    def __init__(self, size: float, corner: tuple[float, float]) -> None:
        self.numbers = (size, 0.0, corner[0], 0.0, -size, corner[1])

    def __reduce__(self) -> Any:
        return Affine, self.numbers


@contextmanager
def publishers_classes() -> Iterator[dict[str, type]]:
    """Classes of the publisher's names while the block runs, for pickling."""
    made, modules = {}, ["geobench"]
    sys.modules["geobench"] = ModuleType("geobench")
    for path in CLASSES:
        module_name, _, name = path.partition(":")
        module = sys.modules.setdefault(module_name, ModuleType(module_name))
        modules.append(module_name)
        made[name] = type(name, (_Plain,), {"__module__": module_name, "__qualname__": name})
        setattr(module, name, made[name])
    try:
        yield made
    finally:
        for name in set(modules):
            del sys.modules[name]


def write_sample(
    path: Path,
    bands: Mapping[str, np.ndarray],
    label: Any,
    corner: tuple[float, float] | None = None,
    *,
    crs: str = CRS,
    day: date | None = None,
) -> None:
    """One sample.

    Args:
        path: its file.
        bands: name -> pixels ``[H, W]``.
        label: its class, its row of classes, or the map of its classes ``[H, W]``.
        corner: upper left, in the reference system.
        crs: the reference system.
        day: of the image, which goes into the names of its data sets.
    """
    is_map = isinstance(label, np.ndarray) and label.ndim == 2
    size = 10.0 if corner is None or abs(corner[0]) > 360 else 1e-4
    with publishers_classes() as classes, h5py.File(path, "w") as file:
        facts: dict[str, Any] = {} if is_map else {"label": label}
        order = []
        for name, pixels in {**bands, **({"label": label} if is_map else {})}.items():
            key = name if day is None else f"{name}_{day}"
            file[key] = pixels
            order.append(key)
            kind = classes["SegmentationClasses" if name == "label" else "Sentinel2"]
            facts[key] = {
                "band_info": kind(name=name, alt_names=(), spatial_resolution=10.0),
                "date": day,
                "date_id": day,
                "spatial_resolution": 10.0,
                "meta_info": None,
                "transform": None if corner is None else _Grid(size, corner),
                "crs": crs,
            }
        facts["bands_order"] = order
        file.attrs["pickle"] = str(pickle.dumps(facts, protocol=4))


def write_facts(folder: Path, sides: Mapping[str, Sequence[str]], label_type: str, **state: Any) -> None:
    """What the publisher writes beside the samples.

    Args:
        folder: the set's.
        sides: "train", "valid", "test" -> the names of its samples.
        label_type: the publisher's class.
        state: what it holds.
    """
    (folder / "default_partition.json").write_text(json.dumps(sides))
    share = {**sides, "train": sides["train"][: len(sides["train"]) // 2]}
    (folder / "0.50x_train_partition.json").write_text(json.dumps(share))
    with publishers_classes() as made:
        specs = made["TaskSpecifications"](dataset_name=folder.name, label_type=made[label_type](**state))
        (folder / "task_specs.pkl").write_bytes(pickle.dumps(specs, protocol=4))


def write_set(
    root: Path, name: str, sides: Mapping[str, Sequence[int]], *, classes: Sequence[str], names: Sequence[str] = NAMES
) -> Path:
    """A set whose class c is bright in band c, two samples of which lie in each block of 5 km; the set's folder.

    Args:
        root: what GEOBENCH_DIR names.
        name: of the set.
        sides: "train", "valid", "test" -> the labels of its samples.
        classes: names by label.
        names: of the bands.
    """
    folder = root / "classification_v1.0" / name
    folder.mkdir(parents=True)
    rng, number = np.random.default_rng(0), 0
    listed: dict[str, list[str]] = {}
    for side, labels in sides.items():
        listed[side] = [f"id_{number + place}" for place in range(len(labels))]
        for sample, label in zip(listed[side], labels, strict=True):
            bands = {band: rng.integers(300, 500, (8, 8), dtype=np.int16) for band in names}
            bands[names[label]] += 1500
            write_sample(folder / f"{sample}.hdf5", bands, label, (600_000.0 + 5000 * (number // 2), 4_800_000.0))
            number += 1
    write_facts(folder, listed, "Classification", n_classes=len(classes), _class_names=list(classes))
    return folder
