"""What the benchmarks of PASTIS-R share: crops of French fields (Sainte Fare Garnot and Landrieu 2021, 2022)."""

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from attrs import frozen

from spacenit_core.config.fields import above, setting
from spacenit_core.errors import DataError
from spacenit_evals.benchmarks.dense.config import DenseConfig, Stored

if TYPE_CHECKING:
    from spacenit_evals.benchmarks.dense.source import DenseSource

PATCH = 128
MONTHS = 12

S2_BANDS = ("B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12")
S1_BANDS = ("vv", "vh")


@frozen(kw_only=True)
class PastisConfig(DenseConfig):
    """Base of the entries; a subclass says which sensors and which size.

    Reads the publisher's arrays, or the folders pastis_r_{train,valid,test} of monthly tensors that OlmoEarth makes of
    them. OlmoEarth dates Sentinel-1 by the images of Sentinel-2, which puts them into wrong months: its tensors of
    Sentinel-1 are refused unless `variant` asks for them, which makes the same of the publisher's arrays.
    """

    title = "PASTIS-R"
    predicts = "segmentation"
    source = "Zenodo (10.5281/zenodo.5735646)"
    licence = "Etalab 2.0"
    stores: ClassVar[Stored] = {"sentinel2": ("sentinel2_l2a",), "sentinel1": ("sentinel1",)}

    tile: ClassVar[int]
    """Pixels along one side of a sample: 64, or 128 for whole patches."""

    series: Literal["monthly", "dates"] = setting(
        "the mean image of each of twelve months, or all images by their dates", "monthly"
    )
    variant: Literal["corrected", "as_published"] = setting(
        "whether Sentinel-1 has its own dates, or those of Sentinel-2 as in OlmoEarth's tensors", "corrected"
    )
    block: float = setting(
        "metres along one side of the ground whose samples count as one group", 10_000.0, validator=above(0)
    )

    def open(self, folder: Path) -> "DenseSource":
        """Find the arrays or the tensors.

        Raises:
            UserError: where the tensors are not what was asked for.
            DataError: where the folder holds neither layout, or not all of it.
        """
        from spacenit_evals.benchmarks.pastis.arrays import PastisArrays
        from spacenit_evals.benchmarks.pastis.tensors import PastisTensors

        for root in (folder, folder / "PASTIS-R"):
            if (root / "metadata.geojson").is_file():
                return PastisArrays.of(self, root)
            if any(root.glob("pastis_r_*")):
                return PastisTensors.of(self, root)
        raise DataError(
            f"{folder} ({self.variable}) holds neither metadata.geojson nor pastis_r_train",
            f"{self.source} has the arrays",
        )


@frozen(kw_only=True)
class Pastis64(PastisConfig):
    """Quarters of patches."""

    variable = "PASTIS_DIR"
    tile = 64


@frozen(kw_only=True)
class Pastis128(PastisConfig):
    """Whole patches."""

    variable = "PASTIS_DIR_ORIG"
    tile = 128
