"""Elevation models."""

from spacenit_core.sensors.naming import BandNaming
from spacenit_core.sensors.spec import BandGroup, MeanStd, SensorSpec

SRTM = SensorSpec(
    name="srtm",
    summary="SRTM elevation",
    band_groups=(BandGroup(bands=("srtm",), gsd=10.0),),
    temporal=False,
    units="m",
    value_range=(-500.0, 9000.0),
    normalization=MeanStd(
        mean=(677.0219719644446,),
        std=(993.1721306513513,),
    ),
    order=5,
    naming=BandNaming(others={"srtm": ("elevation", "altitude", "height", "dem", "dsm", "dtm", "cop dem")}),
)
