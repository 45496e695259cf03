"""A set of GEO-Bench v1, opened for a model."""

import hashlib
from collections.abc import Hashable, Iterator
from pathlib import Path

import numpy as np
from attrs import evolve, frozen

from spacenit_core.kinds.benchmarks import BATCH_SIZE, Benchmark, BenchmarkFacts, Labels, Split
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.spec import NODATA
from spacenit_evals.benchmarks.dataset_statistics import to_units
from spacenit_evals.benchmarks.dense.digests import digest_of
from spacenit_evals.benchmarks.geobench_v1.config import GeoBenchConfig
from spacenit_evals.benchmarks.geobench_v1.labels import Classes, labels_of
from spacenit_evals.benchmarks.geobench_v1.sample_file import SampleFacts, read_bands, read_facts
from spacenit_evals.benchmarks.geobench_v1.task_files import (
    SIDES,
    check_files,
    read_class_names,
    read_partition,
    read_statistics,
)
from spacenit_evals.benchmarks.ground_blocks import block_of, numbered
from spacenit_evals.benchmarks.held_sensors import ChosenSensor
from spacenit_evals.benchmarks.label_maps import LabelMaps

INVENTED_DATE = (1, 6, 2020)
"""Day, month from 0, year, for sets without dates: models want one."""


