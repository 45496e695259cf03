"""How rasters are cut into samples."""

import math

import attrs
from rasterio.enums import Resampling

from spacenit_core.errors import UserError
from spacenit_data.h5.compression import Compression

EDGES = ("pad", "shift", "drop")
RESAMPLING = ("auto", "nearest", "bilinear", "cubic", "average", "mode")


@attrs.frozen(kw_only=True)
class TileSettings:
    """How rasters are cut into samples.

    Attributes:
        tile_size: cells along one side of a sample.
        stride: cells from one sample to the next; None for tile_size (samples touch, and do not overlap).
        edges: ``pad`` fills what lies beyond the image with missing pixels, ``shift`` moves the last samples back
            inside (they overlap their neighbours), ``drop`` leaves out what does not fill a sample.
        min_valid: share of a sample's cells that must have a pixel at one date at least, 0..1; samples without any
            pixel are always left out.
        resampling: ``auto`` is nearest for class codes and whole multiples of the pixel size, bilinear otherwise.
        crs: reference system of all samples; None keeps the images' own where it is metric, and takes UTM elsewhere.
        nodata: numbers that mark missing pixels in the files, besides those that the files name themselves.
        keep_zeros: whether pixels of 0 in all bands are data also of sensors where they lie outside of the image.
        linear_power: whether radar files hold linear power, to be stored as decibels.
        amplitude: offset of radar files that hold digital numbers, stored as 20 log10(number) + offset decibels.
        trust_units: whether numbers are taken for what they are said to be, whatever they look like.
        allow_missing_bands: whether bands without a file are stored as missing.
        allow_upsampling: whether pixels may be far coarser than the sensor's own.
        compression: codec of the H5 files.
        compression_opts: level of the codec; None for its default.
    """

    tile_size: int = 128
    stride: int | None = None
    edges: str = "pad"
    min_valid: float = 0.0
    resampling: str = "auto"
    crs: str | None = None
    nodata: tuple[float, ...] = ()
    keep_zeros: bool = False
    linear_power: bool = False
    amplitude: float | None = None
    trust_units: bool = False
    allow_missing_bands: bool = False
    allow_upsampling: bool = False
    compression: str | None = "zstd"
    compression_opts: int | None = None

    def __attrs_post_init__(self) -> None:
        if not 8 <= self.tile_size <= 4096:
            raise UserError(f"a tile size of {self.tile_size} cells cannot be used", "choose 8 to 4096; 128 is usual")
        if self.stride is not None and self.stride < 1:
            raise UserError(f"a stride of {self.stride} cells cannot be used", "choose 1 or more")
        if not 0.0 <= self.min_valid <= 1.0:
            raise UserError(f"a valid share of {self.min_valid:g} cannot be used", "choose 0 to 1")
        if self.edges not in EDGES:
            raise UserError(f"unknown treatment of edges {self.edges!r}", f"valid are {', '.join(EDGES)}")
        if self.resampling not in RESAMPLING:
            raise UserError(f"unknown resampling {self.resampling!r}", f"valid are {', '.join(RESAMPLING)}")
        if self.linear_power and self.amplitude is not None:
            raise UserError("--linear-power and --amplitude exclude each other", "say what the radar files hold")
        if self.amplitude is not None and not math.isfinite(self.amplitude):
            raise UserError(f"an amplitude offset of {self.amplitude} cannot be used", "-83 is WorldCereal's")
        Compression.of(self.compression, self.compression_opts)

    @property
    def step(self) -> int:
        """Cells from one sample to the next."""
        return self.tile_size if self.stride is None else self.stride

    def method(self, categorical: bool, whole_multiple: bool) -> Resampling:
        """The resampling of one file."""
        if self.resampling != "auto" and not (categorical and self.resampling in ("bilinear", "cubic", "average")):
            return Resampling[self.resampling]
        # Pixels of a whole number of cells are repeated, as `data convert` does with 20 m bands in a 10 m grid.
        return Resampling.nearest if categorical or whole_multiple else Resampling.bilinear
