"""Where on Earth a sample lies."""

from spacenit_core.sensors.spec import BandGroup, MinMax, SensorSpec

LATLON = SensorSpec(
    name="latlon",
    summary="latitude and longitude of the sample's centre",
    band_groups=(BandGroup(bands=("lat", "lon"), gsd=0.0),),
    temporal=False,
    spatial=False,
    units="degrees",
    value_range=(-180.0, 180.0),
    normalization=MinMax(low=(-90.0, -180.0), high=(90.0, 180.0)),
    in_raw_layout=False,
    order=17,
)
