"""Transform `sensor_dropout`: whole sensors of a sample are taken away."""

import numpy as np
from attrs import frozen

from spacenit_core.config.fields import between, setting
from spacenit_core.kinds.transforms import TransformConfig
from spacenit_core.rng import Draws
from spacenit_core.samples.normalized_windows import NormalizedWindows


@frozen(kw_only=True)
class SensorDropout(TransformConfig):
    """Sensors of a sample become missing, each by chance; at least one stays.

    Of the sensors that a sample has, one is kept: one that may not be dropped anyway, or one drawn at random. One with
    time goes first, because maps are often decoded only, and a sample of nothing else would have nothing to encode.
    """

    probability: float = setting("chance of each sensor of a sample to be dropped", 0.2, validator=between(0, 1))
    droppable_sensors: tuple[str, ...] | None = setting(
        "the sensors that may be dropped; all of them if none", None, names="sensors"
    )

    def inactive(self) -> dict[str, str]:
        """Nothing is dropped by no chance, nor of no sensors."""
        if self.probability == 0:
            return {"droppable_sensors": "probability=0"}
        return {"probability": "droppable_sensors=[]"} if self.droppable_sensors == () else {}

    def build(self) -> "SensorDropout":
        """The transform is its own config: it has no state."""
        return self

    def __call__(self, windows: NormalizedWindows, draws: Draws) -> None:
        """Mark the drawn sensors of each sample as missing, in place; at least one stays."""
        blocks = windows.layout.blocks
        names = [block.sensor.name for block in blocks]
        candidate = np.array([self.droppable_sensors is None or name in self.droppable_sensors for name in names])
        temporal = np.array([block.sensor.temporal for block in blocks])
        there = np.stack([~windows.missing[:, block.tokens].all(axis=1) for block in blocks], axis=1)
        chance = draws.uniform(2, len(blocks))
        dropped = there & candidate & (chance[:, 0] < self.probability)
        preferred = there * (1.0 + 4.0 * temporal + 2.0 * ~candidate + chance[:, 1])
        dropped[np.arange(len(windows)), preferred.argmax(axis=1)] = False
        for number, block in enumerate(blocks):
            windows.missing[np.ix_(dropped[:, number], np.arange(block.start, block.stop))] = True
            windows.pixels[names[number]][dropped[:, number]] = 0
