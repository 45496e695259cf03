"""Benchmark `sen1floods11`: water or not in images of eleven floods (Bonafilia et al. 2020)."""

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from attrs import frozen

from spacenit_core.config.fields import at_least, setting
from spacenit_core.errors import DataError
from spacenit_evals.benchmarks.dense.config import DenseConfig, Stored

if TYPE_CHECKING:
    from spacenit_evals.benchmarks.dense.source import DenseSource

CLASSES = ("dry", "water")
"""By label and by number in the files; -1 is no label."""

S1_BANDS = ("vv", "vh")
S2_BANDS = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B10", "B11", "B12")


@frozen(kw_only=True)
class Sen1Floods11(DenseConfig):
    """Tiles of hand-labelled chips of 512 pixels; Sentinel-1 is the input, Sentinel-2 by name.

    Reads the publisher's chips or the tensors flood_{train,valid,test,bolivia}_data.pt that OlmoEarth makes of them.
    OlmoEarth leaves out tiles without water, and those where Sentinel-1 has a missing pixel: `as_published` does too.
    Chips without the publisher's lists are divided into folds of tiles.
    """

    title = "Sen1Floods11"
    predicts = "segmentation"
    variable = "FLOODS_DIR"
    source = "the bucket gs://sen1floods11/v1.1"
    licence = "none stated (open access)"
    stores: ClassVar[Stored] = {"sentinel1": ("sentinel1",), "sentinel2": ("sentinel2", "sentinel2_l2a")}
    uses = ("sentinel1",)

    variant: Literal["corrected", "as_published"] = setting(
        "all tiles, or those that hold water and no missing pixel of Sentinel-1", "corrected"
    )
    test_split: Literal["test", "bolivia"] = setting(
        "what is tested: chips of the floods that are trained on, or the flood in Bolivia, of which nothing is", "test"
    )
    tile: int = setting("pixels along one side of a sample, a part of 512", 64, validator=at_least(1))
    folds: int = setting("parts of the ground that are tested in turn, without lists", 5, validator=at_least(2))
    draws: int = setting("draws of the folds", 5, validator=at_least(1))
    seed: int = setting("seed of the draws", 0, validator=at_least(0))

    def open(self, folder: Path) -> "DenseSource":
        """Find the chips or tensors.

        Raises:
            UserError: where tiles cannot be of that size.
            DataError: where the folder holds neither layout, or not all of it.
        """
        from spacenit_evals.benchmarks.sen1floods11.chips import FloodChips
        from spacenit_evals.benchmarks.sen1floods11.tensors import FloodTensors

        if any(folder.glob("flood_*_data.pt")):
            return FloodTensors.of(self, folder)
        for root in (folder, folder / "v1.1"):
            for place in (root / "data" / "flood_events" / "HandLabeled", root):
                if (place / "LabelHand").is_dir():
                    return FloodChips.of(self, root, place)
        raise DataError(
            f"{folder} ({self.variable}) holds neither data/flood_events/HandLabeled/LabelHand, nor LabelHand, nor "
            "flood_train_data.pt",
            f"{self.source} has the chips",
        )
