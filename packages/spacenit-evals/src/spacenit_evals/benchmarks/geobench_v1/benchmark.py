"""A set of GEO-Bench v1, opened for a model."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from attrs import evolve, frozen

from spacenit_core.errors import DataError
from spacenit_core.kinds.benchmarks import BATCH_SIZE, Benchmark, BenchmarkFacts, Split
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.spec import NODATA, SensorSpec
from spacenit_evals.benchmarks.geobench_v1.config import GeoBenchConfig
from spacenit_evals.benchmarks.geobench_v1.sample_file import SampleFacts, read_bands, read_facts
from spacenit_evals.benchmarks.geobench_v1.task_files import SIDES, read_class_names, read_partition

INVENTED_DATE = (1, 6, 2020)
"""Day, month from 0, year: the sets have no dates, and models want one."""


@frozen(kw_only=True, eq=False)
class GeoBenchSamples(Benchmark):
    """Labelled images of one date.

    Attributes:
        config: its settings.
        folder: where it lies.
        spec: the sensor that its pixels are handed on as.
        inputs: what its samples hold.
        names: the samples' names, training samples first.
        sides: for each sample, its side: 0 train, 1 validation, 2 test.
        known: what each file says of its sample.
        classes: names by label.
    """

    config: GeoBenchConfig
    folder: Path
    spec: SensorSpec
    inputs: ModelInputs
    names: tuple[str, ...]
    sides: np.ndarray
    known: tuple[SampleFacts, ...]
    classes: tuple[str, ...]

    @classmethod
    def of(cls, config: GeoBenchConfig, folder: Path, spec: SensorSpec, takes: ModelInputs) -> "GeoBenchSamples":
        """Read labels and positions of all samples.

        Raises:
            UserError: where there is no such partition.
            DataError: where files are missing or damaged, or a label is no class.
        """
        partition, classes = read_partition(folder, config.partition), read_class_names(folder)
        names = tuple(name for side in SIDES for name in partition[side])
        absent = [name for name in names if not (folder / f"{name}.hdf5").is_file()]
        if absent:
            raise DataError(
                f"{folder} lacks {len(absent)} of {len(names)} samples of the partition {config.partition}, first "
                f"{absent[0]}.hdf5",
                "copy the set again",
            )
        known = tuple(read_facts(folder / f"{name}.hdf5") for name in names)
        for name, facts in zip(names, known, strict=True):
            if facts.label is None or not 0 <= facts.label < len(classes):
                raise DataError(
                    f"{folder / name}.hdf5 has the label {facts.label}, and the classes are 0 to {len(classes) - 1}",
                    "copy it again from its publisher",
                )
        return cls(
            config=config,
            folder=folder,
            spec=spec,
            inputs=evolve(takes, sensors=SensorSet((spec,))),
            names=names,
            sides=np.repeat(np.arange(len(SIDES)), [len(partition[side]) for side in SIDES]),
            known=known,
            classes=classes,
        )

    @property
    def facts(self) -> BenchmarkFacts:
        """Ten classes or so, one image each."""
        digest = hashlib.sha256("\n".join(self.names).encode() + self.labels.tobytes())
        return BenchmarkFacts(
            task="classification",
            classes=self.classes,
            sensors=self.inputs.sensors,
            version=f"1, {self.config.variant}, {digest.hexdigest()[:16]}",
        )

    @property
    def labels(self) -> np.ndarray:
        """By class, int ``[n]``."""
        return np.array([facts.label for facts in self.known], dtype=np.int64)

    @property
    def groups(self) -> np.ndarray:
        """Blocks of ground; a sample without position is one of its own."""
        block = self.config.block
        keys = [
            (name,) if facts.corner is None else (facts.crs, *(int(part // block) for part in facts.corner))
            for name, facts in zip(self.names, self.known, strict=True)
        ]
        numbers: dict[tuple[object, ...], int] = {}
        return np.array([numbers.setdefault(key, len(numbers)) for key in keys], dtype=np.int64)

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
            "group_metres": self.config.block,
        }

    def remarks(self) -> dict[str, object]:
        """What is not the data's own."""
        day, month, year = INVENTED_DATE
        remarks: dict[str, object] = {"dates": f"none in the data; {year}-{month + 1:02}-{day:02} stands for all"}
        if self.spec.name != self.config.stored.sensors[0]:
            remarks["sensor"] = f"{self.config.stored.sensors[0]} is handed on as {self.spec.name}"
        absent = [band for band in self.spec.bands if band not in self.config.stored.names]
        if absent:
            remarks["bands_absent"] = ", ".join(absent)
        return remarks

    def _sample(self, number: int) -> SampleWindow:
        stored = self.config.stored
        found = read_bands(self.folder / f"{self.names[number]}.hdf5", stored.of(self.config.variant))
        shape = next(iter(found.values())).shape
        pixels = np.full((*shape, 1, len(self.spec.bands)), NODATA, np.float32)
        for place, band in enumerate(self.spec.bands):
            if band in found:
                pixels[:, :, 0, place] = found[band] * np.float32(stored.scale)
        return SampleWindow(
            index=number,
            bands={self.spec.name: pixels},
            present={self.spec.name: np.ones(1, dtype=bool)},
            timestamps=np.array([INVENTED_DATE], dtype=np.int32),
            latlon=np.full(2, np.nan, dtype=np.float32),
        )
