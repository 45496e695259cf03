"""Surface reflectance of pure materials in the solar bands of Sentinel-2 and Landsat 8.

Rounded from the shapes that spectral libraries show (chlorophyll absorption at 490 and 665 nm, the red edge, leaf water
at 1610 and 2190 nm, soil rising towards the short-wave infrared); one row per material.
"""

import numpy as np

from spacenit_demo.world.land_cover import (
    BROADLEAF,
    BUILT,
    CLASSES,
    CONIFER,
    EARLY_CROP,
    GRASS,
    LATE_CROP,
    WATER,
    WINTER_CEREAL,
)

WAVELENGTHS = (443, 490, 560, 665, 705, 740, 783, 842, 865, 945, 1610, 2190)
"""Band centres in nanometres, in the order of the rows below."""

_MATERIALS = {
    "crop leaves": (0.022, 0.028, 0.066, 0.030, 0.098, 0.330, 0.430, 0.450, 0.465, 0.440, 0.210, 0.100),
    "grass leaves": (0.028, 0.036, 0.078, 0.050, 0.118, 0.280, 0.345, 0.370, 0.385, 0.365, 0.240, 0.130),
    "broadleaves": (0.020, 0.025, 0.052, 0.026, 0.082, 0.300, 0.390, 0.410, 0.420, 0.395, 0.190, 0.085),
    "needles": (0.015, 0.020, 0.036, 0.022, 0.052, 0.150, 0.190, 0.210, 0.218, 0.205, 0.100, 0.048),
    "straw": (0.075, 0.098, 0.140, 0.180, 0.208, 0.245, 0.265, 0.290, 0.308, 0.300, 0.370, 0.285),
    "soil": (0.075, 0.095, 0.128, 0.168, 0.192, 0.215, 0.235, 0.255, 0.272, 0.278, 0.330, 0.290),
    "dry grass": (0.060, 0.080, 0.115, 0.148, 0.178, 0.218, 0.242, 0.268, 0.288, 0.280, 0.335, 0.235),
    "litter": (0.035, 0.045, 0.066, 0.082, 0.108, 0.140, 0.160, 0.180, 0.196, 0.198, 0.230, 0.160),
    "roofs": (0.110, 0.125, 0.145, 0.162, 0.172, 0.182, 0.192, 0.202, 0.208, 0.206, 0.225, 0.205),
    "water": (0.048, 0.046, 0.042, 0.026, 0.020, 0.015, 0.013, 0.012, 0.011, 0.010, 0.006, 0.004),
    "cloud": (0.640, 0.640, 0.630, 0.640, 0.650, 0.655, 0.660, 0.665, 0.670, 0.450, 0.480, 0.360),
}
_COVERED_BY = {
    WATER: ("water", "water"),
    BUILT: ("grass leaves", "roofs"),
    CONIFER: ("needles", "litter"),
    BROADLEAF: ("broadleaves", "litter"),
    GRASS: ("grass leaves", "dry grass"),
    WINTER_CEREAL: ("crop leaves", "soil"),
    EARLY_CROP: ("crop leaves", "soil"),
    LATE_CROP: ("crop leaves", "soil"),
}

GREEN = np.array([_MATERIALS[_COVERED_BY[number][0]] for number in range(len(CLASSES))])
"""Reflectance of each class's leaves, ``[classes, bands]``."""
GROUND = np.array([_MATERIALS[_COVERED_BY[number][1]] for number in range(len(CLASSES))])
"""Reflectance of what lies under and between the leaves, ``[classes, bands]``."""
STRAW = np.array(_MATERIALS["straw"])
"""Reflectance of a harvested field, ``[bands]``."""
CLOUD = np.array(_MATERIALS["cloud"])
"""Reflectance of an opaque cloud, ``[bands]``."""
WET_SOIL = np.array([0.24, 0.25, 0.26, 0.27, 0.28, 0.28, 0.29, 0.29, 0.30, 0.32, 0.38, 0.44])
"""How much of its reflectance soaked ground loses, ``[bands]``: most where water absorbs."""
HAZE = np.array([0.040, 0.030, 0.018, 0.011, 0.009, 0.007, 0.006, 0.005, 0.005, 0.004, 0.001, 0.0])
"""Path reflectance that one unit of uncorrected aerosol leaves, ``[bands]``."""
