"""Exports with their labels, opened for a model."""

from pathlib import Path

import numpy as np
from attrs import frozen

from spacenit_core.errors import DataError
from spacenit_core.kinds.benchmarks import BenchmarkFacts
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.sensors.selection import SensorSet
from spacenit_evals.benchmarks.dense.digests import digest_of
from spacenit_evals.benchmarks.grouped_folds import grouped_folds
from spacenit_evals.benchmarks.harvest.bands import STORED, by_sensor
from spacenit_evals.benchmarks.harvest.cropharvest_exports import CropHarvestExports
from spacenit_evals.benchmarks.harvest.export_file import read_cells, read_name
from spacenit_evals.benchmarks.harvest.label_table import Place, read_places
from spacenit_evals.benchmarks.harvest.steps import STEPS, steps_from
from spacenit_evals.benchmarks.series.ground import cells_of, group_of
from spacenit_evals.benchmarks.series.inputs import inputs_of, stand_ins
from spacenit_evals.benchmarks.series.labelled_samples import LabelledSamples


def open_exports(config: CropHarvestExports, root: Path, takes: ModelInputs) -> LabelledSamples:
    """The exports that have a label.

    Args:
        config: the settings.
        root: the folder.
        takes: what the model takes.

    Raises:
        UserError: see `inputs_of` and `grouped_folds`.
        DataError: where files are missing or damaged.
    """
    inputs = inputs_of(takes, STORED, what="the exports", side=config.cells, longest=STEPS)
    files = sorted([*root.glob("*.tif"), *(root / "eo_data").glob("*.tif")])
    places = {(place.dataset, place.index): place for place in read_places(root)}
    named = [(file, read_name(file)) for file in files]
    found = [(file, places[key], name.start) for file, name in named if (key := (name.dataset, name.index)) in places]
    if not found:
        raise DataError(f"{root} holds no export with a label", "put exports into eo_data, beside labels.geojson")
    source = _Exports(
        files=tuple(file for file, _, _ in found),
        places=tuple(place for _, place, _ in found),
        starts=tuple(start for _, _, start in found),
        cells=config.cells,
        sensors=inputs.sensors,
    )
    labels = np.array([int(place.is_crop) for place in source.places], dtype=np.int64)
    lat, lon = (np.array([getattr(place, axis) for place in source.places]) for axis in ("lat", "lon"))
    groups = cells_of(lat, lon, config.block_degrees)
    days = [str(np.datetime64(start, "D")) for start in source.starts]
    return LabelledSamples(
        source=source,
        facts=BenchmarkFacts(
            task="classification",
            classes=("no crops", "crops"),
            sensors=inputs.sensors,
            version=f"1, {source.digest(labels)}",
            dates=(min(days), str(np.datetime64(max(days), "D") + 30 * STEPS - 1)),
            group=group_of(config.block_degrees),
            ground_size=10.0,
        ),
        inputs=inputs,
        labels=labels,
        groups=groups,
        draws=grouped_folds(groups, labels, folds=config.folds, draws=config.draws, seed=config.seed),
        told={
            "data": str(root),
            "cells": config.cells,
            "block_degrees": config.block_degrees,
            "folds": config.folds,
            "draws": config.draws,
            "seed": config.seed,
        },
        said={
            "dates": "steps of 30 days, which stand for their middle",
            "bands_left_out": "slope",
            **({"exports_without_label": len(files) - len(found)} if len(files) > len(found) else {}),
            **stand_ins(inputs, STORED),
        },
    )


@frozen(kw_only=True, eq=False)
class _Exports:
    """Implements `SampleSource`."""

    files: tuple[Path, ...]
    places: tuple[Place, ...]
    starts: tuple[str, ...]
    cells: int
    sensors: SensorSet

    def sample(self, number: int) -> SampleWindow:
        """The cells around one place."""
        place = self.places[number]
        named = by_sensor(read_cells(self.files[number], place.lat, place.lon, self.cells), self.sensors)
        middle = self.cells // 2
        return SampleWindow(
            index=number,
            bands={
                spec.name: named[spec.name].reshape(self.cells, self.cells, -1, len(spec.bands))
                if spec.spatial
                else named[spec.name][middle, middle]
                for spec in self.sensors
            },
            present={spec.name: np.ones(STEPS if spec.temporal else 1, dtype=bool) for spec in self.sensors},
            timestamps=steps_from(self.starts[number]),
            latlon=np.array([place.lat, place.lon], dtype=np.float32),
        )

    def digest(self, labels: np.ndarray) -> str:
        """Tells these exports with these labels from others."""
        try:
            return digest_of([str(labels.tolist()), *map(str, self.places)], self.files)
        except OSError as error:
            raise DataError(f"{error.filename} cannot be read: {error.strerror}", "export it again") from error
