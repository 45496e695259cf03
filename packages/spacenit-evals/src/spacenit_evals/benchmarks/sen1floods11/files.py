"""Where the files of Sen1Floods11 lie, and what they say of chips and floods."""

import csv
import json
from datetime import date
from pathlib import Path

import numpy as np

from spacenit_core.errors import DataError, UserError
from spacenit_evals.benchmarks.dense.files import require_all
from spacenit_evals.benchmarks.dense.sides import read_lines, sides_of
from spacenit_evals.benchmarks.dense.source import TEST, TRAIN, VALIDATION
from spacenit_evals.benchmarks.sen1floods11.config import S1_BANDS, S2_BANDS, Sen1Floods11

SENSORS = {"sentinel1": ("S1Hand", "s1", S1_BANDS), "sentinel2": ("S2Hand", "s2", S2_BANDS)}
"""Sensor -> the folder that the publisher names, that of others, and the bands of its files."""

METADATA = "Sen1Floods11_Metadata.geojson"


def listed_chips(config: Sen1Floods11, root: Path, place: Path) -> tuple[tuple[str, ...], np.ndarray | None]:
    """The chips by the publisher's lists, and the side of each; without lists all chips, and None.

    Raises:
        UserError: where a split is asked for that only lists say.
        DataError: where lists are damaged or incomplete, or there is no chip.
    """
    lists = _lists(config, root)
    if lists:
        return sides_of(lists, root)
    if config.test_split != "test":
        raise UserError(f"{root} has no lists of chips, and so no split {config.test_split}", "copy splits there")
    return _all(place), None


def _lists(config: Sen1Floods11, root: Path) -> dict[int, list[str]]:
    """Side -> chips; empty where the publisher's lists are not there at all.

    Raises:
        DataError: where some are.
    """
    names = {TRAIN: "train", VALIDATION: "valid", TEST: config.test_split}
    for folder in (root / "splits" / "flood_handlabeled", root):
        paths = {side: folder / f"flood_{name}_data.csv" for side, name in names.items()}
        if any(path.is_file() for path in paths.values()):
            require_all(list(paths.values()), root)
            return {side: _chips(path) for side, path in paths.items()}
    return {}


def _chips(path: Path) -> list[str]:
    """The chips that a list names in its second column."""
    suffix = "_LabelHand.tif"
    rows = list(csv.reader(read_lines(path)))
    wrong = [row for row in rows if len(row) < 2 or not row[1].strip().endswith(suffix)]
    if wrong:
        raise DataError(f"{path} has the row {','.join(wrong[0])}", f"rows name an image and a label NAME{suffix}")
    return [row[1].strip().removesuffix(suffix) for row in rows]


def _all(place: Path) -> tuple[str, ...]:
    names = sorted(path.name.removesuffix("_LabelHand.tif") for path in (place / "LabelHand").glob("*_LabelHand.tif"))
    if not names:
        raise DataError(f"{place / 'LabelHand'} holds no NAME_LabelHand.tif", "copy the chips again")
    return tuple(names)


def label_file(place: Path, name: str) -> Path:
    """The labels of a chip."""
    return place / "LabelHand" / f"{name}_LabelHand.tif"


def image_file(place: Path, name: str, sensor: str) -> Path:
    """The image of a chip by a sensor, in the publisher's folders or in others'."""
    own, other, _ = SENSORS[sensor]
    folder = place / other if (place / other).is_dir() and not (place / own).is_dir() else place / own
    return folder / f"{name}_{own}.tif"


def flood_of(name: str) -> str:
    """The flood that a chip is of, in small letters."""
    return name.rpartition("_")[0].lower()


def read_days(path: Path) -> dict[tuple[str, str], date]:
    """When each flood was seen by each sensor, where the publisher's file says it.

    Raises:
        DataError: where that file is damaged.
    """
    if not path.is_file():
        return {}
    found = {}
    try:
        for feature in json.loads(path.read_text(encoding="utf-8"))["features"]:
            facts = feature["properties"]
            for sensor, key in (("sentinel1", "s1_date"), ("sentinel2", "s2_date")):
                found[str(facts["location"]).lower(), sensor] = date.fromisoformat(facts[key].replace("/", "-")[:10])
    except (OSError, ValueError, KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{path} cannot be read: {error!r}", "copy it again from its publisher") from error
    return found
