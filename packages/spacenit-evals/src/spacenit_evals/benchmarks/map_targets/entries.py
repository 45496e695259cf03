"""Benchmarks `map_worldcover`, `map_srtm` and so on: the maps that encoders are usually probed for."""

from attrs import frozen

from spacenit_core.config.fields import setting
from spacenit_evals.benchmarks.map_targets.config import MapClasses, MapValues

_HELP = "the map that is predicted, the name of a sensor"


@frozen(kw_only=True)
class MapWorldCover(MapClasses):
    """Land cover (ESA WorldCover, 11 classes) of a pretraining set, in 32 x 32 cells."""

    target: str = setting(_HELP, "worldcover")


@frozen(kw_only=True)
class MapOpenStreetMap(MapClasses):
    """Features of OpenStreetMap (30 classes) of a pretraining set, in 32 x 32 cells."""

    target: str = setting(_HELP, "openstreetmap_raster")


@frozen(kw_only=True)
class MapCropland(MapClasses):
    """Crops (USDA CDL, 255 codes) of a pretraining set, in 32 x 32 cells."""

    target: str = setting(_HELP, "cdl")


@frozen(kw_only=True)
class MapWorldCereal(MapClasses):
    """Temporary crops or not (ESA WorldCereal) of a pretraining set, in 32 x 32 cells."""

    target: str = setting(_HELP, "worldcereal")


@frozen(kw_only=True)
class MapElevation(MapValues):
    """Elevation in metres (SRTM) of a pretraining set, in 32 x 32 cells."""

    unit = "m"

    target: str = setting(_HELP, "srtm")


@frozen(kw_only=True)
class MapCanopyHeight(MapValues):
    """Height of the canopy in metres (WRI) of a pretraining set, in 32 x 32 cells."""

    unit = "m"

    target: str = setting(_HELP, "wri_canopy_height_map")
