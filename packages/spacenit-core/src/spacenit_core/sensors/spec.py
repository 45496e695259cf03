"""What a sensor is: data, not code. A new one is a :class:`SensorSpec` in the entry-point group `spacenit.sensors`."""

import numpy as np
from attrs import frozen

from spacenit_core.sensors.naming import OWN_NAMES, BandNaming

NODATA = -99999.0
"""The value that stands for a missing pixel in H5 files and at the public interfaces."""


@frozen(kw_only=True)
class BandGroup:
    """Bands that are embedded together: one token per patch and time step.

    Attributes:
        bands: band names, in the order in which files and tensors hold them.
        gsd: ground sample distance of the raw files in metres; 0 where there is no grid.
    """

    bands: tuple[str, ...]
    gsd: float


@frozen(kw_only=True)
class MeanStd:
    """Normalise to 0 at two standard deviations below the mean and 1 at two above: (x - (mean - 2 std)) / (4 std).

    Attributes:
        mean: one value per band, in stored units.
        std: one value per band, in stored units.
    """

    mean: tuple[float, ...]
    std: tuple[float, ...]

    def scale_and_offset(self) -> tuple[np.ndarray, np.ndarray]:
        """The affine map x * scale + offset, float64 ``[C]`` each."""
        mean, std = np.asarray(self.mean), np.asarray(self.std)
        scale = 1.0 / (4.0 * std)
        return scale, -(mean - 2.0 * std) * scale


@frozen(kw_only=True)
class MinMax:
    """Normalise a known range to 0..1: (x - low) / (high - low).

    Attributes:
        low: one value per band, in stored units.
        high: one value per band, in stored units.
    """

    low: tuple[float, ...]
    high: tuple[float, ...]

    def scale_and_offset(self) -> tuple[np.ndarray, np.ndarray]:
        """The affine map x * scale + offset, float64 ``[C]`` each."""
        low, high = np.asarray(self.low), np.asarray(self.high)
        scale = 1.0 / (high - low)
        return scale, -low * scale


@frozen(kw_only=True)
class AsIs:
    """Values that need no normalisation (class indicators)."""

    bands: int

    def scale_and_offset(self) -> tuple[np.ndarray, np.ndarray]:
        """The identity as an affine map, float64 ``[C]`` each."""
        return np.ones(self.bands), np.zeros(self.bands)


Normalization = MeanStd | MinMax | AsIs


@frozen(kw_only=True)
class OneHot:
    """Derive class indicators from a class map. Unknown codes give no class, missing pixels stay missing.

    Attributes:
        source: the sensor that holds the codes in its first band.
        codes: the class codes, one output band each.
    """

    source: str
    codes: tuple[int, ...]

    def derive(self, values: np.ndarray) -> np.ndarray:
        """From codes ``[..., C]`` to float32 indicators ``[..., len(codes)]``."""
        first = values[..., :1]
        out = (first == np.asarray(self.codes)).astype(np.float32)
        return np.where(first == NODATA, np.float32(NODATA), out)


@frozen(kw_only=True)
class NormalizedDifference:
    """Derive (a - b) / (a + b) from two bands; 0 where the sum vanishes, missing where either band is.

    Attributes:
        source: the sensor that holds both bands.
        positive: index of band a in the source.
        negative: index of band b in the source.
    """

    source: str
    positive: int
    negative: int

    def derive(self, values: np.ndarray) -> np.ndarray:
        """From raw values ``[..., C]`` to float32 ``[..., 1]``."""
        a, b = (values[..., [index]].astype(np.float32) for index in (self.positive, self.negative))
        missing, total = (a == NODATA) | (b == NODATA), a + b
        flat = np.abs(total) < 1e-10
        ratio = np.where(flat, np.float32(0), (a - b) / np.where(flat, np.float32(1), total))
        return np.where(missing, np.float32(NODATA), ratio)


