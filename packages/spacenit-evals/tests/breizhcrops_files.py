"""Writes a small BreizhCrops as its publisher lays it out."""

from pathlib import Path

import h5py
import numpy as np

CLASSES = (
    "barley",
    "wheat",
    "rapeseed",
    "corn",
    "sunflower",
    "orchards",
    "nuts",
    "permanent meadows",
    "temporary meadows",
)
CODES = ("ORH", "BTH", "CZH", "MIS", "TRN", "VRG", "NOX", "PPH", "PTR")
REGIONS = ("frh01", "frh02", "frh03", "frh04")
SPECTRAL_MEANS = (3254, 2999, 2743, 2750, 2992, 3702, 4056, 3914, 4290, 1698, 288, 2729, 1857)
_DAY = 86_400_000_000_000


def write_breizhcrops(root: Path, parcels: int = 27) -> Path:
    """Regions of parcels; class c is brightest in month c + 1; one has no series, and one is no crop."""
    rng = np.random.default_rng(0)
    folder = root / "2017" / "L1C"
    folder.mkdir(parents=True)
    (root / "codes.csv").write_text("CODE_CULTU;LIBELLE\nORH;Orge\n")
    rows = [f"{number},{code},{number},{name}" for number, (code, name) in enumerate(zip(CODES, CLASSES, strict=True))]
    (root / "classmapping.csv").write_text("\n".join([",code,id,classname", *rows, ""]))
    for number, region in enumerate(REGIONS):
        lines = [",meanQA60,id,CODE_CULTU,path,idx,sequencelength"]
        with h5py.File(folder / f"{region}.h5", "w") as file:
            for parcel in range(parcels):
                ident, key = 1000 * number + parcel, f"csv/{1000 * number + parcel}.csv"
                table = _table(rng, parcel % 9, parcel == parcels - 1)
                file.create_dataset(key, data=table)
                code = "JACHERE" if parcel == parcels - 2 else CODES[parcel % 9]
                lines.append(f"{parcel},0.0,{ident},{code},{key},{parcel + 1},{len(table)}")
        (folder / f"{region}.csv").write_text("\n".join([*lines, ""]))
    return root


def _table(rng: np.random.Generator, label: int, empty: bool) -> np.ndarray:
    """Rows of one parcel in no order of days, float64 ``[T, 17]``."""
    if empty:
        return np.zeros((0, 17))
    days = np.sort(rng.choice(np.arange("2017-01-01", "2017-12-20", dtype="datetime64[D]"), 40, replace=False))
    month = days.astype("datetime64[M]").astype(int) % 12
    pixels = np.array(SPECTRAL_MEANS) + 800.0 * (month == label + 1)[:, None] + rng.normal(0, 30, (len(days), 13))
    stamps = days.astype(np.int64).astype(np.float64) * _DAY
    table = np.column_stack([pixels, np.zeros((len(days), 3)), stamps])
    return table[rng.permutation(len(days))]
