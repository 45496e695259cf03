"""Patches of recipes that train Presto."""

from spacenit_core.kinds.patches import Patch

PRESTO_SERIES = Patch(
    summary="single cells, and Sentinel-2 in the groups of bands that Presto was pretrained with",
    overrides={
        "band_groups.sentinel2_l2a": "[[B02,B03,B04],[B05,B06,B07],[B08],[B8A],[B11,B12]]",
        "data_loader.max_patch_size": "1",
    },
)
