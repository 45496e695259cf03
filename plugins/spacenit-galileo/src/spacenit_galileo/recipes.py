"""Patches of recipes that train Galileo."""

from spacenit_core.kinds.patches import Patch

GALILEO_GROUPS = Patch(
    summary="Sentinel-2 in the groups of bands that Galileo was pretrained with",
    overrides={"band_groups.sentinel2_l2a": "[[B02,B03,B04],[B05,B06,B07],[B08],[B8A],[B11,B12]]"},
)
