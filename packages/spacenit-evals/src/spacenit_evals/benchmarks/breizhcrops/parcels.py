"""Parcels of BreizhCrops, opened for a model."""

from pathlib import Path

import numpy as np
from attrs import frozen

from spacenit_core.errors import DataError, UserError
from spacenit_core.kinds.benchmarks import BenchmarkFacts, Split
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.sensors.spec import SensorSpec
from spacenit_evals.benchmarks.breizhcrops.breizhcrops import ALPHABETICAL, BANDS, YEAR, BreizhCrops
from spacenit_evals.benchmarks.breizhcrops.index_files import REGIONS, Parcels, read_classes, read_parcels
from spacenit_evals.benchmarks.breizhcrops.shapes import blocks_of
from spacenit_evals.benchmarks.series.finite import check_finite
from spacenit_evals.benchmarks.series.h5_file import opened_h5
from spacenit_evals.benchmarks.series.inputs import L1C, inputs_of, stand_ins
from spacenit_evals.benchmarks.series.labelled_samples import LabelledSamples
from spacenit_evals.benchmarks.series.months import MONTHS, dates_of, means_of_months
from spacenit_evals.benchmarks.series.point_series import stacked

_COLUMNS = 17
_DAY = 16
_NANOSECONDS = 86_400_000_000_000


def open_parcels(config: BreizhCrops, root: Path, takes: ModelInputs) -> LabelledSamples:
    """The parcels of the regions that are named.

    Args:
        config: the settings.
        root: the publisher's folder.
        takes: what the model takes.

    Raises:
        UserError: for a region that does not exist or stands on two sides, and see `inputs_of`.
        DataError: where files are missing or damaged.
    """
    codes, classes = read_classes(root)
    sides = (config.train, config.validation, config.test)
    twice = [region for region in REGIONS if sum(region in side for side in sides) > 1]
    if twice:
        raise UserError(f"{twice[0]} is named on two sides", "train, validation and test are regions of their own")
    parcels = read_parcels(root, [region for side in sides for region in side], codes)
    longest = MONTHS if config.series == "months" else parcels.longest
    inputs = inputs_of(takes, [L1C], what="the parcels", longest=longest)
    groups = blocks_of(root, parcels, config.block)
    train, validation, test = (np.isin(parcels.regions, side) for side in sides)
    is_monthly = config.series == "months"
    return LabelledSamples(
        source=_Series(parcels=parcels, spec=next(iter(inputs.sensors)), monthly=is_monthly, variant=config.variant),
        facts=BenchmarkFacts(
            task="classification",
            classes=classes,
            sensors=inputs.sensors,
            version=f"1, {config.variant}, {config.series}, {parcels.digest}",
            dates=(f"{YEAR}-01-01", f"{YEAR}-12-31"),
            group=f"{config.block:g} m of ground" if groups is not None else "",
            ground_size=10.0,
        ),
        inputs=inputs,
        labels=parcels.labels,
        groups=np.arange(len(parcels.labels)) if groups is None else groups,
        draws=((Split(train, test, validation if validation.any() else None),),),
        told={
            "data": str(root),
            "regions": {"train": list(sides[0]), "validation": list(sides[1]), "test": list(sides[2])},
            "series": config.series,
            "variant": config.variant,
        },
        said=_said(parcels, groups, monthly=is_monthly) | stand_ins(inputs, [L1C]),
    )


def _said(parcels: Parcels, groups: np.ndarray | None, *, monthly: bool) -> dict[str, object]:
    said: dict[str, object] = {"clouds": "left in, as published"}
    if groups is None:
        said["groups"] = "none: 2017/REGION.shp are not there; each parcel counts as one, however alike neighbours are"
    if parcels.other_codes:
        said["parcels_of_other_crops"] = parcels.other_codes
    if parcels.without_dates:
        said["parcels_without_dates"] = parcels.without_dates
    if monthly:
        said["dates"] = "means of months, which stand for the middle of the month"
    return said


@frozen(kw_only=True, eq=False)
class _Series:
    """Implements `SampleSource`."""

    parcels: Parcels
    spec: SensorSpec
    monthly: bool
    variant: str

    def sample(self, number: int) -> SampleWindow:
        """One parcel."""
        table = self._table(number)
        names = BANDS if self.variant == "corrected" else ALPHABETICAL
        # The publisher's alphabetical columns, taken for the spectral ones.
        columns = [BANDS.index(name) for name in names]
        values = stacked(self.spec, dict(zip(BANDS, table[:, columns].T, strict=True)), (len(table),))
        days = (table[:, _DAY].astype(np.int64) // _NANOSECONDS).astype("datetime64[D]")
        present, dates = np.ones(len(days), dtype=bool), dates_of(days)
        if self.monthly:
            means = means_of_months(values, days, f"{YEAR}-01")
            values, present, dates = means.values, means.present, means.dates
        return SampleWindow(
            index=number,
            bands={self.spec.name: values[None, None]},
            present={self.spec.name: present},
            timestamps=dates,
            latlon=np.full(2, np.nan, dtype=np.float32),
        )

    def _table(self, number: int) -> np.ndarray:
        """The rows of a parcel by date, float64 ``[T, 17]``."""
        path, key = self.parcels.files[number], self.parcels.keys[number]
        with opened_h5(path) as file:
            table = np.asarray(file[key], dtype=np.float64)
        if table.ndim != 2 or table.shape[1] != _COLUMNS or not len(table):
            raise DataError(f"{path}, parcel {key}, is {table.shape} and not dates x {_COLUMNS}", "copy it again")
        check_finite(table, f"{path}, parcel {key},")
        return table[np.argsort(table[:, _DAY], kind="stable")]
