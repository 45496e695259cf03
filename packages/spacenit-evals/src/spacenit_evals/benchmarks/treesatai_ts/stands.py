"""Stands of TreeSatAI Time Series, opened for a model."""

from pathlib import Path

import numpy as np
import rasterio
from attrs import frozen

from spacenit_core.errors import DataError
from spacenit_core.kinds.benchmarks import BenchmarkFacts, Split
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.sensors.selection import SensorSet
from spacenit_data.rasters.quiet import open_quietly
from spacenit_evals.benchmarks.dense.digests import digest_of
from spacenit_evals.benchmarks.series.inputs import inputs_of
from spacenit_evals.benchmarks.series.labelled_samples import LabelledSamples
from spacenit_evals.benchmarks.series.months import MONTHS, dates_of, means_at, means_of_months
from spacenit_evals.benchmarks.treesatai_ts.config import SENSORS, TreeSatConfig
from spacenit_evals.benchmarks.treesatai_ts.images import (
    CELLS,
    Series,
    decibels,
    find_aerial,
    find_series,
    read_aerial,
    read_middle,
    read_optical,
    read_radar,
)
from spacenit_evals.benchmarks.treesatai_ts.label_files import GENERA, Stands, read_stands

_DAYS_OF_A_YEAR = 366

INVENTED_DATE = (15, 6, 2020)
"""Day, month from 0, year, where a model takes nothing but the aerial image, whose date is not known."""


def open_stands(config: TreeSatConfig, root: Path, takes: ModelInputs) -> LabelledSamples:
    """The stands of the publisher's lists.

    Args:
        config: the settings.
        root: the publisher's folder.
        takes: what the model takes.

    Raises:
        UserError: see `inputs_of`.
        DataError: where files are missing or damaged, or no genus has a share that counts.
    """
    longest = MONTHS if config.series == "months" else _DAYS_OF_A_YEAR
    inputs = inputs_of(takes, [(name,) for name in SENSORS], what="the stands", side=CELLS, longest=longest)
    stands = read_stands(root)
    images = _Images(config=config, root=root, names=stands.names, sensors=inputs.sensors)
    groups = _groups(root, stands.names, config.block)
    train, validation, test = (stands.side == number for number in range(3))
    return LabelledSamples(
        source=images,
        facts=BenchmarkFacts(
            task=config.predicts,
            classes=GENERA,
            sensors=inputs.sensors,
            version=f"1, {config.series}, {config.orbit}, {config.clouds:g}, {_digest(root, stands)}",
            dates_invented=inputs.sensors.names == ("naip_10",),
            group=f"{config.block:g} m of ground" if groups is not None else "",
            ground_size=10.0,
        ),
        inputs=inputs,
        labels=_labels(stands, config),
        groups=np.arange(len(stands.names)) if groups is None else groups,
        draws=((Split(train, test, validation if validation.any() else None),),),
        told={
            "data": str(root),
            "series": config.series,
            "orbit": config.orbit,
            "clouds": config.clouds,
            "least_share": config.least_share,
        },
        said=_said(config, groups, inputs.sensors),
    )


def _digest(root: Path, stands: Stands) -> str:
    """Tells lists, labels and images from others."""
    found = [(find_series(root, name), find_aerial(root, name)) for name in stands.names]
    return digest_of([stands.digest], [path for pair in found for path in pair if path is not None])


def _labels(stands: Stands, config: TreeSatConfig) -> np.ndarray:
    if config.predicts == "classification":
        return stands.shares.argmax(axis=1)
    present = stands.shares > config.least_share
    empty = np.flatnonzero(~present.any(axis=1))
    if len(empty):
        raise DataError(
            f"{stands.names[empty[0]]} has no genus with a share above {config.least_share:g} ({len(empty)} of them)",
            "ask for a smaller share: --benchmark.least_share=0.05",
        )
    return present


def _said(config: TreeSatConfig, groups: np.ndarray | None, sensors: SensorSet) -> dict[str, object]:
    said: dict[str, object] = (
        {"radar": "linear power in the files, here dB of mean power"} if "sentinel1" in sensors else {}
    )
    if config.series == "months":
        said["dates"] = "means of months, which stand for the middle of the month"
    if "naip_10" in sensors:
        said["aerial"] = "0.2 m in the files, here means of 2.5 m, handed on as naip_10"
    if groups is None:
        said["groups"] = "none: aerial images, which say where stands lie, are not there for all of them"
    return said


def _groups(root: Path, names: tuple[str, ...], block: float) -> np.ndarray | None:
    """The block of ground of each stand; None where not all aerial images are there."""
    keys: dict[tuple[int, int], int] = {}
    groups = np.empty(len(names), dtype=np.int64)
    for number, name in enumerate(names):
        path = find_aerial(root, name)
        if path is None:
            return None
        try:
            with open_quietly(str(path)) as file:
                left, top = file.transform.c, file.transform.f
        except rasterio.errors.RasterioError as error:
            raise DataError(f"{path} cannot be read: {error}", "copy it again") from error
        groups[number] = keys.setdefault((int(left // block), int(top // block)), len(keys))
    return groups


@frozen(kw_only=True, eq=False)
class _Images:
    """Implements `SampleSource`."""

    config: TreeSatConfig
    root: Path
    names: tuple[str, ...]
    sensors: SensorSet

    def sample(self, number: int) -> SampleWindow:
        """One stand."""
        name = self.names[number]
        series = self._series(find_series(self.root, name))
        bands, present, dates = _placed(series, monthly=self.config.series == "months")
        if "sentinel1" in bands:
            bands["sentinel1"] = decibels(bands["sentinel1"])
        aerial = find_aerial(self.root, name)
        if "naip_10" in self.sensors and aerial is not None:
            bands["naip_10"], present["naip_10"] = read_aerial(aerial, self.sensors["naip_10"]), np.ones(1, dtype=bool)
        return SampleWindow(
            index=number,
            bands=bands,
            present=present,
            timestamps=dates,
            latlon=np.full(2, np.nan, dtype=np.float32) if aerial is None else read_middle(aerial),
        )

    def _series(self, path: Path) -> dict[str, Series]:
        found = {}
        if "sentinel2_l2a" in self.sensors:
            found["sentinel2_l2a"] = read_optical(path, self.sensors["sentinel2_l2a"], self.config.clouds)
        if "sentinel1" in self.sensors:
            found["sentinel1"] = read_radar(path, self.sensors["sentinel1"], self.config.orbit)
        return found


def _placed(
    series: dict[str, Series], *, monthly: bool
) -> tuple[dict[str, np.ndarray], dict[str, np.ndarray], np.ndarray]:
    """Images of all sensors on one axis of months, or of days: values, which dates they are, and the dates."""
    if not series:
        return {}, {}, np.array([INVENTED_DATE], dtype=np.int32)
    days = np.unique(np.concatenate([part.days for part in series.values()]))
    bands, present, dates = {}, {}, dates_of(days)
    for name, part in series.items():
        if monthly:
            means = means_of_months(part.values, part.days, f"{days[0].astype('datetime64[Y]')}-01")
            bands[name], present[name], dates = means.values, means.present, means.dates
        else:
            bands[name], present[name] = means_at(part.values, np.searchsorted(days, part.days), len(days))
        bands[name] = np.moveaxis(bands[name], 0, 2)
    return bands, present, dates