@frozen(kw_only=True, eq=False)
class GeoBenchSamples(Benchmark):
    """Labelled images of one date.

    Attributes:
        config: its settings.
        folder: where it lies.
        chosen: the sensor, as the model gets it.
        factors: what brings stored numbers to its units: band -> scale, band -> offset.
        inputs: what its samples hold.
        names: the samples' names, training samples first.
        sides: for each sample, its side: 0 train, 1 validation, 2 test.
        known: what each file says of its sample.
        classes: names and stored numbers.
        labels: by task.
        digest: of sides, labels and files.
    """

    config: GeoBenchConfig
    folder: Path
    chosen: ChosenSensor
    factors: tuple[dict[str, float], dict[str, float]]
    inputs: ModelInputs
    names: tuple[str, ...]
    sides: np.ndarray
    known: tuple[SampleFacts, ...]
    classes: Classes
    labels: Labels
    digest: str

    @classmethod
    def of(cls, config: GeoBenchConfig, folder: Path, chosen: ChosenSensor, takes: ModelInputs) -> "GeoBenchSamples":
        """Read labels, positions and dates of all samples.

        Raises:
            UserError: where there is no such partition.
            DataError: where files are missing or damaged, or a label is no class.
        """
        partition = read_partition(folder, config.partition)
        classes = Classes.of(read_class_names(folder, config.classes), config.no_data, config.variant)
        names = tuple(name for side in SIDES for name in partition[side])
        check_files(folder, names, config.partition)
        files = tuple(folder / f"{name}.hdf5" for name in names)
        known = tuple(read_facts(file) for file in files)
        labels = labels_of(config.predicts, folder, names, known, classes)
        content = labels.digest if isinstance(labels, LabelMaps) else str(np.asarray(labels).tolist())
        return cls(
            config=config,
            folder=folder,
            chosen=chosen,
            factors=_factors(config, folder, chosen),
            inputs=evolve(takes, sensors=SensorSet((chosen.spec,))),
            names=names,
            sides=np.repeat(np.arange(len(SIDES)), [len(partition[side]) for side in SIDES]),
            known=known,
            classes=classes,
            labels=labels,
            digest=digest_of([*(f"{side} {len(partition[side])}" for side in SIDES), content], files),
        )

    @property
    def facts(self) -> BenchmarkFacts:
        """What the set holds."""
        days = [str(facts.day) for facts in self.known if facts.day is not None]
        return BenchmarkFacts(
            task=self.config.predicts,
            classes=self.classes.names,
            sensors=self.inputs.sensors,
            version=f"1, {self.config.variant}, {self.digest}",
            codes=self.classes.codes,
            dates=(min(days), max(days)) if len(days) == len(self.known) else None,
            dates_invented=not days,
            group=self._group,
            ground_size=self._ground_size,
        )

    @property
    def groups(self) -> np.ndarray:
        """Blocks of ground, or what has the same map of labels; a sample without either is one of its own."""
        labels = self.labels
        if self.config.places_by_labels and isinstance(labels, LabelMaps):
            return numbered(hashlib.sha256(labels.read(number).tobytes()).digest() for number in range(len(labels)))
        return numbered(self._block(name, facts) for name, facts in zip(self.names, self.known, strict=True))

    @property
    def draws(self) -> tuple[tuple[Split, ...], ...]:
        """The publisher's split, which is not by ground."""
        train, validation, test = (self.sides == number for number in range(len(SIDES)))
        return ((Split(train, test, validation if validation.any() else None),),)

    def samples(
        self, numbers: np.ndarray | None = None, batch_size: int = BATCH_SIZE
    ) -> Iterator[tuple[np.ndarray, list[SampleWindow]]]:
        """Images in the units of the sensor."""
        numbers = self.numbers if numbers is None else numbers
        for start in range(0, len(numbers), batch_size):
            here = numbers[start : start + batch_size]
            yield here, [self._sample(int(number)) for number in here]

    def setup(self) -> dict[str, object]:
        """Set, sensor, partition and variant."""
        return {
            "data": str(self.folder),
            "sensors": list(self.inputs.sensors.names),
            "patch_size": self.inputs.patch_size,
            "partition": self.config.partition,
            "variant": self.config.variant,
            "statistics": self.config.statistics,
            "absent_bands": self.config.absent_bands,
            "group_metres": self.config.block,
        }

    def remarks(self) -> dict[str, object]:
        """What is not the data's own."""
        undated = sum(facts.day is None for facts in self.known)
        remarks: dict[str, object] = {}
        if undated:
            day, month, year = INVENTED_DATE
            of = "" if undated == len(self.known) else f" of {undated} samples"
            remarks["dates"] = f"none in the data{of}; {year}-{month + 1:02}-{day:02} stands for all"
        return remarks | self.chosen.remarks()

    @property
    def _ground_size(self) -> float | None:
        published = self.config.published_ground_size if self.config.variant == "as_published" else None
        return published or self.config.ground_size

    @property
    def _group(self) -> str:
        if self.config.places_by_labels:
            return "place"
        return f"{self.config.block:g} m of ground" if any(facts.corner for facts in self.known) else ""

    def _block(self, name: str, facts: SampleFacts) -> Hashable:
        block = self.config.block
        if facts.corner is None:
            return name
        if facts.is_geographic:
            return block_of(*facts.corner, block)
        return facts.crs, *(int(part // block) for part in facts.corner)

    def _sample(self, number: int) -> SampleWindow:
        found = read_bands(self.folder / f"{self.names[number]}.hdf5", self.config.stored.of(self.config.variant))
        spec, (scales, offsets) = self.chosen.spec, self.factors
        shape = next(iter(found.values())).shape
        pixels = np.full((*shape, 1, len(spec.bands)), NODATA, np.float32)
        for place, band in enumerate(spec.bands):
            stored = found.get(self.chosen.bands.get(band, ""))
            if stored is not None:
                numbers = stored.astype(np.float64) * scales.get(band, self.config.stored.scale)
                pixels[:, :, 0, place] = numbers + offsets.get(band, 0.0)
        self.chosen.fill(pixels)
        day = self.known[number].day
        return SampleWindow(
            index=number,
            bands={spec.name: pixels},
            present={spec.name: np.ones(1, dtype=bool)},
            timestamps=np.array([INVENTED_DATE if day is None else (day.day, day.month - 1, day.year)], dtype=np.int32),
            latlon=self._middle(number, shape),
        )

    def _middle(self, number: int, shape: tuple[int, int]) -> np.ndarray:
        """Where a sample lies, as far as positions are its own and right."""
        if self.config.places_by_labels or not self.config.places_are_right:
            return np.full(2, np.nan, dtype=np.float32)
        return self.known[number].middle(*shape)


def _factors(config: GeoBenchConfig, folder: Path, chosen: ChosenSensor) -> tuple[dict[str, float], dict[str, float]]:
    if not chosen.by_statistics:
        return {}, {}
    return to_units(chosen.spec, chosen.bands, read_statistics(folder, config.stored.of(config.variant)))
