"""What Presto takes: groups of bands, each a token, and the numbers that scale them."""

from typing import Final

GROUPS: Final[dict[str, tuple[str, ...]]] = {
    "S1": ("vv", "vh"),
    "S2_RGB": ("B02", "B03", "B04"),
    "S2_Red_Edge": ("B05", "B06", "B07"),
    "S2_NIR_10m": ("B08",),
    "S2_NIR_20m": ("B8A",),
    "S2_SWIR": ("B11", "B12"),
    "ERA5": ("temperature_2m", "total_precipitation"),
    "SRTM": ("elevation", "slope"),
    "NDVI": ("ndvi",),
}
"""Group -> its bands, in the order in which the weights number groups and bands; ours where our sensors have them."""

DYNAMIC_WORLD: Final = "dynamic_world"
"""The group behind them, of land-cover classes."""

CLASSES: Final = 9

TIMELESS: Final = "SRTM"
"""The group that has one token for all dates."""

DECIBELS: Final = "dB"
REFLECTANCE: Final = "reflectance x 10,000"

_OPTICAL = ("S2_RGB", "S2_Red_Edge", "S2_NIR_10m", "S2_NIR_20m", "S2_SWIR")

SENSORS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "sentinel2_l2a": (REFLECTANCE, _OPTICAL),
    "sentinel2": (REFLECTANCE, _OPTICAL),
    "sentinel1": (DECIBELS, ("S1",)),
}
"""Sensor -> the units that it is taken in, and the groups that it holds."""

SCALING: Final[dict[str, tuple[float, float]]] = {DECIBELS: (25.0, 25.0), REFLECTANCE: (0.0, 10_000.0)}
"""Units -> what is added to stored values, and by what their sum is divided."""

LONGEST_SERIES: Final = 24
