"""Embedder `galileo`: the pretrained encoder of Galileo, with its own normalisation."""

from typing import TYPE_CHECKING, ClassVar

from attrs import frozen

from spacenit_core.config.fields import at_least, between, one_of, setting
from spacenit_core.errors import UserError
from spacenit_core.kinds.embedders import EmbedderConfig, EvaluatedModel, ModelFacts, TakenSensor, device_beside
from spacenit_core.samples.accepted_sensors import accepted_sensors, require_sensors
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.sensors.selection import SensorSet
from spacenit_galileo.bands import GROUPS, LARGEST_PATCH, LONGEST_SERIES, SENSORS

if TYPE_CHECKING:
    from spacenit_galileo.embedder import GalileoEmbedder
    from spacenit_galileo.network import GalileoEncoder

_UNITS = {name: units for name, (units, _) in SENSORS.items()}


@frozen(kw_only=True)
class Galileo(EmbedderConfig):
    """Galileo (MIT, https://github.com/nasaharvest/galileo) of Sentinel-2 in reflectance x 10,000 and Sentinel-1 in dB.

    The weights are not part of the package.
    """

    adapter: ClassVar[str] = "1"

    weights: str | None = setting(
        "folder of the weights, or hf://nasaharvest/galileo/models/nano; the environment variable GALILEO_DIR if unset",
        None,
    )
    size: str = setting("which of the published networks", "nano", validator=one_of(("nano", "tiny", "base")))
    sensors: tuple[str, ...] = setting(
        "which it is asked to take, where it is evaluated by itself", ("sentinel2_l2a", "sentinel1"), names="sensors"
    )
    leave_out: bool = setting("whether sensors that it cannot take are left out, not refused", False)
    patch_size: int | None = setting(
        "cells along one side of a patch; what the evaluation says if unset", None, validator=between(1, LARGEST_PATCH)
    )
    ndvi: bool = setting("whether it gets the vegetation index beside Sentinel-2", False)
    random_init: bool = setting("whether its weights are random, as before any training", False)
    seed: int = setting("seed of random weights", 0, validator=at_least(0))
    device: str | None = setting("where to compute; where the evaluated model is, or the CPU, if unset", None)

    def inactive(self) -> dict[str, str]:
        """Weights are not read where they are random, and nothing is drawn where they are read."""
        return {"weights": "random_init=true"} if self.random_init else {"seed": "random_init=false"}

    def takes(self, model: EvaluatedModel | None, patch_size: int) -> ModelInputs:
        """Its sensors, and series of at most 24 dates.

        Raises:
            UserError: for a sensor or patches that it cannot take.
        """
        sensors = SensorSet.of(self.sensors)
        require_sensors(sensors, _UNITS, "galileo")
        return ModelInputs(sensors=sensors, patch_size=self._patch_size(patch_size), max_timesteps=LONGEST_SERIES)

    def facts(self, model: EvaluatedModel | None, inputs: ModelInputs | None) -> ModelFacts:
        """What the published networks take; the hash is that of `encoder.pt`."""
        from spacenit_galileo.weights import files_of, parameters

        files = files_of(self.size)
        bands = {group.name: group.bands for group in GROUPS["space_time"]}
        return ModelFacts(
            sensors=tuple(
                TakenSensor(name=name, bands=tuple(band for group in groups for band in bands[group]), units=units)
                for name, (units, groups) in SENSORS.items()
                if name in (self.sensors if inputs is None else inputs.sensors)
            ),
            normalisation="its own: 0 at two deviations below the mean of its pretraining data, 1 at two above",
            patch_sizes=(1, LARGEST_PATCH),
            input_size="any whole number of patches; a smaller window is one patch",
            time=f"at most {LONGEST_SERIES} dates; the month of each",
            weights="" if self.random_init else files.page,
            sha256="" if self.random_init else files.digest(self.weights),
            code_licence="Apache-2.0",
            weights_licence="MIT",
            parameters=parameters(self.size),
            pretrained_on="" if self.random_init else "127,155 samples of the world (Tseng et al. 2025)",
            seen=(),
        )

    def build(self, model: EvaluatedModel | None, inputs: ModelInputs) -> "GalileoEmbedder":
        """Load the weights, for samples that hold what it can take.

        Raises:
            UserError: for sensors, units, patches or series that it cannot take, and where there are no weights.
            DataError: where the weights are damaged.
        """
        taken = accepted_sensors(inputs.sensors, _UNITS, "galileo", leave_out=self.leave_out)
        if inputs.max_timesteps is not None and inputs.max_timesteps > LONGEST_SERIES:
            raise UserError(f"galileo takes series of at most {LONGEST_SERIES} dates, not {inputs.max_timesteps}")
        patch_size = self._patch_size(inputs.patch_size)
        from spacenit_galileo.embedder import GalileoEmbedder
        from spacenit_galileo.reader import SampleReader

        encoder = self._encoder().to(device_beside(self.device, model)).requires_grad_(False)
        held = ModelInputs(sensors=taken, patch_size=patch_size, max_timesteps=inputs.max_timesteps)
        return GalileoEmbedder(encoder, SampleReader(inputs=held, patch_size=patch_size, ndvi=self.ndvi))

    def _encoder(self) -> "GalileoEncoder":
        from spacenit_core.rng import torch_seeded
        from spacenit_galileo.network import GalileoEncoder
        from spacenit_galileo.weights import SIZES, load_encoder

        if not self.random_init:
            return load_encoder(self.weights, self.size)
        with torch_seeded(self.seed, "galileo"):
            return GalileoEncoder(**SIZES[self.size])

    def _patch_size(self, asked: int) -> int:
        size = asked if self.patch_size is None else self.patch_size
        if not 1 <= size <= LARGEST_PATCH:
            raise UserError(
                f"galileo takes patches of 1 to {LARGEST_PATCH} cells, not {size}",
                "choose another patch size{patch_size}",
                things=("patch_size",),
            )
        return size
