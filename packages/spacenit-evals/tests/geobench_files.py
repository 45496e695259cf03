"""Tiny sets in the layout of GEO-Bench v1: the same files, pickles of the same classes included."""

import json
import pickle  # noqa: TID251  (written as the publisher does)
import sys
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
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


class _Plain:
    """A class of the publisher's, with its state."""

    def __init__(self, **state: Any) -> None:
        self.__dict__ |= state


@contextmanager
def publishers_classes() -> Iterator[dict[str, type]]:
    """Classes of the publisher's names while the block runs, for pickling."""
    made, modules = {}, ["geobench"]
    sys.modules["geobench"] = ModuleType("geobench")
    for path in ("geobench.dataset:Sentinel2", "geobench.task:TaskSpecifications", "geobench.label:Classification"):
        module_name, _, name = path.partition(":")
        module = sys.modules[module_name] = ModuleType(module_name)
        modules.append(module_name)
        made[name] = type(name, (_Plain,), {"__module__": module_name, "__qualname__": name})
        setattr(module, name, made[name])
    try:
        yield made
    finally:
        for name in modules:
            del sys.modules[name]


def write_sample(
    path: Path, bands: Mapping[str, np.ndarray], label: Any, corner: tuple[float, float] | None = None
) -> None:
    """One sample."""
    with publishers_classes() as classes, h5py.File(path, "w") as file:
        facts: dict[str, Any] = {"label": label}
        for name, pixels in bands.items():
            file[name] = pixels
            facts[name] = {
                "band_info": classes["Sentinel2"](name=name),
                "date": None,
                "transform": None if corner is None else Affine(10.0, 0.0, corner[0], 0.0, -10.0, corner[1]),
                "crs": CRS,
            }
        facts["bands_order"] = list(bands)
        file.attrs["pickle"] = str(pickle.dumps(facts, protocol=4))


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
    (folder / "default_partition.json").write_text(json.dumps(listed))
    share = {**listed, "train": listed["train"][: len(listed["train"]) // 2]}
    (folder / "0.50x_train_partition.json").write_text(json.dumps(share))
    with publishers_classes() as made:
        label_type = made["Classification"](n_classes=len(classes), _class_names=list(classes))
        specs = made["TaskSpecifications"](dataset_name=name, label_type=label_type)
        (folder / "task_specs.pkl").write_bytes(pickle.dumps(specs, protocol=4))
    return folder
