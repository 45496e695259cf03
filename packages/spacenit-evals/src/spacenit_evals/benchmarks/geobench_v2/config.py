"""What all sets of GEO-Bench v2 share."""

from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal

from attrs import frozen

from spacenit_core.config.fields import above, at_least, setting
from spacenit_core.errors import DataError, UserError
from spacenit_core.kinds.benchmarks import BenchmarkConfig
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.sensors.selection import SensorSet
from spacenit_evals.benchmarks.folders import folder_of
from spacenit_evals.benchmarks.held_sensors import AbsentBands, HeldSensor, Statistics, choose, offered

if TYPE_CHECKING:
    import numpy as np

    from spacenit_evals.benchmarks.geobench_v2.benchmark import GeoBench2Samples
    from spacenit_evals.benchmarks.geobench_v2.container import Item
    from spacenit_evals.benchmarks.geobench_v2.images import SensorImages


@frozen(kw_only=True)
class GeoBench2Config(BenchmarkConfig):
    """Base of the sets; a subclass says what one holds, and how one sample is read."""

    variable = "GEOBENCH2_DIR"
    source = "the organisation aialliance on the hub"

    slug: ClassVar[str]
    """The publisher's name: of the folder, of the containers and on the hub."""

    held: ClassVar[tuple[HeldSensor, ...]]
    classes: ClassVar[tuple[str, ...]]
    """Names by label; of a regression the one name of what is predicted."""

    ground_size: ClassVar[float | None] = None
    dates: ClassVar[str] = ""
    """What is to be said of the dates; empty where they are the data's own."""

    dates_invented: ClassVar[bool] = False

    unit: ClassVar[str] = ""

    folder: Path | None = setting("folder that holds a folder for each set; GEOBENCH2_DIR if unset", None)
    variant: Literal["corrected", "as_published"] = setting(
        "whether what the publisher stored or labelled wrongly is put right, and pixels without data are left out",
        "corrected",
    )
    sensors: tuple[str, ...] = setting("the sensors to choose among; all that the model takes if empty", ())
    statistics: Statistics = setting("whose statistics images are normalised by", "model")
    absent_bands: AbsentBands = setting(
        "whether bands that are not there stay missing, or are filled from those that are embedded with them", "left"
    )
    train_share: float = setting(
        "share of the training samples that are trained on; a smaller one is part of a larger",
        1.0,
        validator=above(0),
    )
    seed: int = setting("seed of the share", 0, validator=at_least(0))
    block: float = setting(
        "metres along one side of the ground whose samples count as one group", 5000.0, validator=above(0)
    )

    def offers(self) -> SensorSet:
        """What it holds."""
        return offered(self.held, self.sensors)

    def handed_on(self) -> tuple[str, ...]:
        """What it holds, and the sensors whose bands those bands may stand for."""
        names = dict.fromkeys(sensor for one in self.held for sensor in one.choices())
        return tuple(name for name in names if not self.sensors or name in self.sensors)

    def suits(self, takes: ModelInputs) -> None:
        """Refuse a model that takes none of these, or not by the statistics that are set."""
        choose(f"gb2_{self.slug}", self.held, takes, self.statistics, self.absent_bands, self.sensors)

    def build(self, takes: ModelInputs) -> "GeoBench2Samples":
        """Open the set for a model.

        Raises:
            UserError: where the data are not there, or the model takes none of the sensors.
            DataError: where they are damaged.
        """
        from spacenit_evals.benchmarks.geobench_v2.benchmark import GeoBench2Samples

        root = folder_of(self.folder, self.variable, f"gb2_{self.slug}", self.source)
        chosen = choose(f"gb2_{self.slug}", self.held, takes, self.statistics, self.absent_bands, self.sensors)
        return GeoBench2Samples.of(self, root, chosen, takes)

    def class_names(self) -> tuple[str, ...]:
        """Names by label, in this variant."""
        return self.classes

    def images(self, items: "tuple[Item, ...]", facts: dict[str, Any], wanted: set[str]) -> "list[SensorImages]":
        """The images of a sample.

        Args:
            items: its files.
            facts: what the index says of it.
            wanted: the sensors that need to be read, by name.
        """
        raise NotImplementedError

    def label(self, facts: dict[str, Any]) -> "tuple[str, ...]":
        """The names of a sample's classes, for tasks that have them in the index."""
        raise NotImplementedError

    def label_item(self, items: "tuple[Item, ...]") -> "Item":
        """The file of a sample that holds the map of its labels, for tasks that have one."""
        raise NotImplementedError

    def label_map(self, item: "Item") -> "np.ndarray":
        """The labels of that file ``[H, W]``."""
        raise NotImplementedError


def at(items: "tuple[Item, ...]", name: str) -> "Item":
    """The file of a sample that is called so, or ends so.

    Raises:
        DataError: where there is none.
    """
    found = next((item for item in items if item.name == name or item.name.endswith(f"_{name}")), None)
    if found is None:
        where = str(items[0].path) if items else "a sample"
        raise DataError(f"{where}: a sample has no {name}", "get it again from its publisher")
    return found


def refused(name: str, why: str) -> UserError:
    """The error of a set that is known and not evaluated on."""
    return UserError(f"{name} cannot be evaluated on: {why}", "choose another benchmark: `spacenit-run evals list`")
