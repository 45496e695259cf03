"""Benchmark `mados`: marine debris, oil spills and other things at sea in Sentinel-2 images (Kikaki et al. 2024)."""

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from attrs import frozen

from spacenit_core.config.fields import at_least, setting
from spacenit_core.errors import DataError
from spacenit_evals.benchmarks.dense.config import DenseConfig, Stored

if TYPE_CHECKING:
    from spacenit_evals.benchmarks.dense.source import DenseSource

CLASSES = (
    "marine debris",
    "dense sargassum",
    "sparse floating algae",
    "natural organic material",
    "ship",
    "oil spill",
    "marine water",
    "sediment-laden water",
    "foam",
    "turbid water",
    "shallow water",
    "waves and wakes",
    "oil platform",
    "jellyfish",
    "sea snot",
)
"""By label; files count them from 1, and their 0 is no label."""

CROP = 240
SCALE = 10_000.0
"""Files hold reflectance."""


@frozen(kw_only=True)
class Mados(DenseConfig):
    """Tiles of 80 pixels with 15 classes of pixels at sea, most of them without label.

    Reads the publisher's scenes (11 bands, resampled by nearest neighbour) or the tensors MADOS_{train,val,test}.pt
    that OlmoEarth makes of them (10 bands, resampled linearly, B06 the mean of its neighbours); `as_published` makes
    the second of the first.
    """

    title = "MADOS"
    predicts = "segmentation"
    variable = "MADOS_DIR"
    source = "Zenodo (10.5281/zenodo.10664073)"
    licence = "CC BY 4.0"
    stores: ClassVar[Stored] = {"sentinel2_l2a": ("sentinel2_l2a", "sentinel2")}
    uses = ("sentinel2_l2a",)

    variant: Literal["corrected", "as_published"] = setting(
        "the sensor's own bands, or those that OlmoEarth computes where it leaves bands out", "corrected"
    )
    tile: int = setting("pixels along one side of a sample, a part of 240", 80, validator=at_least(1))

    def open(self, folder: Path) -> "DenseSource":
        """Read the labels of all tiles.

        Raises:
            UserError: where tiles cannot be of that size.
            DataError: where the folder holds neither layout, or not all of it.
        """
        from spacenit_evals.benchmarks.mados.scenes import MadosScenes
        from spacenit_evals.benchmarks.mados.tensors import MadosTensors

        for root in (folder, folder / "MADOS"):
            if (root / "splits").is_dir():
                return MadosScenes.of(self, root)
            if any(root.glob("MADOS_*.pt")):
                return MadosTensors.of(self, root)
        raise DataError(
            f"{folder} ({self.variable}) holds neither splits/train_X.txt nor MADOS_train.pt",
            f"{self.source} has the scenes",
        )
