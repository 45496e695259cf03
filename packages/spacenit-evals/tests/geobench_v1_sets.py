"""Six samples of each set of GEO-Bench v1, as its publisher stores them."""

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path
from typing import Any

import numpy as np
from attrs import field, frozen

from .geobench_files import NAMES, write_facts, write_sample

SIZE = 16
RGB = ("Red", "Green", "Blue")
WITHOUT_CIRRUS = tuple(name for name in NAMES if not name.startswith("10"))
CLOUDS = (*WITHOUT_CIRRUS, "Cloud Probability")
SIDES = {"train": ["a", "b", "c"], "valid": ["d"], "test": ["e", "f"]}
SAMPLES = tuple(name for names in SIDES.values() for name in names)

DEGREES = "EPSG:4326"
DAYS = (*(date(2019, 11, 5 + 5 * number) for number in range(5)), date(2020, 2, 28))


@frozen
class Layout:
    """How a set is stored.

    Attributes:
        task: what it is for.
        bands: names of the data sets; the pixels of each are ``10 * (place + 1) + number`` of the sample.
        classes: how many.
        named: whether the files name them.
        dtype: of the pixels.
        scale: they are multiplied by.
        dated: whether names end in a date.
        corners: whether positions are stated: "metres", "degrees", "scene" (one for all) or nothing.
        more: other data sets.
    """

    task: str
    bands: Sequence[str]
    classes: int
    named: bool = True
    dtype: Any = np.int16
    scale: float = 1.0
    dated: bool = False
    corners: str = ""
    more: dict[str, Any] = field(factory=dict)


LANDSAT = ("04 - Red", "03 - Green", "02 - Blue", "05 - NIR", "06 - SWIR1", "07 - SWIR2")
RADAR = ("01 - VH.Real", "02 - VH.Imaginary")
TEN = tuple(name for name in NAMES if name[:2] not in ("01", "09", "10"))

LAYOUTS = {
    "m-bigearthnet": Layout("multilabel", WITHOUT_CIRRUS, 43, dtype=np.float32),
    "m-brick-kiln": Layout("classification", NAMES, 2, corners="degrees"),
    "m-eurosat": Layout("classification", NAMES, 10, corners="metres"),
    "m-forestnet": Layout("classification", LANDSAT, 12, dtype=np.uint8, dated=True, corners="degrees"),
    "m-pv4ger": Layout("classification", RGB, 2, dtype=np.uint8, corners="degrees"),
    "m-so2sat": Layout("classification", (*RADAR, *TEN), 17, dtype=np.float32, scale=1e-4),
    "m-cashew-plant": Layout(
        "segmentation",
        (*WITHOUT_CIRRUS, "Cloud Probability"),
        7,
        named=False,
        dtype=np.float32,
        dated=True,
        corners="scene",
    ),
    "m-chesapeake": Layout("segmentation", (*RGB, "NearInfrared"), 7, named=False, dtype=np.float32),
    "m-NeonTree": Layout(
        "segmentation",
        RGB,
        2,
        dtype=np.uint8,
        corners="metres",
        more={"Canopy Height Model": np.ones((2, 2, 1), np.float32), "Neon": np.ones((2, 2, 369), np.int16)},
    ),
    "m-nz-cattle": Layout("segmentation", RGB, 2, dtype=np.uint8, dated=True, corners="degrees"),
    "m-pv4ger-seg": Layout("segmentation", RGB, 2, dtype=np.uint8, corners="degrees"),
    "m-SA-crop-type": Layout("segmentation", CLOUDS, 10, named=False, corners="scene"),
}
TYPES = {
    "classification": "Classification",
    "multilabel": "MultiLabelClassification",
    "segmentation": "SegmentationClasses",
}


def label_of(layout: Layout, number: int) -> Any:
    """The label of a sample; of maps two samples share one, as the dates of a place do."""
    if layout.task == "classification":
        return number % layout.classes
    if layout.task == "multilabel":
        return ((np.arange(layout.classes) + number) % 5 == 0).astype(np.int64)
    place = number // 2
    return ((np.arange(SIZE * SIZE) + place) % layout.classes).reshape(SIZE, SIZE).astype(np.uint8)


def write_layout(root: Path, name: str) -> Path:
    """Write a set; its folder."""
    layout = LAYOUTS[name]
    folder = root / ("segmentation_v1.0" if layout.task == "segmentation" else "classification_v1.0") / name
    folder.mkdir(parents=True)
    for number, sample in enumerate(SAMPLES):
        levels = {band: layout.scale * (10 * (place + 1) + number) for place, band in enumerate(layout.bands)}
        bands = {band: np.full((SIZE, SIZE), level).astype(layout.dtype) for band, level in levels.items()}
        degrees = layout.corners == "degrees"
        steps = {"metres": (6e5 + 5000 * (number // 2), 4.8e6), "degrees": (7.0 + 0.2 * (number // 2), 50.0)}
        write_sample(
            folder / f"{sample}.hdf5",
            bands | layout.more,
            label_of(layout, number),
            steps.get(layout.corners, (6e5, 4.8e6) if layout.corners else None),
            day=DAYS[number] if layout.dated else None,
            **({"crs": DEGREES} if degrees else {}),
        )
    class_names = [f"class {number}" for number in range(layout.classes)] if layout.named else None
    key = "class_name" if layout.task == "multilabel" else "_class_names"
    write_facts(folder, SIDES, TYPES[layout.task], n_classes=layout.classes, **{key: class_names})
    stated = {
        band: {"mean": layout.scale * (10 * (place + 1) + 1), "std": layout.scale * 2.0}
        for place, band in enumerate(layout.bands)
    }
    (folder / "band_stats.json").write_text(json.dumps(stated))
    return folder
