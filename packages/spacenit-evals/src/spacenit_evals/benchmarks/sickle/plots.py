"""Plots of SICKLE, opened for a model."""

import hashlib
from pathlib import Path

import numpy as np
from attrs import frozen

from spacenit_core.errors import DataError
from spacenit_core.kinds.benchmarks import BenchmarkFacts, Split
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.sensors.selection import SensorSet
from spacenit_evals.benchmarks.dense.digests import digest_of
from spacenit_evals.benchmarks.series.ground import cells_of, group_of
from spacenit_evals.benchmarks.series.inputs import inputs_of
from spacenit_evals.benchmarks.series.labelled_samples import LabelledSamples
from spacenit_evals.benchmarks.series.months import dates_of
from spacenit_evals.benchmarks.sickle.config import SENSORS, SickleConfig
from spacenit_evals.benchmarks.sickle.images import SEASON, read_season, season_files
from spacenit_evals.benchmarks.sickle.masks import SIDE, Masks, read_masks
from spacenit_evals.benchmarks.sickle.table import Row, read_rows


def open_plots(config: SickleConfig, root: Path, takes: ModelInputs) -> LabelledSamples:
    """The samples of the publisher's table.

    Args:
        config: the settings.
        root: the publisher's folder.
        takes: what the model takes.

    Raises:
        UserError: see `inputs_of`.
        DataError: where files are missing or damaged, or a side is empty.
    """
    inputs = inputs_of(takes, [(name,) for name in SENSORS], what="the plots", side=SIDE, longest=SEASON)
    rows = read_rows(root)
    masks = [read_masks(root, row.uid) for row in rows]
    is_map = config.predicts == "segmentation"
    labels = (
        _maps(rows, masks)
        if is_map
        else np.array([mask.yield_of(row.plot) for row, mask in zip(rows, masks, strict=True)])
    )
    kept = (labels >= 0).any(axis=(1, 2)) if is_map else np.isfinite(labels)
    chosen = np.flatnonzero(kept)
    rows, masks, labels = [rows[place] for place in chosen], [masks[place] for place in chosen], labels[kept]
    split, said = _split(rows)
    groups, group = _groups(rows, masks, config.block_degrees)
    months = sorted(row.first for row in rows)
    return LabelledSamples(
        source=_Seasons(root=root, rows=tuple(rows), masks=tuple(masks), sensors=inputs.sensors),
        facts=BenchmarkFacts(
            task=config.predicts,
            classes=("paddy", "other crops") if is_map else ("yield",),
            sensors=inputs.sensors,
            version=f"1, {_digest(root, rows, labels, inputs.sensors)}",
            dates=(f"{months[0]}-15", str(np.datetime64(months[-1], "M") + SEASON - 1) + "-15"),
            group=group,
            ground_size=10.0,
            unit="" if is_map else "kg per acre",
        ),
        inputs=inputs,
        labels=labels,
        groups=groups,
        draws=((split,),),
        told={"data": str(root), "block_degrees": config.block_degrees},
        said={
            "dates": "means of months, which stand for the middle of the month",
            **({"samples_without_label": int((~kept).sum())} if (~kept).any() else {}),
            **said,
        },
    )


def _maps(rows: list[Row], masks: list[Masks]) -> np.ndarray:
    """Crops in the plots of each sample's own side, int8 ``[n, 32, 32]``: neighbours of another side do not count."""
    plots: dict[str, set[int]] = {}
    for row in rows:
        plots.setdefault(row.side, set()).add(row.plot)
    return np.stack([mask.crops_of(plots[row.side]) for row, mask in zip(rows, masks, strict=True)])


def _split(rows: list[Row]) -> tuple[Split, dict[str, object]]:
    """The publisher's sides; where its test samples are not there, validation samples are tested."""
    train, validation, test = (
        np.array([row.side == side for row in rows], dtype=bool) for side in ("train", "val", "test")
    )
    said: dict[str, object] = {}
    if not test.any():
        validation, test = np.zeros_like(test), validation
        said["test_samples"] = "withheld by the publisher: validation samples are tested, as its own scripts do"
    if not train.any() or not test.any():
        raise DataError("sickle_dataset_tabular.csv leaves nothing to train on, or nothing to test", "copy it again")
    return Split(train, test, validation if validation.any() else None), said


def _groups(rows: list[Row], masks: list[Masks], degrees: float) -> tuple[np.ndarray, str]:
    lat, lon = np.array([mask.lat for mask in masks]), np.array([mask.lon for mask in masks])
    if np.isfinite(lat).all() and np.isfinite(lon).all():
        return cells_of(lat, lon, degrees), group_of(degrees)
    return np.unique([row.plot for row in rows], return_inverse=True)[1].reshape(-1), "plot"


def _digest(root: Path, rows: list[Row], labels: np.ndarray, sensors: SensorSet) -> str:
    """Tells samples, labels and images from others."""
    content = hashlib.sha256(np.ascontiguousarray(labels).tobytes()).hexdigest()
    uids = dict.fromkeys(row.uid for row in rows)
    files = [path for uid in uids for spec in sensors for path in season_files(root, uid, spec)]
    return digest_of([content, *(f"{row.uid} {row.plot} {row.side} {row.first}" for row in rows)], files)


@frozen(kw_only=True, eq=False)
class _Seasons:
    """Implements `SampleSource`."""

    root: Path
    rows: tuple[Row, ...]
    masks: tuple[Masks, ...]
    sensors: SensorSet

    def sample(self, number: int) -> SampleWindow:
        """One sample; a sensor without a fit image is absent."""
        row, mask = self.rows[number], self.masks[number]
        found = {spec.name: read_season(self.root, row.uid, spec, row.first) for spec in self.sensors}
        if not any(found.values()):
            raise DataError(f"{self.root} has no fit image of {row.uid} in the season of {row.first}", "copy it again")
        months = (np.datetime64(row.first, "M") + np.arange(SEASON)).astype("datetime64[D]") + 14
        return SampleWindow(
            index=number,
            bands={name: np.moveaxis(means.values, 0, 2) for name, means in found.items() if means is not None},
            present={name: means.present for name, means in found.items() if means is not None},
            timestamps=dates_of(months),
            latlon=np.array([mask.lat, mask.lon], dtype=np.float32),
        )
