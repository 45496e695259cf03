"""What all sets of GEO-Bench v1 share."""

from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from attrs import field, frozen

from spacenit_core.config.fields import above, setting
from spacenit_core.errors import DataError, UserError
from spacenit_core.kinds.benchmarks import BenchmarkConfig
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.sensors.selection import SensorSet
from spacenit_evals.benchmarks.folders import folder_of

if TYPE_CHECKING:
    from spacenit_evals.benchmarks.geobench_v1.benchmark import GeoBenchSamples


@frozen(kw_only=True)
class StoredBands:
    """What a set stores.

    Attributes:
        sensors: sensors that its pixels may be handed on as, the exact one first.
        names: band -> name of its data set, as the publisher labels them.
        corrected: bands whose label is wrong -> the data set that holds them in fact.
        scale: stored numbers times this are in the units of the sensor.
    """

    sensors: tuple[str, ...]
    names: dict[str, str]
    corrected: dict[str, str] = field(factory=dict)
    scale: float = 1.0

    def of(self, variant: str) -> dict[str, str]:
        """Band -> data set, as published or corrected."""
        return {**self.names, **(self.corrected if variant == "corrected" else {})}


@frozen(kw_only=True)
class GeoBenchConfig(BenchmarkConfig):
    """Base of the sets; a subclass says what one holds."""

    variable = "GEOBENCH_DIR"
    source = "the hub repository recursix/geo-bench-1.0"

    set_name: ClassVar[str]
    stored: ClassVar[StoredBands]

    folder: Path | None = setting("folder that holds classification_v1.0; GEOBENCH_DIR if unset", None)
    partition: str = setting("default, or a share of the training samples: 0.01x_train ... 1.00x_train", "default")
    variant: Literal["corrected", "as_published"] = setting(
        "whether bands that the publisher labelled wrongly are put right", "corrected"
    )
    block: float = setting(
        "metres along one side of the ground whose samples count as one group", 5000.0, validator=above(0)
    )

    def offers(self) -> SensorSet:
        """The sensor that its pixels are of."""
        return SensorSet.of(self.stored.sensors[:1])

    def build(self, takes: ModelInputs) -> "GeoBenchSamples":
        """Open the set for a model.

        Raises:
            UserError: where the data are not there, or the model takes none of the sensors.
            DataError: where they are damaged.
        """
        from spacenit_evals.benchmarks.geobench_v1.benchmark import GeoBenchSamples

        name = next((name for name in self.stored.sensors if name in takes.sensors), None)
        if name is None:
            raise UserError(
                f"{self.set_name} holds {' or '.join(self.stored.sensors)}, and the model takes "
                f"{', '.join(takes.sensors.names)}",
                "choose another benchmark",
            )
        root = folder_of(self.folder, self.variable, self.set_name, self.source)
        places = (root / "classification_v1.0" / self.set_name, root / self.set_name)
        folder = next((place for place in places if place.is_dir()), None)
        if folder is None:
            raise DataError(
                f"{root} holds no {self.set_name}", f"{self.source} has it; {places[0]} is where it belongs"
            )
        return GeoBenchSamples.of(self, folder, takes.sensors[name], takes)
