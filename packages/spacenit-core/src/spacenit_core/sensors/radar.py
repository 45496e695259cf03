"""Radar sensors."""

from spacenit_core.sensors.naming import BandNaming
from spacenit_core.sensors.spec import BandGroup, MeanStd, SensorSpec

SENTINEL1 = SensorSpec(
    name="sentinel1",
    summary="Sentinel-1 C-band backscatter, two polarisations",
    band_groups=(BandGroup(bands=("vv", "vh"), gsd=10.0),),
    temporal=True,
    units="dB",
    value_range=(-100.0, 40.0),
    normalization=MeanStd(
        mean=(
            -11.648990747328444,
            -17.745436133270044,
        ),
        std=(
            10.840350299936597,
            10.216274681392647,
        ),
    ),
    raw_nodata=(-32768.0,),
    raw_linear_power=True,
    zeros_are_missing=True,
    order=1,
    naming=BandNaming(
        around=(
            *("s1", "s1a", "s1b", "s1c", "sentinel", "sentinel1", "sar", "iw", "ew", "grd", "grdh", "rtc"),
            *("1sdv", "asc", "ascending", "desc", "descending", "orbit"),
        )
    ),
)
