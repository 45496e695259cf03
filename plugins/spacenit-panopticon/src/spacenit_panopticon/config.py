"""Embedder `panopticon`: a pretrained encoder of any sensors together."""

from typing import TYPE_CHECKING, ClassVar

from attrs import frozen

from spacenit_core.config.fields import at_least, setting
from spacenit_core.kinds.embedders import EmbedderConfig, EvaluatedModel, ModelFacts, TakenSensor, device_beside
from spacenit_core.samples.accepted_sensors import accepted_sensors, require_sensors
from spacenit_core.samples.dated_images import OverTime, PooledBy
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.sensors.selection import SensorSet
from spacenit_panopticon.channels import UNITS, Orbit, as_standardised, channels_of, check_statistics

if TYPE_CHECKING:
    from spacenit_core.nn.image_embedder import ImageEmbedder
    from spacenit_panopticon.network import PanopticonNetwork

_PATCH = 14


def _whole_patches(_: object, __: object, value: int) -> None:
    if value < _PATCH or value % _PATCH:
        raise ValueError(f"images are whole patches of {_PATCH} pixels: {_PATCH}, 112, 224, not {value}")


@frozen(kw_only=True)
class Panopticon(EmbedderConfig):
    """Panopticon (Waldmann et al. 2025) of Sentinel-2, Landsat and Sentinel-1, the bands of one date in one image.

    The weights are not part of the package.
    """

    adapter: ClassVar[str] = "1"

    weights: str | None = setting(
        "folder of the weights, or hf://lewaldm/panopticon; the environment variable PANOPTICON_DIR if unset", None
    )
    sensors: tuple[str, ...] = setting(
        "which it is asked to take, where it is evaluated by itself", ("sentinel2_l2a", "sentinel1"), names="sensors"
    )
    leave_out: bool = setting("whether sensors that it cannot take are left out, not refused", False)
    orbit: Orbit = setting("which way Sentinel-1 flew, in all samples", "unknown")
    size: int = setting(
        "pixels that both sides are resized to; single pixels become one patch", 224, validator=_whole_patches
    )
    pooled_by: PooledBy = setting("whether an image's vector is the mean of its patches, or its own token", "cls")
    over_time: OverTime = setting("what becomes of the vectors of several dates", "mean")
    random_init: bool = setting("whether its weights are random, as before any training", False)
    seed: int = setting("seed of random weights", 0, validator=at_least(0))
    device: str | None = setting("where to compute; where the evaluated model is, or the CPU, if unset", None)

    def inactive(self) -> dict[str, str]:
        """Weights are not read where they are random, and nothing is drawn where they are read."""
        return {"weights": "random_init=true"} if self.random_init else {"seed": "random_init=false"}

    def takes(self, model: EvaluatedModel | None, patch_size: int) -> ModelInputs:
        """Its sensors, and as many dates as there are; its patches are its own.

        Raises:
            UserError: for a sensor that it cannot take.
        """
        sensors = SensorSet.of(self.sensors)
        require_sensors(sensors, UNITS, "panopticon")
        return ModelInputs(sensors=SensorSet(tuple(map(as_standardised, sensors))), patch_size=patch_size)

    def facts(self, model: EvaluatedModel | None, inputs: ModelInputs | None) -> ModelFacts:
        """What the published network takes; the hash is that of the file."""
        from spacenit_panopticon.network import FILES, PARAMETERS

        sensors = SensorSet.of(self.sensors) if inputs is None else inputs.sensors
        return ModelFacts(
            sensors=tuple(
                TakenSensor(name=spec.name, bands=tuple(channels_of(spec, self.orbit)), units=spec.units)
                for spec in sensors
                if spec.name in UNITS
            ),
            normalisation="by mean and deviation of each band, as the sensor states; of level 1C as level 2A does",
            input_size=f"resized to {self.size} x {self.size} pixels, a single pixel to one patch of {_PATCH}",
            time=f"each date by itself, then their {self.over_time}; months do not count",
            weights="" if self.random_init else FILES.page,
            sha256="" if self.random_init else FILES.digest(self.weights),
            code_licence="Apache-2.0, with torchgeo's MIT",
            weights_licence="Apache-2.0",
            parameters=PARAMETERS,
            pretrained_on="" if self.random_init else "fMoW, fMoW-Sentinel, MMEarth, SatlasPretrain and SpectralEarth",
            seen=(),
        )

    def build(self, model: EvaluatedModel | None, inputs: ModelInputs) -> "ImageEmbedder":
        """Load the weights, for samples that hold what it can take.

        Raises:
            UserError: for sensors and units that it cannot take, and where there are no weights or no torchgeo.
            DataError: where the weights are damaged.
        """
        taken = accepted_sensors(inputs.sensors, UNITS, "panopticon", leave_out=self.leave_out)
        for spec in taken:
            check_statistics(spec)
        from spacenit_core.nn.image_embedder import ImageEmbedder
        from spacenit_panopticon.reader import ChannelReader

        network = self._network().to(device_beside(self.device, model)).requires_grad_(False)
        reader = ChannelReader(sensors=taken, orbit=self.orbit, size=self.size)
        return ImageEmbedder(network, reader, pooled_by=self.pooled_by, over_time=self.over_time)

    def _network(self) -> "PanopticonNetwork":
        from spacenit_core.rng import torch_seeded
        from spacenit_panopticon.network import create, load_network

        if not self.random_init:
            return load_network(self.weights)
        with torch_seeded(self.seed, "panopticon"):
            return create()
