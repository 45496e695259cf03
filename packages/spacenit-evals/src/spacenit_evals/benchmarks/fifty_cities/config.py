"""What the benchmarks of 50 Cities share: land cover of cities in one image of Sentinel-1 and one of Sentinel-2."""

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from attrs import frozen

from spacenit_core.config.fields import setting
from spacenit_core.errors import DataError
from spacenit_evals.benchmarks.dense.config import DenseConfig, Stored

if TYPE_CHECKING:
    from spacenit_evals.benchmarks.dense.source import DenseSource

TILE = 64
S1_BANDS = ("vh", "vv")
S2_BANDS = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12")

FLOOR = 1e-6
"""The power that OlmoEarth puts where Sentinel-1 has none: -60 dB."""

Unit = Literal["tile", "city", "continent"]


@frozen(kw_only=True)
class FiftyCities(DenseConfig):
    """Tiles of 64 pixels of labelled cities, divided tile by tile: neighbours are trained on and tested.

    Reads the cities' own rasters (S1.tif, S2.tif, label.png), or the tiles that OlmoEarth makes of them. The classes
    have no names: they are the colours of the label images.
    """

    title = "50 Cities"
    predicts = "segmentation"
    variable = "FIFTY_CITIES_DIR"
    source = "the authors of 50 Cities"
    licence = "none known"
    stores: ClassVar[Stored] = {"sentinel2": ("sentinel2_l2a",), "sentinel1": ("sentinel1",)}
    uses = ("sentinel2",)

    by: ClassVar[Unit] = "tile"
    """What the sides of the split do not share."""

    variant: Literal["corrected", "as_published"] = setting(
        "whether Sentinel-1 is missing where it has no power, or -60 dB as in OlmoEarth's tiles", "corrected"
    )

    def open(self, folder: Path) -> "DenseSource":
        """Find the cities or tiles.

        Raises:
            DataError: where the folder holds neither layout, or not all of it.
        """
        from spacenit_evals.benchmarks.fifty_cities.rasters import CityRasters
        from spacenit_evals.benchmarks.fifty_cities.tensors import CityTensors

        if (folder / "manifest.json").is_file():
            return CityTensors.of(self, folder)
        if any(folder.glob("*/label.png")):
            return CityRasters.of(self, folder)
        raise DataError(
            f"{folder} ({self.variable}) holds neither manifest.json nor CITY/label.png", f"{self.source} have them"
        )


@frozen(kw_only=True)
class FiftyCitiesByCity(FiftyCities):
    """Tiles of 64 pixels of labelled cities, of which some are tested that nothing is trained on."""

    by = "city"


@frozen(kw_only=True)
class FiftyCitiesByContinent(FiftyCities):
    """Tiles of 64 pixels of labelled cities, tested on a continent that nothing is trained on."""

    by = "continent"