@frozen(kw_only=True)
class SensorSpec:
    """A sensor, a map or any other gridded or point source.

    Attributes:
        name: lower snake case; the entry's name, the H5 dataset's name and the raw folder's name.
        summary: one line for people.
        band_groups: groups of bands as the sensor has them, by resolution; their bands, one group after the other, are
            the channel order of files and tensors.
        regrouped: the bands of each token, where they are not those of `band_groups`; bands in none are not embedded.
        temporal: whether there is a time axis.
        spatial: whether there is a grid; without one a sample holds one value per band (and time step).
        grid_gsd: metres per cell of the grid that samples are cut from; patches are counted in these cells.
        pixels_per_cell: stored pixels along one side of a cell (4 for a 2.5 m image in a 10 m sample).
        units: units of the stored values.
        value_range: plausible stored values, lowest and highest; `data validate` reports what lies outside.
        band_ranges: the same of each band, where bands hold different quantities; empty where `value_range` says all.
        normalization: statistics, or None where none are known (`spacenit-run data stats` makes them).
        derived: how to compute the sensor from another one at load time; such a sensor is in no file.
        raw_nodata: values that mark missing pixels in raw rasters, besides the raster's own.
        raw_all_zero_is_absent: whether a raw image of zeros means that there was no image.
        raw_linear_power: whether raw files hold linear power that is stored as decibels.
        zeros_are_missing: whether a pixel of 0 in all bands, in files and samples alike, lies outside of the image.
        stored_per_unit: stored numbers per unit of what is measured, by which the scale and offset that files state are
            applied (10,000 where reflectance is stored times 10,000); None where stored numbers are a product's own.
        product_offset: what some of its products add to their numbers, and others do not; 0 for none.
        in_raw_layout: whether the raw tile layout holds files of this sensor.
        categorical: whether values are class codes, which are never interpolated.
        rgb: the red, green and blue band for pictures, where there are such bands.
        order: place among the sensors of a sample; ties are broken by name.
        naming: what raster files call its bands, where they do not use the names in `band_groups`.
    """

    name: str
    summary: str = ""
    band_groups: tuple[BandGroup, ...]
    regrouped: tuple[tuple[str, ...], ...] | None = None
    temporal: bool
    spatial: bool = True
    grid_gsd: float = 10.0
    pixels_per_cell: int = 1
    units: str = ""
    value_range: tuple[float, float] = (-np.inf, np.inf)
    band_ranges: tuple[tuple[float, float], ...] = ()
    normalization: Normalization | None = None
    derived: OneHot | NormalizedDifference | None = None
    raw_nodata: tuple[float, ...] = ()
    raw_all_zero_is_absent: bool = False
    raw_linear_power: bool = False
    zeros_are_missing: bool = False
    stored_per_unit: float | None = 1.0
    product_offset: float = 0.0
    in_raw_layout: bool = True
    categorical: bool = False
    rgb: tuple[str, str, str] | None = None
    order: int = 1000
    naming: BandNaming = OWN_NAMES

    @property
    def bands(self) -> tuple[str, ...]:
        """All band names in channel order."""
        return tuple(band for group in self.band_groups for band in group.bands)

    @property
    def token_groups(self) -> tuple[tuple[str, ...], ...]:
        """The band names of each token of a patch and time step, in the order in which they are embedded."""
        return self.regrouped or tuple(group.bands for group in self.band_groups)

    @property
    def group_channels(self) -> tuple[tuple[int, ...], ...]:
        """The channel indices of each token group."""
        index = {band: channel for channel, band in enumerate(self.bands)}
        return tuple(tuple(index[band] for band in group) for group in self.token_groups)

    @property
    def gsd(self) -> float:
        """Metres per stored pixel."""
        return self.grid_gsd / self.pixels_per_cell

    def shape(self, height: int, width: int, steps: int) -> tuple[int, ...]:
        """The shape of one sample's array for a window of height x width cells: [H,W,T,C], [T,C] or [C]."""
        space = (height * self.pixels_per_cell, width * self.pixels_per_cell) if self.spatial else ()
        time = (steps if self.temporal else 1,) if self.spatial or self.temporal else ()
        return (*space, *time, len(self.bands))
