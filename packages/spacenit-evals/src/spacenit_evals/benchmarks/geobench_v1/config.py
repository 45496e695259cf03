"""What all sets of GEO-Bench v1 share."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar, Literal

from attrs import frozen

from spacenit_core.config.fields import above, setting
from spacenit_core.errors import DataError
from spacenit_core.kinds.benchmarks import BenchmarkConfig
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.spec import SensorSpec
from spacenit_evals.benchmarks.folders import folder_of
from spacenit_evals.benchmarks.held_sensors import AbsentBands, HeldSensor, Statistics, choose, offered

if TYPE_CHECKING:
    from spacenit_evals.benchmarks.geobench_v1.benchmark import GeoBenchSamples

SAME: Mapping[str, str] = {}
"""Each band stands for the one of its own name."""

AS_SURFACE = {"sentinel2_l2a": SAME}
AS_TOP_OF_ATMOSPHERE = {"sentinel2": SAME}
"""Images of one level of Sentinel-2, handed on as the other one."""


@frozen(kw_only=True)
class StoredBands:
    """How a set stores its bands.

    Attributes:
        names: band -> name of the data set that holds it.
        published: the same as the publisher labels them, where that is wrong.
        scale: stored numbers times this are in the units of the sensor.
    """

    names: Mapping[str, str]
    published: Mapping[str, str] | None = None
    scale: float = 1.0

    def of(self, variant: str) -> Mapping[str, str]:
        """Band -> data set, as published or corrected."""
        return self.names if variant == "corrected" or self.published is None else self.published


@frozen(kw_only=True)
class GeoBenchConfig(BenchmarkConfig):
    """Base of the sets; a subclass says what one holds."""

    variable = "GEOBENCH_DIR"
    source = "the hub repository recursix/geo-bench-1.0"

    set_name: ClassVar[str]
    """The publisher's name, of its folder."""

    sensor: ClassVar[SensorSpec | str]
    """What the images are of."""

    others: ClassVar[Mapping[str, Mapping[str, str]]] = {}
    """Other sensors that they may be handed on as -> their bands -> those of `sensor` that stand for them."""

    in_units: ClassVar[bool] = True
    others_in_units: ClassVar[bool] = True
    """Whether numbers are in the units of the sensor, and of the others."""

    stored: ClassVar[StoredBands]
    classes: ClassVar[tuple[str, ...]] = ()
    """Names by label, where the files give their number alone."""

    no_data: ClassVar[int | None] = None
    """The class of pixels without data; as published it counts like any other."""

    places_by_labels: ClassVar[bool] = False
    """Whether images of one place are known by their equal labels: stated positions are those of the whole scene."""

    places_are_right: ClassVar[bool] = True
    """Whether stated positions are where the samples lie, and not only as far from one another."""

    ground_size: ClassVar[float | None] = None
    published_ground_size: ClassVar[float | None] = None
    """What the publisher says, where that is wrong."""

    folder: Path | None = setting(
        "folder that holds classification_v1.0 and segmentation_v1.0; GEOBENCH_DIR if unset", None
    )
    partition: str = setting("default, or a share of the training samples: 0.01x_train ... 1.00x_train", "default")
    variant: Literal["corrected", "as_published"] = setting(
        "whether what the publisher labelled wrongly is put right, and pixels without data are left out", "corrected"
    )
    statistics: Statistics = setting("whose statistics images are normalised by", "model")
    absent_bands: AbsentBands = setting(
        "whether bands that are not there stay missing, or are filled from those that are embedded with them", "left"
    )
    block: float = setting(
        "metres along one side of the ground whose samples count as one group", 5000.0, validator=above(0)
    )

    def held(self) -> HeldSensor:
        """What the images are of, in this variant."""
        bands = tuple(self.stored.of(self.variant))
        same = {band: band for band in bands}
        return HeldSensor(
            sensor=self.sensor,
            bands=bands,
            others={name: given or same for name, given in self.others.items()},
            in_units=self.in_units,
            others_in_units=self.others_in_units,
        )

    def offers(self) -> SensorSet:
        """The sensor that its pixels are of."""
        return offered([self.held()])

    def handed_on(self) -> tuple[str, ...]:
        """That sensor, and those whose bands its bands may stand for."""
        return tuple(self.held().choices())

    def suits(self, takes: ModelInputs) -> None:
        """Refuse a model that takes none of these, or not by the statistics that are set."""
        choose(self.set_name, [self.held()], takes, self.statistics, self.absent_bands)

    def build(self, takes: ModelInputs) -> "GeoBenchSamples":
        """Open the set for a model.

        Raises:
            UserError: where the data are not there, or the model takes none of the sensors.
            DataError: where they are damaged.
        """
        from spacenit_evals.benchmarks.geobench_v1.benchmark import GeoBenchSamples

        root = folder_of(self.folder, self.variable, self.set_name, self.source)
        (chosen,) = choose(self.set_name, [self.held()], takes, self.statistics, self.absent_bands)
        kind = "segmentation" if self.predicts == "segmentation" else "classification"
        places = (root / f"{kind}_v1.0" / self.set_name, root / self.set_name)
        folder = next((place for place in places if place.is_dir()), None)
        if folder is None:
            raise DataError(
                f"{root} holds no {self.set_name}", f"{self.source} has it; {places[0]} is where it belongs"
            )
        return GeoBenchSamples.of(self, folder, chosen, takes)
