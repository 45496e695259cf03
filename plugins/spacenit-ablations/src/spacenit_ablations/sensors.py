"""Ablations of the sensors; each has fewer than the one before.

Lists of sensors elsewhere in the recipe, as of those that are decoded only, are cut to what is left.
"""

from spacenit_core.kinds.patches import Patch

_THEME = "sensors"

NO_AG_MAPS = Patch(
    theme=_THEME,
    summary="without the maps of crops (WorldCereal, CDL)",
    overrides={
        "sensors": "[sentinel2_l2a,sentinel1,landsat,worldcover,srtm,openstreetmap_raster,wri_canopy_height_map]"
    },
)

NO_MAPS = Patch(
    theme=_THEME,
    summary="without maps: of the sensors that are decoded only, elevation is left",
    overrides={"sensors": "[sentinel2_l2a,sentinel1,landsat,srtm]"},
)

NO_DECODE_MODALITIES = Patch(
    theme=_THEME,
    summary="without maps and elevation: every sensor is encoded",
    overrides={"sensors": "[sentinel2_l2a,sentinel1,landsat]"},
)

NO_LANDSAT = Patch(
    theme=_THEME,
    summary="Sentinel-2 and Sentinel-1 alone",
    overrides={"sensors": "[sentinel2_l2a,sentinel1]"},
)

S2_ONLY = Patch(
    theme=_THEME,
    summary="Sentinel-2 alone",
    overrides={"sensors": "[sentinel2_l2a]"},
)
