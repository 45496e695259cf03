"""From samples in stored units to the pictures that DINOv3 takes."""

from collections.abc import Sequence

import numpy as np
import torch
from attrs import frozen

from spacenit_core.nn.image_embedder import ImageInputs, fitted
from spacenit_core.samples.dated_images import dated_images
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.spec import SensorSpec
from spacenit_dinov3.models import MEAN_AND_DEVIATION, PATCH, Flavour

USUAL_SIDE = 256


@frozen(kw_only=True)
class PictureReader:
    """Reads red, green and blue of one sensor.

    Attributes:
        sensor: which.
        low: the stored number that becomes 0.
        high: the one that becomes 255.
        flavour: by which pictures' mean and deviation they are normalised.
        side: pixels that the longer side is brought to; None for the usual rule, see `size_of`.
    """

    sensor: SensorSpec
    low: float
    high: float
    flavour: Flavour
    side: int | None = None

    def __call__(self, samples: Sequence[SampleWindow]) -> ImageInputs:
        """B samples of one size as pictures, one for each date; what is unknown is grey.

        Raises:
            UserError: where windows differ in size, or values cannot be in the sensor's units.
        """
        name = self.sensor.name
        assert self.sensor.rgb is not None
        found = dated_images(
            samples,
            SensorSet((self.sensor,)),
            {name: self.sensor.rgb},
            {name: self.sensor.units},
            "dinov3",
        )
        values, known = found.values[name], found.known[name]
        images, seen = fitted(self._normalised(values, known), known, size_of(values.shape[1:3], self.side), PATCH)
        return ImageInputs(
            tensors={"images": images}, seen=seen, rows=torch.from_numpy(found.rows), samples=found.samples
        )

    def _normalised(self, values: np.ndarray, known: np.ndarray) -> np.ndarray:
        """Brought to 8 bit, then by mean and deviation; 0, the mean, where unknown."""
        mean, deviation = np.array(MEAN_AND_DEVIATION[self.flavour])
        bytes_ = np.floor(np.clip((values - self.low) / (self.high - self.low), 0, 1) * 255)
        return np.where(known, (bytes_ / 255 - mean) / deviation, 0).astype(np.float32)


def size_of(pixels: tuple[int, int], side: int | None = None) -> tuple[int, int]:
    """The height and width that pictures are brought to, whole numbers of patches.

    Pictures of one pixel become one patch. Otherwise the longer side becomes `side`; without one, 256 where it is up to
    256 pixels, and what it is where it is larger, but for less than a patch.
    """
    longer = max(pixels)
    wanted = PATCH if longer == 1 else side or max(longer, USUAL_SIDE)
    height, width = (max(1, round(wanted * each / longer / PATCH)) * PATCH for each in pixels)
    return height, width
