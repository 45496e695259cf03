"""A set of GEO-Bench v2, opened for a model."""

from collections.abc import Iterator
from pathlib import Path
from typing import Self

import numpy as np
from attrs import evolve, frozen

from spacenit_core.errors import DataError, UserError
from spacenit_core.kinds.benchmarks import BATCH_SIZE, Benchmark, BenchmarkFacts, Labels, Split
from spacenit_core.kinds.tasks import DENSE
from spacenit_core.rng import generator
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.sensors.selection import SensorSet
from spacenit_evals.benchmarks.dataset_statistics import BandStatistics, to_units
from spacenit_evals.benchmarks.dense.digests import digest_of
from spacenit_evals.benchmarks.geobench_v2.config import GeoBench2Config
from spacenit_evals.benchmarks.geobench_v2.container import Item, containers, read_index
from spacenit_evals.benchmarks.geobench_v2.windows import INVENTED_DAY, Factors, Windows, place_of
from spacenit_evals.benchmarks.ground_blocks import block_of, numbered
from spacenit_evals.benchmarks.held_sensors import ChosenSensor
from spacenit_evals.benchmarks.label_maps import LabelMaps

SIDES = ("train", "validation", "test")

_STATISTICS_SAMPLES = 256
"""Training samples, evenly spread, that the set's own statistics are of."""

_FEW_CELLS = 8
"""Samples of fewer cells along one side get the largest patches that divide them."""


@frozen(kw_only=True, eq=False)
class GeoBench2Samples(Benchmark):
    """Labelled images or series.

    Attributes:
        config: its settings.
        folder: where it lies.
        inputs: what its samples hold.
        windows: reads them.
        known: the samples, in the order of the containers.
        labels: by task.
        numbers: what `samples` calls them.
        left: for each, whether it is a training sample that the share leaves out.
        digest: of index, labels and containers.
    """

    config: GeoBench2Config
    folder: Path
    inputs: ModelInputs
    windows: Windows
    known: tuple[Item, ...]
    labels: Labels
    numbers: np.ndarray
    left: np.ndarray
    digest: str

    @classmethod
    def of(
        cls, config: GeoBench2Config, root: Path, chosen: tuple[ChosenSensor, ...], takes: ModelInputs
    ) -> "GeoBench2Samples":
        """Read index and labels of all samples.

        Raises:
            UserError: where a share of the training samples would be none.
            DataError: where files are missing or damaged, or a label is no class.
        """
        places = (root / config.slug, root)
        folder = next((place for place in places if any(place.glob(f"*{config.slug}*.tortilla"))), places[0])
        files = containers(folder, config.slug)
        known = tuple(item for path in files for item in read_index(path))
        _check_sides(folder, known)
        plain = Windows(config, chosen, (({}, {}),) * len(chosen), takes.max_timesteps)
        inputs = evolve(takes, sensors=SensorSet.of([one.spec for one in chosen]))
        patch_size = _patch_size(plain, known[0], takes.patch_size)
        labels = _labels(config, known)
        index = (f"{item.name} {item.split} {item.length}" for item in known)
        content = labels.digest if isinstance(labels, LabelMaps) else str(np.asarray(labels).tolist())
        return cls(
            config=config,
            folder=folder,
            inputs=evolve(inputs, patch_size=patch_size),
            windows=evolve(plain, factors=tuple(_factors(plain, one, known) for one in chosen)),
            known=known,
            labels=labels,
            numbers=np.arange(len(known)),
            left=_left(config, known),
            digest=digest_of([*index, content], files),
        )

    @property
    def facts(self) -> BenchmarkFacts:
        """What the set holds."""
        places = any(place_of(item) is not None for item in self.known)
        return BenchmarkFacts(
            task=self.config.predicts,
            classes=self.config.class_names(),
            sensors=self.inputs.sensors,
            version=f"2, {self.config.variant}, {self.digest}",
            dates_invented=self.config.dates_invented,
            group=f"{self.config.block:g} m of ground" if places else "",
            ground_size=self.config.ground_size,
            unit=self.config.unit,
        )

    @property
    def groups(self) -> np.ndarray:
        """Blocks of ground; a sample without position is one of its own."""
        places = [place_of(item) for item in self.known]
        return numbered(
            (number, None) if place is None else block_of(*place, self.config.block)
            for number, place in enumerate(places)
        )

    @property
    def draws(self) -> tuple[tuple[Split, ...], ...]:
        """The publisher's split."""
        sides = np.array([item.split for item in self.known])
        validation = sides == "validation"
        return ((Split((sides == "train") & ~self.left, sides == "test", validation if validation.any() else None),),)

    def samples(
        self, numbers: np.ndarray | None = None, batch_size: int = BATCH_SIZE
    ) -> Iterator[tuple[np.ndarray, list[SampleWindow]]]:
        """Images in the units of the sensors."""
        numbers = self.numbers if numbers is None else numbers
        place = {int(number): place for place, number in enumerate(self.numbers)}
        for start in range(0, len(numbers), batch_size):
            here = numbers[start : start + batch_size]
            yield here, [self.windows.read(int(number), self.known[place[int(number)]]) for number in here]

    def settled(self, held: np.ndarray) -> Self:
        """Without samples of which no image is there."""
        kept = np.flatnonzero(held.any(axis=1))
        if len(kept) == len(self.known):
            return self
        labels = self.labels
        return evolve(
            self,
            known=tuple(self.known[number] for number in kept),
            labels=labels.only(kept) if isinstance(labels, LabelMaps) else labels[kept],
            numbers=self.numbers[kept],
            left=self.left[kept],
        )

    def setup(self) -> dict[str, object]:
        """Set, sensors and variant."""
        config = self.config
        shared = {} if config.train_share == 1 else {"train_share": config.train_share, "seed": config.seed}
        return {
            "data": str(self.folder),
            "sensors": list(self.inputs.sensors.names),
            "patch_size": self.inputs.patch_size,
            "variant": config.variant,
            "statistics": config.statistics,
            "absent_bands": config.absent_bands,
            "group_metres": config.block,
            **shared,
        }

    def remarks(self) -> dict[str, object]:
        """What is not the data's own."""
        remarks: dict[str, object] = {}
        for one in self.windows.chosen:
            for key, text in one.remarks().items():
                remarks[key] = f"{remarks[key]}; {text}" if key in remarks else text
        if self.config.dates:
            remarks["dates"] = self.config.dates.format(day=INVENTED_DAY)
        return remarks


