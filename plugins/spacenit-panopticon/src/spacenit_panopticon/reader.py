"""From samples in stored units to the channels that Panopticon takes."""

from collections.abc import Sequence

import numpy as np
import torch
from attrs import frozen

from spacenit_core.nn.image_embedder import ImageInputs, fitted
from spacenit_core.samples.dated_images import dated_images
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.sensors.selection import SensorSet
from spacenit_panopticon.channels import UNITS, Orbit, channels_of, standardised

PATCH = 14


@frozen(kw_only=True)
class ChannelReader:
    """Reads all sensors of a date as the channels of one image.

    Attributes:
        sensors: what is taken of the samples.
        orbit: which way Sentinel-1 flew.
        size: pixels along one side of the images; single pixels become one patch.
    """

    sensors: SensorSet
    orbit: Orbit
    size: int

    def __call__(self, samples: Sequence[SampleWindow]) -> ImageInputs:
        """B samples of one size as images, one for each date.

        A channel of a date without any pixel is `absent`; a pixel that is missing in others is at their mean.

        Raises:
            UserError: where windows differ in size, or values cannot be in the units that Panopticon takes.
        """
        numbers = {spec.name: channels_of(spec, self.orbit) for spec in self.sensors}
        bands = {name: tuple(channels) for name, channels in numbers.items()}
        found = dated_images(samples, self.sensors, bands, UNITS, "panopticon")
        images, absent, seen = [], [], []
        for spec in self.sensors:
            values, known = found.values[spec.name], found.known[spec.name]
            deviations = np.where(known, standardised(spec, bands[spec.name], values), 0)
            side = PATCH if max(values.shape[1:3]) == 1 else self.size
            resized, there = fitted(deviations, known, (side, side), PATCH)
            images.append(resized)
            seen.append(there)
            absent.append(torch.from_numpy(~known.any(axis=(1, 2))))
        channels = torch.tensor([number for each in numbers.values() for number in each.values()])
        return ImageInputs(
            tensors={
                "images": torch.cat(images, dim=1),
                "channels": channels.expand(len(found.rows), -1),
                "absent": torch.cat(absent, dim=1),
            },
            seen=torch.stack(seen).any(dim=0),
            rows=torch.from_numpy(found.rows),
            samples=found.samples,
        )
