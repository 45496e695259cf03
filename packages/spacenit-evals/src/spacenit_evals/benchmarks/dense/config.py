"""What configs of benchmarks share whose samples are images with a label for each pixel."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, ClassVar

from attrs import evolve, frozen

from spacenit_core.config.fields import setting
from spacenit_core.errors import UserError
from spacenit_core.kinds.benchmarks import BenchmarkConfig
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.text import did_you_mean
from spacenit_evals.benchmarks.folders import folder_of

if TYPE_CHECKING:
    from spacenit_evals.benchmarks.dense.source import DenseSource
    from spacenit_evals.benchmarks.series.labelled_samples import LabelledSamples


Stored = Mapping[str, tuple[str, ...]]
"""Sensor that a set stores -> sensors that its pixels may be handed on as, the exact one first."""


@frozen(kw_only=True)
class DenseConfig(BenchmarkConfig):
    """Base of the entries; a subclass says what a set stores and opens it."""

    title: ClassVar[str]
    """The set's name in messages."""

    stores: ClassVar[Stored]
    """What the set stores."""

    uses: ClassVar[tuple[str, ...]]
    """The stored sensors that are inputs where nothing else is said."""

    ground_size: ClassVar[float] = 10.0
    """Metres along one cell."""

    unit: ClassVar[str] = ""
    """Unit of what is regressed."""

    folder: Path | None = setting("folder of the data; that of its environment variable if unset", None)
    sensors: tuple[str, ...] = setting("which of its sensors are inputs; those that its name says if empty", ())

    @property
    def used(self) -> tuple[str, ...]:
        """The stored sensors that are inputs.

        Raises:
            UserError: for one that the set does not store.
        """
        for name in self.sensors:
            if name not in self.stores:
                question = did_you_mean(name, tuple(self.stores)) or f"it holds {', '.join(self.stores)}"
                raise UserError(f"{self.title} has no sensor {name!r}", question)
        return self.sensors or self.uses

    def offers(self) -> SensorSet:
        """The sensors that are used, as they are."""
        return SensorSet.of([self.stores[name][0] for name in self.used])

    def handed_on(self) -> tuple[str, ...]:
        """The sensors that are used, by all names that models may have for them."""
        return tuple(dict.fromkeys(name for stored in self.used for name in self.stores[stored]))

    def suits(self, takes: ModelInputs) -> None:
        """Refuse a model that lacks one of them."""
        self.handed_as(takes)

    def handed_as(self, takes: ModelInputs) -> dict[str, str]:
        """Stored sensor -> the sensor of the model that its pixels are handed on as.

        Raises:
            UserError: where the model takes one of them in no form.
        """
        found = {}
        for stored in self.used:
            names = self.stores[stored]
            name = next((name for name in names if name in takes.sensors), None)
            if name is None:
                raise UserError(
                    f"{self.title} is evaluated with {' and '.join(self.used)}, and the model takes "
                    f"{', '.join(takes.sensors.names)}",
                    f"choose among {', '.join(self.stores)}: --benchmark.sensors=[...]"
                    if len(self.stores) > 1
                    else "choose another benchmark",
                )
            found[stored] = name
        return found

    def find_folder(self) -> Path:
        """Where the data are.

        Raises:
            UserError: where that is not stated, or nothing is there.
        """
        return folder_of(self.folder, self.variable, self.title, self.source)

    def open(self, folder: Path) -> "DenseSource":
        """Read what the set says of its samples, and how they are labelled."""
        raise NotImplementedError

    def build(self, takes: ModelInputs) -> "LabelledSamples":
        """Open the set for a model.

        Raises:
            UserError: where the data are not there, or the model does not take the sensors.
            DataError: where they are damaged or not complete.
        """
        from spacenit_evals.benchmarks.dense.opened import opened

        handed = self.handed_as(takes)
        folder = self.find_folder()
        source = self.open(folder)
        specs = tuple(spec for spec in takes.sensors if spec.name in handed.values())
        patch = largest_patch(takes.patch_size, source.facts.cells or source.facts.size)
        return opened(self, folder, source, evolve(takes, sensors=SensorSet(specs), patch_size=patch), handed)


def largest_patch(most: int, size: tuple[int, int]) -> int:
    """The largest patch that samples of a size can be cut into, and that is no larger than asked for."""
    return max(patch for patch in range(1, min(most, *size) + 1) if size[0] % patch == size[1] % patch == 0)
