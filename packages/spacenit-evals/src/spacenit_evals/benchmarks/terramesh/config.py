"""Benchmark `terramesh`: a map of land cover under images of Sentinel-1 and 2 (Blumenstiel et al. 2025)."""

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from attrs import frozen

from spacenit_core.config.fields import at_least, setting
from spacenit_core.errors import DataError
from spacenit_evals.benchmarks.dense.config import DenseConfig, Stored

if TYPE_CHECKING:
    from spacenit_evals.benchmarks.dense.source import DenseSource

COVER = {
    1: "water",
    2: "trees",
    3: "flooded vegetation",
    4: "crops",
    5: "built area",
    6: "bare ground",
    7: "snow and ice",
    9: "rangeland",
}
"""Code -> name. They count on, unlike those of the map that they come from; 0 is unknown and 8 clouds: no label."""

UNLABELLED = (0, 8)

S1_BANDS = ("vv", "vh")
S2_BANDS = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12")


@frozen(kw_only=True)
class TerraMesh(DenseConfig):
    """Parts of tiles with the classes of a land-cover map, which is itself a model's, in folds of ground.

    Reads a folder of GeoTIFFs for each of S2L2A, S1RTC and LULC, one file per tile, as in the examples of TerraMind.
    """

    title = "TerraMesh"
    predicts = "segmentation"
    variable = "TERRAMESH_DIR"
    source = "the folder examples of the repository IBM/terramind"
    licence = "CC BY-SA 4.0"
    stores: ClassVar[Stored] = {"sentinel2_l2a": ("sentinel2_l2a",), "sentinel1": ("sentinel1",)}
    uses = ("sentinel2_l2a",)

    tile: int = setting(
        "pixels along one side of a sample, and of the ground that is one group", 32, validator=at_least(1)
    )
    folds: int = setting("parts of the ground that are tested in turn", 5, validator=at_least(2))
    draws: int = setting("draws of the folds", 5, validator=at_least(1))
    seed: int = setting("seed of the draws", 0, validator=at_least(0))

    def open(self, folder: Path) -> "DenseSource":
        """Read the maps.

        Raises:
            UserError: where tiles cannot be cut so, or folds do not fit.
            DataError: where files are missing or damaged.
        """
        from spacenit_evals.benchmarks.terramesh.tiles import TerraMeshTiles

        if not any((folder / "LULC").glob("*.tif")):
            raise DataError(f"{folder} ({self.variable}) holds no LULC/NAME.tif", f"{self.source} has some")
        return TerraMeshTiles.of(self, folder)
