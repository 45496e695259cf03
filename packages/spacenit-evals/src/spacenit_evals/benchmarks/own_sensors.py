"""Sensors of benchmarks that no model of ours is trained on: cameras and radars whose numbers have no physical unit."""

from spacenit_core.sensors.spec import BandGroup, MinMax, SensorSpec


def eight_bit(name: str, summary: str, bands: tuple[str, ...], gsd: float) -> SensorSpec:
    """A sensor of pixels from 0 to 255.

    Args:
        name: the sensor's.
        summary: one line for people.
        bands: in the order of the channels.
        gsd: metres per pixel, which is also the grid that patches are counted on.
    """
    return _counts(name, summary, bands, gsd, 255.0, "8-bit number")


def _counts(name: str, summary: str, bands: tuple[str, ...], gsd: float, most: float, units: str) -> SensorSpec:
    rgb = ("red", "green", "blue")
    return SensorSpec(
        name=name,
        summary=summary,
        band_groups=(BandGroup(bands=bands, gsd=gsd),),
        temporal=True,
        grid_gsd=gsd,
        units=units,
        value_range=(0.0, most),
        stored_per_unit=None,
        normalization=MinMax(low=(0.0,) * len(bands), high=(most,) * len(bands)),
        in_raw_layout=False,
        rgb=rgb if set(rgb) <= set(bands) else None,
    )


RGB = ("red", "green", "blue")
RGBN = (*RGB, "nir")

_COLOURS = {"B04": "red", "B03": "green", "B02": "blue"}
_RGBN = {**_COLOURS, "B08": "nir"}

COLOURS_AS_SENTINEL2 = {"sentinel2_l2a": _COLOURS, "sentinel2": _COLOURS}
RGBN_AS_SENTINEL2 = {"sentinel2_l2a": _RGBN, "sentinel2": _RGBN}
"""Bands of Sentinel-2 that colours stand for: red for red, not for whatever comes first."""

AERIAL_10CM = eight_bit("aerial_rgb_10cm", "Aerial photograph, 0.1 m", RGB, 0.1)
AERIAL_1M = eight_bit("aerial_rgbn_1m", "Aerial photograph with near infrared, 1 m", RGBN, 1.0)
AERIAL_20CM = eight_bit("aerial_rgbn_20cm", "Aerial photograph with near infrared, 0.2 m", RGBN, 0.2)
FLAIR_AERIAL = eight_bit(
    "flair_aerial", "Aerial photograph with near infrared and height above ground, 0.2 m", (*RGBN, "elevation"), 0.2
)
PLANET_RGB = eight_bit("planet_rgb", "PlanetScope monthly mosaic in colours, 4 m", RGB, 4.0)
SAR_AMPLITUDE = eight_bit("sar_amplitude", "Radar amplitude of several satellites, grey", ("amplitude",), 6.0)

WORLDVIEW2_BANDS = ("coastal", "blue", "green", "yellow", "red", "red_edge", "nir1", "nir2")
WORLDVIEW2 = _counts(
    "worldview2",
    "WorldView-2, eight bands sharpened to 0.3 m, and the panchromatic one",
    (*WORLDVIEW2_BANDS, "pan"),
    0.3,
    2047.0,
    "11-bit number",
)
PLANETSCOPE = _counts(
    "planetscope",
    "PlanetScope surface reflectance, 3 m",
    ("blue", "green", "red", "nir"),
    3.0,
    10_000.0,
    "reflectance x 10,000",
)
