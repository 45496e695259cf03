"""What benchmarks in the layout of rslearn share: windows on the ground, each with layers of rasters."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from attrs import frozen

from spacenit_core.config.fields import at_least, setting
from spacenit_core.errors import DataError
from spacenit_evals.benchmarks.dense.config import DenseConfig, Stored

if TYPE_CHECKING:
    from spacenit_evals.benchmarks.dense.source import DenseSource

S2_BANDS = ("B02", "B03", "B04", "B08", "B05", "B06", "B07", "B8A", "B11", "B12", "B01", "B09")
S1_BANDS = ("vv", "vh")


@frozen(kw_only=True)
class RslearnConfig(DenseConfig):
    """Base of the entries; a subclass says which layer is the label.

    Dates are those that each window states of its images, and never made up. Windows are cut or filled up to one size
    around their middle, where the labelled place lies.
    """

    stores: ClassVar[Stored] = {"sentinel2": ("sentinel2_l2a",), "sentinel1": ("sentinel1",)}
    uses: ClassVar[tuple[str, ...]] = ("sentinel2",)

    layers: ClassVar[Mapping[str, tuple[str, ...]]] = {
        "sentinel2": ("sentinel2", "sentinel2_l2a"),
        "sentinel1": ("sentinel1", "sentinel1_ascending", "sentinel1_descending"),
    }
    """Sensor -> the layers that may hold it."""

    label_layers: ClassVar[tuple[tuple[str, str], ...]]
    """Layer and band that may hold the label."""

    classes: ClassVar[tuple[str, ...]]
    """Names by label, which are the numbers in the files; the target's where something is regressed."""

    unlabelled: ClassVar[tuple[float, ...]]
    """Numbers in the files that are no label."""

    variant: Literal["corrected", "as_published"] = setting(
        "the dates of the images, or one month after the other from September 2022 on as in published evaluations",
        "corrected",
    )
    cells: int = setting("pixels along one side of a sample", 16, validator=at_least(1))
    window_group: str = setting(
        "group of windows that is read; spatial_split where there is one, else all, if empty", ""
    )

    def open(self, folder: Path) -> "DenseSource":
        """Read what all windows say of themselves.

        Raises:
            UserError: for a group of windows that is not there.
            DataError: where windows are missing or damaged, or state no split or no dates.
        """
        from spacenit_evals.benchmarks.rslearn.layers import RslearnLayers

        for root in (folder, folder / "dataset"):
            if (root / "windows").is_dir():
                return RslearnLayers.of(self, root)
        raise DataError(f"{folder} ({self.variable}) holds no folder windows", f"unpack dataset.tar of {self.source}")
