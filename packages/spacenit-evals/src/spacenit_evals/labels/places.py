"""Where the samples of a set lie on the ground."""

import csv
from functools import cached_property
from pathlib import Path

import numpy as np
import rasterio
from attrs import frozen
from rasterio.crs import CRS

from spacenit_core.errors import DataError
from spacenit_data.h5.metadata import LOCATIONS_CSV


@frozen(eq=False, slots=False)
class Places:
    """Where m samples lie.

    Attributes:
        numbers: int64 ``[m]``, the samples' numbers, ascending.
        crs: text ``[m]``, the reference system of each.
        left: float64 ``[m]``, x of the left edge in metres.
        top: float64 ``[m]``, y of the upper edge in metres.
        gsd: float64 ``[m]``, metres per cell.
    """

    numbers: np.ndarray
    crs: np.ndarray
    left: np.ndarray
    top: np.ndarray
    gsd: np.ndarray

    def __len__(self) -> int:
        return len(self.numbers)

    @cached_property
    def systems(self) -> dict[str, CRS]:
        """The reference systems by the name that the set gives them."""
        return {str(name): CRS.from_user_input(str(name)) for name in np.unique(self.crs)}

    def of(self, samples: np.ndarray) -> np.ndarray:
        """The places of samples among the m, int ``[n]``, by their numbers."""
        return np.searchsorted(self.numbers, samples)


def read_places(h5py_dir: Path) -> Places:
    """Read where the samples of a set lie.

    Raises:
        DataError: if the set does not say, or its table is damaged.
    """
    path = h5py_dir / LOCATIONS_CSV
    if not path.exists():
        raise DataError(
            f"{h5py_dir} does not say where its samples lie: there is no {LOCATIONS_CSV}",
            "sets made by `spacenit-run data tile` and `spacenit-run data convert` have one",
        )
    try:
        with path.open(newline="") as file:
            rows = list(csv.DictReader(file))
        numbers = np.array([int(row["sample_index"]) for row in rows], dtype=np.int64)
        order = np.argsort(numbers, kind="stable")
        left, top, gsd = (np.array([float(row[key]) for row in rows])[order] for key in ("left", "top", "gsd"))
        places = Places(numbers[order], np.array([row["crs"] for row in rows], dtype=str)[order], left, top, gsd)
        assert places.systems is not None
    except (OSError, KeyError, TypeError, ValueError, rasterio.errors.CRSError) as error:
        raise DataError(f"{path} cannot be read: {error}", "make the set again, or copy the file again") from error
    return places
