"""Kind `benchmarks`: labelled data to evaluate on."""

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, ClassVar, Protocol, Self

import numpy as np
from attrs import field, frozen

from spacenit_core.kinds.base import EntryConfig
from spacenit_core.kinds.tasks import Task
from spacenit_core.plugins.registry import Registry
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.sensors.selection import SensorSet

BATCH_SIZE = 128
"""Samples that are embedded at a time."""


@frozen(kw_only=True)
class BenchmarkFacts:
    """What a benchmark holds, whoever is evaluated on it.

    Attributes:
        task: what is predicted, see `spacenit_core.kinds.tasks`.
        classes: the classes' names, by label; of a regression the one name of what is predicted.
        sensors: what its samples hold: sensors, bands, and the units that the values are in.
        version: tells these data and labels from others: the same text, the same benchmark.
        codes: the numbers that the classes have in the source of the labels; 0 to C - 1 where it has none.
        dates: the first and the last day of the images, "2020-01-31"; None where only the samples say.
        dates_invented: whether a constant date stands for all: the data have none.
        group: what the samples of one group share: "5000 m of ground", "site", "scene"; empty where each is its own.
        ground_size: metres along one grid cell of the inputs; None where they differ.
        unit: of the numbers that a regression predicts.
    """

    task: Task
    classes: tuple[str, ...]
    sensors: SensorSet
    version: str
    codes: tuple[int, ...] = field(default=())
    dates: tuple[str, str] | None = None
    dates_invented: bool = False
    group: str = ""
    ground_size: float | None = None
    unit: str = ""

    def __attrs_post_init__(self) -> None:
        if not self.codes:
            object.__setattr__(self, "codes", tuple(range(len(self.classes))))


@frozen(eq=False)
class Split:
    """One division of n samples; some may be on no side.

    Attributes:
        train: bool ``[n]``, samples to train on.
        test: bool ``[n]``, samples to test on.
        validation: bool ``[n]``, samples to choose settings by; None where those are taken from the training samples.
    """

    train: np.ndarray
    test: np.ndarray
    validation: np.ndarray | None = None


class Rows(Protocol):
    """One array for each sample, read when it is asked for."""

    @property
    def shape(self) -> tuple[int, ...]:
        """``(n, ...)``."""
        ...

    @property
    def dtype(self) -> np.dtype[Any]:
        """Of the arrays."""
        ...

    def __len__(self) -> int: ...

    def __getitem__(self, numbers: np.ndarray, /) -> np.ndarray:
        """Those of some samples, ``[m, ...]``, for int ``[m]``."""
        ...


Labels = np.ndarray | Rows

Draw = tuple[Split, ...]
"""Splits that together test no sample twice: one, or one per fold."""


