"""The publisher's lists of names and labels."""

import hashlib
import json
from pathlib import Path

import numpy as np
from attrs import frozen

from spacenit_core.errors import DataError

LABELS = Path("labels") / "TreeSatBA_v9_60m_multi_labels.json"
SIDES = ("train", "val", "test")
GENERA = (
    *("Abies", "Acer", "Alnus", "Betula", "Cleared", "Fagus", "Fraxinus", "Larix", "Picea", "Pinus", "Populus"),
    *("Prunus", "Pseudotsuga", "Quercus", "Tilia"),
)


@frozen(kw_only=True, eq=False)
class Stands:
    """The stands of the lists.

    Attributes:
        names: without endings.
        side: int ``[n]``: 0 train, 1 validation, 2 test.
        shares: of each genus, float ``[n, 15]``.
        digest: tells these lists and labels from others.
    """

    names: tuple[str, ...]
    side: np.ndarray
    shares: np.ndarray
    digest: str


def read_stands(root: Path) -> Stands:
    """Read lists and labels; a list of validation names may be absent.

    Raises:
        DataError: where files are missing or damaged, a stand has no label, or is on two sides.
    """
    digest = hashlib.sha256()
    labels = _labels(root / LABELS)
    names: list[str] = []
    side: list[int] = []
    for number, name in enumerate(SIDES):
        path = root / f"{name}_filenames.lst"
        if name == "val" and not path.is_file():
            continue
        try:
            listed = [line.strip() for line in path.read_text().splitlines() if line.strip()]
        except (OSError, UnicodeDecodeError) as error:
            raise DataError(f"{path} cannot be read: {error}", "copy it again from its publisher") from error
        names += listed
        side += [number] * len(listed)
        digest.update(f"{name} {' '.join(listed)}\n".encode())
    if len(set(names)) < len(names):
        raise DataError(f"the lists of {root} name a stand twice", "copy them again")
    absent = [name for name in names if name not in labels]
    if absent:
        raise DataError(f"{root / LABELS} has no label of {absent[0]}", "copy it again")
    shares = np.zeros((len(names), len(GENERA)))
    for row, name in enumerate(names):
        for genus, share in labels[name]:
            if genus not in GENERA:
                raise DataError(f"{root / LABELS} calls a tree {genus!r}", f"genera are {', '.join(GENERA)}")
            shares[row, GENERA.index(genus)] = share
    digest.update(shares.tobytes())
    stems = tuple(name.rpartition(".")[0] or name for name in names)
    return Stands(names=stems, side=np.array(side), shares=shares, digest=digest.hexdigest()[:16])


def _labels(path: Path) -> dict[str, list[tuple[str, float]]]:
    try:
        stored = json.loads(path.read_bytes())
        return {name: [(str(genus), float(share)) for genus, share in rows] for name, rows in stored.items()}
    except (OSError, ValueError, AttributeError, TypeError) as error:
        raise DataError(f"{path} cannot be read: {error}", "copy it again from its publisher") from error
