"""What Galileo takes: groups of bands, each a token, and the statistics of those that our sensors have."""

from typing import Final, Literal

from attrs import frozen

Axes = Literal["space_time", "space", "time", "static"]


@frozen
class Group:
    """Bands that are embedded together.

    Attributes:
        name: as the weights call it.
        bands: their names, in the order of the weights; ours where our sensors have them.
    """

    name: str
    bands: tuple[str, ...]


_DYNAMIC_WORLD = (
    *("water", "trees", "grass", "flooded_vegetation", "crops", "shrub_and_scrub", "built", "bare"),
    "snow_and_ice",
)
_WORLDCEREAL = ("temporarycrops", "maize", "wintercereals", "springcereals", "irrigation")

GROUPS: Final[dict[Axes, tuple[Group, ...]]] = {
    "space_time": (
        Group("S1", ("vv", "vh")),
        Group("S2_RGB", ("B02", "B03", "B04")),
        Group("S2_Red_Edge", ("B05", "B06", "B07")),
        Group("S2_NIR_10m", ("B08",)),
        Group("S2_NIR_20m", ("B8A",)),
        Group("S2_SWIR", ("B11", "B12")),
        Group("NDVI", ("ndvi",)),
    ),
    "space": (
        Group("SRTM", ("elevation", "slope")),
        Group("DW", _DYNAMIC_WORLD),
        Group("WC", _WORLDCEREAL),
    ),
    "time": (
        Group("ERA5", ("temperature_2m", "total_precipitation_sum")),
        Group("TC", ("def", "soil", "aet")),
        Group("VIIRS", ("avg_rad",)),
    ),
    "static": (
        Group("LS", ("b1",)),
        Group("location", ("x", "y", "z")),
        Group("DW_static", _DYNAMIC_WORLD),
        Group("WC_static", _WORLDCEREAL),
    ),
}
"""Axes that a group's pixels have -> the groups, in the order in which the weights number them."""

AXES: Final[dict[str, Axes]] = {group.name: axes for axes, groups in GROUPS.items() for group in groups}
"""Group name -> its axes."""

DECIBELS: Final = "dB"
REFLECTANCE: Final = "reflectance x 10,000"

SENSORS: Final[dict[str, tuple[str, tuple[str, ...]]]] = {
    "sentinel2_l2a": (REFLECTANCE, ("S2_RGB", "S2_Red_Edge", "S2_NIR_10m", "S2_NIR_20m", "S2_SWIR")),
    "sentinel2": (REFLECTANCE, ("S2_RGB", "S2_Red_Edge", "S2_NIR_10m", "S2_NIR_20m", "S2_SWIR")),
    "sentinel1": (DECIBELS, ("S1",)),
}
"""Sensor -> the units that it is taken in, and the groups that it holds."""

STATISTICS: Final[dict[str, tuple[float, float]]] = {
    "vv": (-11.728724389184965, 4.887145774840316),
    "vh": (-18.85558188024017, 5.730270320384293),
    "B02": (1395.3408730676722, 917.7041440370853),
    "B03": (1338.4026921784578, 913.2988423581528),
    "B04": (1343.09883810357, 1092.678723527555),
    "B05": (1543.8607982512297, 1047.2206083460424),
    "B06": (2186.2022069512263, 1048.0101611156767),
    "B07": (2525.0932853316694, 1143.6903026819996),
    "B08": (2410.3377187373408, 1098.979177731649),
    "B8A": (2750.2854646886753, 1204.472755085893),
    "B11": (2234.911100061487, 1145.9774063078878),
    "B12": (1474.5311266077113, 980.2429840007796),
}
"""Band -> mean and standard deviation in stored units, of Galileo's own pretraining data."""

LONGEST_SERIES: Final = 24
LARGEST_PATCH: Final = 8