class Benchmark(Protocol):
    """n labelled samples, opened for the inputs of a model. Who inherits it writes what has no default here."""

    @property
    def facts(self) -> BenchmarkFacts:
        """What it holds."""
        ...

    @property
    def inputs(self) -> ModelInputs:
        """What its samples hold for the models that are compared: all get the same.

        Sensors that the model takes are those of `takes`, which say in which groups the model embeds their bands.
        """
        ...

    @property
    def labels(self) -> Labels:
        """The label of each sample, by task:

        - classification: int ``[n]``, from 0;
        - multilabel: bool ``[n, K]``;
        - regression: float ``[n]``, finite;
        - segmentation: int ``[n, H, W]``; what `spacenit_core.kinds.tasks.IGNORED` marks does not count;
        - pixel_regression: float ``[n, H, W]``; NaN does not count.

        Maps need not be an array: `Rows` are read when they are asked for. Pixels of a map may be finer or coarser than
        the cells of the inputs.
        """
        ...

    @property
    def groups(self) -> np.ndarray:
        """What each sample lies in, int ``[n]``: a block of ground, a field, a scene.

        Samples of one group are alike. Intervals come from the differences between groups, and whatever is chosen by
        validation is chosen on whole groups.
        """
        ...

    @property
    def draws(self) -> Sequence[Draw]:
        """Divisions into training and test samples; scores are means over them."""
        ...

    @property
    def numbers(self) -> np.ndarray:
        """What `samples` calls each sample, int ``[n]``, ascending."""
        return np.arange(len(self.labels))

    def samples(
        self, numbers: np.ndarray | None = None, batch_size: int = BATCH_SIZE
    ) -> Iterator[tuple[np.ndarray, list[SampleWindow]]]:
        """Read samples in stored units, in the order that is read fastest.

        Args:
            numbers: which, int ``[m]``; None for all.
            batch_size: samples at a time; the last are fewer.

        Yields:
            The numbers of some samples, int ``[B]``, and the samples.
        """
        ...

    def holds(self, samples: Sequence[SampleWindow]) -> np.ndarray:
        """Which sensors of the inputs some samples hold, bool ``[B, S]``."""
        return np.array([[name in sample.bands for name in self.inputs.sensors.names] for sample in samples])

    def temperatures(self) -> np.ndarray | None:
        """Of the air on each date of each sample in kelvin, float64 ``[n, T]`` with NaN where they are not known.

        For sources that have them beside the inputs: checks of dates look at them, models do not. None else.
        """
        return None

    def settled(self, held: np.ndarray) -> Self:
        """The benchmark without samples that hold nothing to predict from, known once all were read.

        Args:
            held: bool ``[n, S]``: what `holds` says of all samples.
        """
        return self

    def setup(self) -> dict[str, object]:
        """What a reader of a report has to know to repeat it, by name: plain values."""
        facts = self.facts
        told: dict[str, object] = {
            "version": facts.version,
            "sensors": list(self.inputs.sensors.names),
            "patch_size": self.inputs.patch_size,
            "class_names": [f"{code} {name}" for code, name in zip(facts.codes, facts.classes, strict=True)],
        }
        if facts.dates is not None:
            told["images"] = f"{facts.dates[0]} to {facts.dates[1]}"
        return told

    def remarks(self) -> dict[str, object]:
        """What became of samples and inputs, where something did: plain values by name."""
        return {}


class BenchmarkConfig(EntryConfig):
    """Base of benchmark entries."""

    __slots__ = ()

    predicts: ClassVar[Task] = "classification"
    """The task, see `spacenit_core.kinds.tasks`."""

    licence: ClassVar[str] = ""
    """Of data and labels, as their publisher states it; empty where the data are the user's own."""

    superseded_by: ClassVar[str] = ""
    """The benchmark that its publisher, or we, recommend in its place; empty where there is none."""

    variable: ClassVar[str] = ""
    """The environment variable that names the folder of its data; empty where a setting does."""

    places: ClassVar[tuple[str, ...]] = ()
    """Patterns below that folder, one of which is there where its data are; if empty, the folder alone says so."""

    source: ClassVar[str] = ""
    """Who has the data; empty where they are the user's own."""

    refused: ClassVar[str] = ""
    """Why it is listed and cannot be evaluated on; empty where it can."""

    def for_run(self, experiment: Mapping[str, Any]) -> Self:
        """The benchmark with what a run's own settings say, where these say nothing.

        Args:
            experiment: the run's settings as plain data; empty for a model that is no run.
        """
        return self

    def offers(self) -> SensorSet:
        """The sensors that its samples hold, asked where an embedder takes whatever there is.

        Raises:
            UserError: where that is not known.
        """
        raise NotImplementedError

    def handed_on(self) -> tuple[str, ...]:
        """The names of all sensors that its samples may be handed on as, to a model that takes those.

        Raises:
            UserError: where that is not known.
        """
        return self.offers().names

    def suits(self, takes: ModelInputs) -> None:
        """Refuse a model that it cannot be opened for, as far as settings tell: nothing is read.

        Args:
            takes: see `build`.

        Raises:
            UserError: where it has nothing that the model takes, or not by these settings.
        """

    def build(self, takes: ModelInputs) -> Benchmark:
        """Open the benchmark for what a model takes.

        Args:
            takes: sensors, patch size and dates of the model that is evaluated; what is compared with it gets the same.

        Raises:
            UserError: where it has nothing that the model takes.
            DataError: where data or labels cannot be read.
        """
        raise NotImplementedError


BENCHMARKS: Registry[type[BenchmarkConfig]] = Registry("benchmarks", BenchmarkConfig)
