"""Orders in which containers store the bands of Sentinel-2."""

from collections.abc import Mapping

SPECTRAL = ("B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12")

BY_RESOLUTION = ("B02", "B03", "B04", "B08", "B05", "B06", "B07", "B8A", "B11", "B12", "B01", "B09")

TEN = ("B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B11", "B12")


def same(bands: tuple[str, ...]) -> Mapping[str, str]:
    """Each band for itself: surface and top-of-atmosphere reflectance have the same names."""
    return {band: band for band in bands}
