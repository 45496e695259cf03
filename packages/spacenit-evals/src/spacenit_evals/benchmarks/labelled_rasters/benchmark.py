"""Labelled cells of a set of tiles, opened for a model."""

import hashlib
from collections.abc import Iterator, Sequence
from typing import Self

import numpy as np
from attrs import evolve, frozen

from spacenit_core.kinds.benchmarks import BATCH_SIZE, Benchmark, BenchmarkFacts
from spacenit_core.kinds.datasets import GeoreferencedDataset
from spacenit_core.samples.batch import Batch
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.samples.visibility import ENCODE
from spacenit_evals.benchmarks.labelled_rasters.config import BLOCK_CELLS, LabelledRasters
from spacenit_evals.benchmarks.labelled_rasters.dates import DateCut
from spacenit_evals.benchmarks.labelled_rasters.division import BlockRules, Division, divide
from spacenit_evals.benchmarks.labelled_rasters.splits import BlockSplit
from spacenit_evals.benchmarks.labelled_rasters.windows import WindowLocations, read_windows
from spacenit_evals.embedders.batches import batch_of
from spacenit_evals.labels import LabelledPoints


@frozen(kw_only=True, eq=False)
class LabelledCells(Benchmark):
    """Windows around labelled cells.

    Attributes:
        config: its settings.
        takes: what the model takes.
        dataset: the set, opened with the sensors of the inputs.
        given: the labels as they were read.
        points: the cells that are scored.
        windows: the window around each.
        division: their blocks and splits.
        cut: cuts the series that are longer than the model takes, and counts them.
        numbers: the number of each window, int ``[n]``.
        present: names of the sensors whose pixels the windows hold; None before they were read.
    """

    config: LabelledRasters
    takes: ModelInputs
    dataset: GeoreferencedDataset
    given: LabelledPoints
    points: LabelledPoints
    windows: WindowLocations
    division: Division
    cut: DateCut
    numbers: np.ndarray
    present: tuple[str, ...] | None = None

    @classmethod
    def of(
        cls, config: LabelledRasters, takes: ModelInputs, dataset: GeoreferencedDataset, given: LabelledPoints
    ) -> "LabelledCells":
        """Put a window around each cell that the set has pixels of, and split them.

        Raises:
            UserError: where windows, blocks, folds and labels do not fit each other.
        """
        points = given.take(np.isin(given.sample, dataset.numbers))
        windows = WindowLocations.around(
            points.sample, points.row, points.column, cells=config.window, tile_size=dataset.tile_size or 1
        )
        return cls(
            config=config,
            takes=takes,
            dataset=dataset,
            given=given,
            points=points,
            windows=windows,
            division=divide(points, windows, _rules(config, dataset)),
            cut=DateCut(takes.max_timesteps, config.dates),
            numbers=np.arange(len(points)),
        )

    @property
    def facts(self) -> BenchmarkFacts:
        """The classes are those that have windows with pixels."""
        names = self.points.names
        return BenchmarkFacts(
            task="classification",
            classes=tuple(names.get(code, str(code)) for code in self.points.codes),
            codes=self.points.codes,
            sensors=self.dataset.sensors,
            version=self._version(),
        )

    @property
    def inputs(self) -> ModelInputs:
        """The sensors of the set that the model takes."""
        return evolve(self.takes, sensors=self.dataset.sensors)

    @property
    def labels(self) -> np.ndarray:
        """By place in the codes."""
        return self.points.label

    @property
    def groups(self) -> np.ndarray:
        """Blocks of ground."""
        return self.division.blocks

    @property
    def draws(self) -> tuple[tuple[BlockSplit, ...], ...]:
        """By blocks of ground."""
        return self.division.draws

    def samples(
        self, numbers: np.ndarray | None = None, batch_size: int = BATCH_SIZE
    ) -> Iterator[tuple[np.ndarray, list[SampleWindow]]]:
        """Windows, sample by sample of the set; what is cut is counted where all are read."""
        if numbers is None:
            self.cut.forget()
            cut, windows, numbers = self.cut, self.windows, self.numbers
        else:
            cut = DateCut(self.cut.limit, self.cut.rule)
            windows = self.windows.take(np.searchsorted(self.numbers, numbers))
        for indices, samples in read_windows(self.dataset, windows, batch_size=batch_size, cut=cut):
            yield numbers[indices], samples

    def holds(self, samples: Sequence[SampleWindow]) -> np.ndarray:
        """Whether a whole patch of pixels is there, for each sensor."""
        return hold_patches(batch_of(samples, self.inputs))

    def settled(self, held: np.ndarray) -> Self:
        """Without cells whose windows hold no whole patch, split anew.

        What has no grid counts only where no sensor has one: coordinates and weather are no pixels.
        """
        sensors = self.dataset.sensors
        spatial = np.array([spec.spatial for spec in sensors])
        seen = np.any(held[:, spatial] if spatial.any() else held, axis=1)
        points, windows = self.points.take(seen), self.windows.take(seen)
        there = np.any(held[seen], axis=0)
        return evolve(
            self,
            points=points,
            windows=windows,
            division=divide(points, windows, _rules(self.config, self.dataset)),
            numbers=self.numbers[seen],
            present=tuple(name for name, some in zip(sensors.names, there, strict=True) if some),
        )

    def setup(self) -> dict[str, object]:
        """The set, the inputs, the windows and the blocks."""
        config, rules = self.config, _rules(self.config, self.dataset)
        facts = {
            "data": self.dataset.source,
            "sensors": list(self.dataset.sensors.names if self.present is None else self.present),
            "window": config.window,
            "patch_size": self.takes.patch_size,
            "block_metres": rules.block,
            "folds": config.folds,
            "train_share": config.train_share if config.folds is None else None,
            "draws": len(self.draws),
            "seed": config.seed,
            "classes": list(self.points.codes),
            "class_names": [f"{code} {name}" for code, name in sorted(self.points.names.items())] or None,
        }
        return {name: value for name, value in facts.items() if value is not None}

    def remarks(self) -> dict[str, object]:
        """What became of labels and inputs, where something did."""
        spared: dict[str, object] = {}
        if any(split.spared for draw in self.draws for split in draw):
            spared["windows_spared"] = "training windows that reach into test blocks stay, or a class would have none"
        return spared | self._of_points() | self._of_inputs()

    def _of_points(self) -> dict[str, object]:
        given, scored = self.given, self.points
        remarks: dict[str, object] = {}
        if given.remarks:
            remarks["labels"] = "; ".join(given.remarks)
        if given.found > len(given):
            remarks["points_drawn"] = f"{len(given)} of {given.found} labelled points, at random"
        if len(given) > len(scored):
            remarks["points_without_pixels"] = len(given) - len(scored)
        if lost := sorted({*given.codes} - {*scored.codes}):
            remarks["classes_without_pixels"] = lost
        return remarks

    def _of_inputs(self) -> dict[str, object]:
        inputs = self.dataset.sensors
        remarks: dict[str, object] = {}
        left_out = [spec.name for spec in self.takes.sensors if spec.name not in inputs]
        if left_out:
            remarks["inputs_left_out"] = f"{', '.join(left_out)}: the encoder saw them too; --sensor names inputs"
        absent = [] if self.present is None else [name for name in inputs.names if name not in self.present]
        if absent:
            remarks["inputs_absent"] = f"{', '.join(absent)}: no labelled window holds any of their pixels"
        if self.cut.cut:
            remarks["dates"] = str(self.cut)
        return remarks

    def _version(self) -> str:
        """A mark of what is labelled and how, and of the set."""
        digest = hashlib.sha256(self.dataset.version().encode())
        for array in (self.points.sample, self.points.row, self.points.column, self.points.label, self.points.codes):
            digest.update(np.ascontiguousarray(array, np.int64).tobytes())
        return digest.hexdigest()[:16]


def hold_patches(batch: Batch) -> np.ndarray:
    """Whether a whole patch of pixels is there, for each sensor, bool ``[B, S]``."""
    seen = (batch.visibility[0] == ENCODE).numpy()
    return np.stack([seen[:, block.tokens].any(axis=1) for block in batch.layout.blocks], axis=1)


def _rules(config: LabelledRasters, dataset: GeoreferencedDataset) -> BlockRules:
    block = BLOCK_CELLS * dataset.sensors.grid_gsd if config.block is None else config.block
    return BlockRules(
        block=block, train_share=config.train_share, folds=config.folds, draws=config.draws, seed=config.seed
    )