def _check_sides(folder: Path, known: tuple[Item, ...]) -> None:
    unknown = next((item for item in known if item.split not in SIDES), None)
    if unknown is not None:
        raise DataError(f"{folder}: {unknown.name} is in the split {unknown.split!r}", f"splits are {', '.join(SIDES)}")
    if not {"train", "test"} <= {item.split for item in known}:
        raise DataError(f"{folder} has nothing to train on or to test on", "get the set again from its publisher")


def _labels(config: GeoBench2Config, known: tuple[Item, ...]) -> Labels:
    names = config.class_names()
    if config.predicts in DENSE:
        classes = None if config.predicts == "pixel_regression" else names
        # An index is parsed once for each sample, and not at each reading of its labels.
        maps = [evolve(config.label_item(item.items()), facts={}) for item in known]
        return LabelMaps.checked(lambda number: config.label_map(maps[number]), [item.name for item in known], classes)
    found = np.zeros((len(known), len(names)), dtype=bool)
    for number, item in enumerate(known):
        for label in config.label(dict(item.facts)):
            if label not in names:
                raise DataError(
                    f"{item.path}: {item.name} has the label {label!r}, which is no class of {config.slug}",
                    f"classes are {', '.join(names)}",
                )
            found[number, names.index(label)] = True
    return found


def _left(config: GeoBench2Config, known: tuple[Item, ...]) -> np.ndarray:
    """Which training samples the share leaves out, bool ``[n]``."""
    train = np.flatnonzero([item.split == "train" for item in known])
    count = round(config.train_share * len(train))
    if not 1 <= count <= len(train):
        raise UserError(
            f"{config.train_share} of {len(train)} training samples are {count}", "name a share between 0 and 1"
        )
    left = np.zeros(len(known), dtype=bool)
    left[generator(config.seed, f"share of the training samples of {config.slug}").permutation(train)[count:]] = True
    return left


def _patch_size(windows: Windows, item: Item, wanted: int) -> int:
    """The model's; of few cells the largest one that divides them."""
    sizes = {images.shape[:2] for images in windows.read(0, item).bands.values()}
    shortest = min((min(size) for size in sizes), default=wanted)
    if shortest >= _FEW_CELLS:
        return wanted
    return max(size for size in range(1, wanted + 1) if all(side % size == 0 for pair in sizes for side in pair))


def _factors(windows: Windows, one: ChosenSensor, known: tuple[Item, ...]) -> Factors:
    if not one.by_statistics:
        return {}, {}
    train = [item for item in known if item.split == "train"]
    spread = np.unique(np.linspace(0, len(train) - 1, min(len(train), _STATISTICS_SAMPLES)).round().astype(int))
    name = one.held.spec.name
    found = [windows.images(train[number]).get(name) for number in spread]
    images = [image for image in found if image is not None]
    if not images:
        raise DataError(f"no training sample of {windows.config.slug} has an image of {name}", "use another sensor")
    return to_units(one.spec, one.bands, BandStatistics.over(images[0].bands, [image.pixels for image in images]))
