"""How the demo evaluates. Fixed: a number that is chosen after looking at the results proves nothing."""

from spacenit_demo.world.generate import SENSORS as WORLD_SENSORS
from spacenit_demo.world.landscape import SERIES

WINDOW = 4
"""Cells along one side of the window around a labelled pixel: 40 m."""

PATCH_SIZE = 4
"""Cells along one side of a patch."""

BLOCK = 640.0
"""Metres along one side of a block of ground; blocks are either for training or for testing."""

TRAIN_SHARE = 0.25
"""Share of the blocks whose labels the probes see: labels are scarce where images are not."""

SENSORS = tuple(name for name in WORLD_SENSORS if name in SERIES)
"""The sensors that look at the ground; maps are no input, because a map of land cover would give the labels away."""

NATURAL_COLOUR = "sentinel2_l2a"
"""The sensor whose red, green and blue bands the pictures show."""
