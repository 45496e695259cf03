"""Embedder `presto`: the pretrained encoder of Presto, with its own normalisation."""

from typing import TYPE_CHECKING, ClassVar

from attrs import evolve, frozen

from spacenit_core.config.fields import at_least, setting
from spacenit_core.errors import UserError
from spacenit_core.kinds.embedders import EmbedderConfig, EvaluatedModel, ModelFacts, TakenSensor, device_beside
from spacenit_core.samples.accepted_sensors import accepted_sensors, require_sensors
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.sensors.selection import SensorSet
from spacenit_presto.bands import GROUPS, LONGEST_SERIES, SENSORS

if TYPE_CHECKING:
    from spacenit_presto.embedder import PrestoEmbedder
    from spacenit_presto.network import PrestoEncoder

_UNITS = {name: units for name, (units, _) in SENSORS.items()}


@frozen(kw_only=True)
class Presto(EmbedderConfig):
    """Presto (MIT, https://github.com/nasaharvest/presto) of Sentinel-2 in reflectance x 10,000 and Sentinel-1 in dB.

    The weights are not part of the package.
    """

    adapter: ClassVar[str] = "1"

    weights: str | None = setting(
        "folder of the weights, or hf://OWNER/NAME/FOLDER; the environment variable PRESTO_DIR if unset", None
    )
    sensors: tuple[str, ...] = setting(
        "which it is asked to take, where it is evaluated by itself", ("sentinel2_l2a", "sentinel1"), names="sensors"
    )
    leave_out: bool = setting("whether sensors that it cannot take are left out, not refused", False)
    patch_size: int | None = setting(
        "cells along one side of a patch, whose pixels are averaged; what the evaluation says if unset",
        None,
        validator=at_least(1),
    )
    location: bool = setting("whether it is told latitude and longitude, where they are known", True)
    random_init: bool = setting("whether its weights are random, as before any training", False)
    seed: int = setting("seed of random weights", 0, validator=at_least(0))
    device: str | None = setting("where to compute; where the evaluated model is, or the CPU, if unset", None)

    def inactive(self) -> dict[str, str]:
        """Weights are not read where they are random, and nothing is drawn where they are read."""
        return {"weights": "random_init=true"} if self.random_init else {"seed": "random_init=false"}

    def takes(self, model: EvaluatedModel | None, patch_size: int) -> ModelInputs:
        """Its sensors, and series of at most 24 dates.

        Raises:
            UserError: for a sensor that it cannot take.
        """
        sensors = SensorSet.of(self.sensors)
        require_sensors(sensors, _UNITS, "presto")
        return ModelInputs(sensors=sensors, patch_size=self.patch_size or patch_size, max_timesteps=LONGEST_SERIES)

    def facts(self, model: EvaluatedModel | None, inputs: ModelInputs | None) -> ModelFacts:
        """What the published network takes; the hash is that of `default_model.pt`."""
        from spacenit_presto.weights import FILES, parameters

        return ModelFacts(
            sensors=tuple(
                TakenSensor(name=name, bands=tuple(band for group in groups for band in GROUPS[group]), units=units)
                for name, (units, groups) in SENSORS.items()
                if name in (self.sensors if inputs is None else inputs.sensors)
            ),
            normalisation="its own: reflectance / 10,000, and (dB + 25) / 25",
            patch_sizes=(1, 1),
            input_size="any: it embeds single pixels, whose vectors are averaged",
            time=f"at most {LONGEST_SERIES} dates; the month of each",
            weights="" if self.random_init else FILES.page,
            sha256="" if self.random_init else FILES.digest(self.weights),
            code_licence="Apache-2.0",
            weights_licence="MIT",
            parameters=parameters(),
            pretrained_on="" if self.random_init else "21.5 million pixel series of the world (Tseng et al. 2023)",
            seen=(),
        )

    def build(self, model: EvaluatedModel | None, inputs: ModelInputs) -> "PrestoEmbedder":
        """Load the weights, for samples that hold what it can take.

        Raises:
            UserError: for sensors, units or series that it cannot take, and where there are no weights.
            DataError: where the weights are damaged.
        """
        taken = accepted_sensors(inputs.sensors, _UNITS, "presto", leave_out=self.leave_out)
        if inputs.max_timesteps is not None and inputs.max_timesteps > LONGEST_SERIES:
            raise UserError(f"presto takes series of at most {LONGEST_SERIES} dates, not {inputs.max_timesteps}")
        from spacenit_presto.embedder import PrestoEmbedder
        from spacenit_presto.reader import SampleReader

        encoder = self._encoder().to(device_beside(self.device, model)).requires_grad_(False)
        held = evolve(inputs, sensors=taken, patch_size=self.patch_size or inputs.patch_size)
        return PrestoEmbedder(encoder, SampleReader(inputs=held, location=self.location))

    def _encoder(self) -> "PrestoEncoder":
        from spacenit_core.rng import torch_seeded
        from spacenit_presto.network import PrestoEncoder
        from spacenit_presto.weights import load_encoder

        if not self.random_init:
            return load_encoder(self.weights)
        with torch_seeded(self.seed, "presto"):
            return PrestoEncoder()
