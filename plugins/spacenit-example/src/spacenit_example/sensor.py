"""Sensor `landsat7_etm`: the multispectral bands of Landsat 7 ETM+ as digital numbers."""

from spacenit_core.sensors.naming import BandNaming
from spacenit_core.sensors.spec import BandGroup, MeanStd, SensorSpec

LANDSAT7_ETM = SensorSpec(
    name="landsat7_etm",
    summary="Landsat 7 ETM+ in 8-bit digital numbers: visible, near and short-wave infrared",
    # One token per group, patch and date. The short-wave bands are apart because they are often cut differently, and
    # one missing pixel makes a whole token missing.
    band_groups=(BandGroup(bands=("B1", "B2", "B3", "B4"), gsd=28.5), BandGroup(bands=("B5", "B7"), gsd=28.5)),
    temporal=True,
    grid_gsd=28.5,
    units="digital number",
    value_range=(0.0, 255.0),
    stored_per_unit=None,
    # Of the scene of North Carolina (2000) that the tests use, nodata excluded.
    normalization=MeanStd(
        mean=(80.567153, 66.472004, 66.121542, 68.883163, 89.162988, 59.177738),
        std=(14.682410, 16.425283, 23.381544, 14.869615, 25.275748, 22.689535),
    ),
    rgb=("B3", "B2", "B1"),
    order=500,
    # Files that call their bands blue, SR_B1 or the like are read by name.
    naming=BandNaming(
        others={
            "B1": ("blue",),
            "B2": ("green",),
            "B3": ("red",),
            "B4": ("nir",),
            "B5": ("swir16",),
            "B7": ("swir22",),
        },
        around=("sr", "toa", "landsat", "landsat7", "l7", "le7", "etm"),
    ),
)
