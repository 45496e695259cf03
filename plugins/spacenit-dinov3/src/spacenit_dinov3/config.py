"""Embedder `dinov3`: pretrained encoders of red, green and blue."""

from typing import TYPE_CHECKING, ClassVar

from attrs import evolve, frozen

from spacenit_core.config.fields import at_least, one_of, setting
from spacenit_core.errors import UserError
from spacenit_core.kinds.embedders import EmbedderConfig, EvaluatedModel, ModelFacts, TakenSensor, device_beside
from spacenit_core.samples.dated_images import OverTime, PooledBy
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.samples.stacked import require_units
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.spec import MinMax, SensorSpec
from spacenit_dinov3.models import (
    LICENCE,
    NETWORKS,
    PAGE,
    PATCH,
    PRETRAINED_ON,
    RANGES,
    RANGES_OF_UNITS,
    Flavour,
)

if TYPE_CHECKING:
    from spacenit_core.nn.image_embedder import ImageEmbedder
    from spacenit_dinov3.network import DinoNetwork


def _whole_patches(_: object, __: object, value: int | None) -> None:
    if value is not None and (value < PATCH or value % PATCH):
        raise ValueError(f"pictures are whole patches of {PATCH} pixels: {PATCH}, 224, 256, not {value}")


@frozen(kw_only=True)
class DinoV3(EmbedderConfig):
    """DINOv3 (Simeoni et al. 2025) of red, green and blue of Sentinel-2, Landsat or aerial pictures.

    The weights stand under the DINOv3 License of Meta, who gives them to those who accept it; no package holds them.
    """

    adapter: ClassVar[str] = "1"

    weights: str | None = setting(
        "file or folder of the weights, or hf://facebook/dinov3-vitb16-pretrain-lvd1689m with a token; the environment "
        "variable DINOV3_CHECKPOINT_DIR if unset",
        None,
    )
    size: str = setting("which of the published networks", "vitb16", validator=one_of(tuple(NETWORKS)))
    flavour: Flavour = setting("pictures that it was pretrained on", "web")
    sensor: str | None = setting(
        "which it is asked to take, where it is evaluated by itself; whatever there is if null",
        "sentinel2_l2a",
        names="sensors",
    )
    leave_out: bool = setting("whether sensors that it cannot take are left out, not refused", False)
    low: float | None = setting("stored number that becomes 0; that of a true-colour picture if unset", None)
    high: float | None = setting("stored number that becomes 255; that of a true-colour picture if unset", None)
    side: int | None = setting(
        "pixels that the longer side is resized to; if unset, 256, or what it is if larger (one pixel: one patch)",
        None,
        validator=_whole_patches,
    )
    pooled_by: PooledBy = setting("whether an image's vector is the mean of its patches, or its own token", "patches")
    over_time: OverTime = setting("what becomes of the vectors of several dates", "mean")
    random_init: bool = setting("whether its weights are random, as before any training", False)
    seed: int = setting("seed of random weights", 0, validator=at_least(0))
    device: str | None = setting("where to compute; where the evaluated model is, or the CPU, if unset", None)

    def inactive(self) -> dict[str, str]:
        """Weights are not read where they are random, and nothing is drawn where they are read."""
        return {"weights": "random_init=true"} if self.random_init else {"seed": "random_init=false"}

    def takes(self, model: EvaluatedModel | None, patch_size: int) -> ModelInputs | None:
        """One sensor, and as many dates as there are; its patches are its own.

        Where a benchmark brings its numbers to the sensor's by statistics, they fill the range that it sees.

        Raises:
            UserError: for a sensor that it cannot take.
        """
        if self.sensor is None:
            return None
        spec = self._taken(SensorSet.of((self.sensor,)))
        low, high = ((each,) * len(spec.bands) for each in self._range(spec))
        seen = evolve(spec, normalization=MinMax(low=low, high=high))
        return ModelInputs(sensors=SensorSet((seen,)), patch_size=patch_size)

    def facts(self, model: EvaluatedModel | None, inputs: ModelInputs | None) -> ModelFacts:
        """What the published network takes; the hash is that of the file."""
        from spacenit_dinov3.weights import digest

        sensors = SensorSet.of([self.sensor or "sentinel2_l2a"]) if inputs is None else inputs.sensors
        taken = [spec for spec in sensors if self._has_range(spec)][:1]
        ranges = "; ".join(f"{spec.name} {self._range(spec)[0]:g} to {self._range(spec)[1]:g}" for spec in taken)
        return ModelFacts(
            sensors=tuple(TakenSensor(name=spec.name, bands=spec.rgb or (), units=spec.units) for spec in taken),
            normalisation=f"to 8 bit ({ranges}), then by mean and deviation of its {self.flavour} pictures",
            input_size=f"resized to {self.side or 'at least 256'} pixels, a single pixel to one patch of {PATCH}",
            time=f"each date by itself, then their {self.over_time}; months do not count",
            weights="" if self.random_init else PAGE,
            sha256="" if self.random_init else digest(self.weights, self.size, self.flavour),
            code_licence="Apache-2.0",
            weights_licence=LICENCE,
            parameters=NETWORKS[self.size].parameters,
            pretrained_on="" if self.random_init else PRETRAINED_ON[self.flavour],
            seen=(),
        )

    def build(self, model: EvaluatedModel | None, inputs: ModelInputs) -> "ImageEmbedder":
        """Load the weights, for samples that hold what it can take.

        Raises:
            UserError: for sensors and units that it cannot take, and where there are no weights or no timm.
            DataError: where the weights are damaged.
        """
        spec = self._taken(inputs.sensors)
        low, high = self._range(spec)
        if self.flavour not in NETWORKS[self.size].flavours:
            raise UserError(
                f"there are no {self.flavour} weights of dinov3 {self.size}",
                f"those of {', '.join(name for name, each in NETWORKS.items() if self.flavour in each.flavours)}",
            )
        from spacenit_core.nn.image_embedder import ImageEmbedder
        from spacenit_dinov3.reader import PictureReader

        network = self._network().to(device_beside(self.device, model)).requires_grad_(False)
        reader = PictureReader(sensor=spec, low=low, high=high, flavour=self.flavour, side=self.side)
        return ImageEmbedder(network, reader, pooled_by=self.pooled_by, over_time=self.over_time)

    def _network(self) -> "DinoNetwork":
        from spacenit_core.rng import torch_seeded
        from spacenit_dinov3.network import create
        from spacenit_dinov3.weights import load_network

        if not self.random_init:
            return load_network(self.weights, self.size, self.flavour)
        with torch_seeded(self.seed, "dinov3"):
            return create(self.size)

    def _has_range(self, spec: SensorSpec) -> bool:
        stated = self.low is not None and self.high is not None
        known = spec.name in RANGES or spec.units in RANGES_OF_UNITS
        return spec.rgb is not None and (known or stated)

    def _range(self, spec: SensorSpec) -> tuple[float, float]:
        """The stored numbers that become 0 and 255."""
        low, high = RANGES[spec.name][1:] if spec.name in RANGES else RANGES_OF_UNITS.get(spec.units, (0.0, 0.0))
        return low if self.low is None else self.low, high if self.high is None else self.high

    def _taken(self, sensors: SensorSet) -> SensorSpec:
        """The one sensor that it takes; others are refused, before anything is computed."""
        fit = [spec for spec in sensors if self._has_range(spec)]
        other = [spec.name for spec in sensors if not self._has_range(spec)]
        if other and (not self.leave_out or not fit):
            raise UserError(
                f"dinov3 takes red, green and blue of {', '.join(RANGES)}, not {', '.join(other)}",
                "leave it out, by leave_out=true; give low and high for other sensors that have these bands",
            )
        if len(fit) != 1:
            raise UserError(f"dinov3 takes one sensor, not {', '.join(spec.name for spec in fit)}")
        spec = fit[0]
        low, high = self._range(spec)
        if low >= high:
            raise UserError(f"dinov3 brings {low:g} to 0 and {high:g} to 255: low has to lie below high")
        if spec.name in RANGES:
            require_units(spec, RANGES[spec.name][0], "dinov3")
        return spec
