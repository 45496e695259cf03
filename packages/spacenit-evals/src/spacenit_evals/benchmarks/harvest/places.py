"""CropHarvest's places with their series, opened for a model."""

from pathlib import Path

import numpy as np
from attrs import frozen

from spacenit_core.errors import DataError
from spacenit_core.kinds.benchmarks import BenchmarkFacts, Split
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_evals.benchmarks.harvest.arrays import series_of
from spacenit_evals.benchmarks.harvest.bands import COLUMNS, LEFT_OUT, STORED
from spacenit_evals.benchmarks.harvest.cropharvest import CropHarvest
from spacenit_evals.benchmarks.harvest.label_table import Place, read_places
from spacenit_evals.benchmarks.harvest.regions import REGIONS, Region
from spacenit_evals.benchmarks.harvest.steps import STEPS, steps_before
from spacenit_evals.benchmarks.series.ground import cells_of, group_of
from spacenit_evals.benchmarks.series.h5_file import opened_h5
from spacenit_evals.benchmarks.series.inputs import inputs_of, stand_ins
from spacenit_evals.benchmarks.series.labelled_samples import LabelledSamples


@frozen(kw_only=True, eq=False)
class _Side:
    """Places to train on, or to test on.

    Attributes:
        arrays: float ``[n, 12, 18]``.
        labels: int ``[n]``.
        ends: the day after each series.
        lat: degrees.
        lon: degrees.
        left_out: how many have no series, or no label.
    """

    arrays: np.ndarray
    labels: np.ndarray
    ends: list[str]
    lat: np.ndarray
    lon: np.ndarray
    left_out: int


def open_places(config: CropHarvest, root: Path, takes: ModelInputs) -> LabelledSamples:
    """The places of a region.

    Args:
        config: the settings.
        root: the publisher's folder.
        takes: what the model takes.

    Raises:
        UserError: see `inputs_of`.
        DataError: where files are missing or damaged, or either side has one class.
    """
    inputs = inputs_of(takes, STORED, what="the places", longest=STEPS)
    region, places = REGIONS[config.region], read_places(root)
    sides = (_training(root, places, region), _tests(root, places, region))
    for name, side in zip(("train", "test"), sides, strict=True):
        if len(np.unique(side.labels)) < 2:
            raise DataError(f"the {name} places of {config.region} in {root} are of one class", "copy the set again")
    lat, lon = (np.concatenate([getattr(side, axis) for side in sides]) for axis in ("lat", "lon"))
    dates = np.stack([steps_before(end) for side in sides for end in side.ends])
    arrays, labels = (np.concatenate([getattr(side, name) for side in sides]) for name in ("arrays", "labels"))
    series = series_of(arrays, dates, lat, lon, inputs.sensors, str(root))
    trained = np.arange(len(labels)) < len(sides[0].labels)
    crop = region.crop or "crops"
    return LabelledSamples(
        source=series,
        facts=BenchmarkFacts(
            task="classification",
            classes=(f"no {crop}", crop),
            sensors=inputs.sensors,
            version=f"1, {series.digest(labels)}",
            dates=series.days(),
            group=group_of(config.block_degrees),
            ground_size=10.0,
        ),
        inputs=inputs,
        labels=labels,
        groups=cells_of(lat, lon, config.block_degrees),
        draws=((Split(trained, ~trained),),),
        told={"data": str(root), "region": config.region, "block_degrees": config.block_degrees},
        said={
            "dates": "steps of 30 days, which stand for their middle",
            "bands_left_out": LEFT_OUT,
            "gaps": "filled by the publisher with the mean of the point",
            **({"places_without_series": sides[0].left_out} if sides[0].left_out else {}),
            **({"test_pixels_without_label": sides[1].left_out} if sides[1].left_out else {}),
            **series.bands_absent(),
            **stand_ins(inputs, STORED),
        },
        warmth=arrays[:, :, COLUMNS.index("temperature_2m")],
    )


def _training(root: Path, places: list[Place], region: Region) -> _Side:
    chosen = [(place, label) for place in places if (label := region.label(place)) is not None]
    files = [root / "features" / "arrays" / f"{place.index}_{place.dataset}.h5" for place, _ in chosen]
    there = [(place, label, file) for (place, label), file in zip(chosen, files, strict=True) if file.is_file()]
    if not there:
        raise DataError(f"{root} has no place of the region with a file in features/arrays", "copy the set again")
    return _Side(
        arrays=np.stack([_array(file) for _, _, file in there]),
        labels=np.array([label for _, label, _ in there], dtype=np.int64),
        ends=[place.end for place, _, _ in there],
        lat=np.array([place.lat for place, _, _ in there]),
        lon=np.array([place.lon for place, _, _ in there]),
        left_out=len(chosen) - len(there),
    )


def _array(file: Path) -> np.ndarray:
    with opened_h5(file) as content:
        array = np.asarray(content["array"], dtype=np.float64)
    if array.shape != (STEPS, len(COLUMNS)):
        raise DataError(f"{file} is {array.shape}, not {STEPS} steps x {len(COLUMNS)} bands", "copy it again")
    return array


def _tests(root: Path, places: list[Place], region: Region) -> _Side:
    files = sorted((root / "test_features").glob(f"{region.tests}*.h5"))
    if not files:
        raise DataError(f"{root / 'test_features'} has no {region.tests}*.h5", "copy the set again")
    parts = [_test_file(file, places) for file in files]
    return _Side(
        arrays=np.concatenate([part.arrays for part in parts]),
        labels=np.concatenate([part.labels for part in parts]),
        ends=[end for part in parts for end in part.ends],
        lat=np.concatenate([part.lat for part in parts]),
        lon=np.concatenate([part.lon for part in parts]),
        left_out=sum(part.left_out for part in parts),
    )


def _test_file(file: Path, places: list[Place]) -> _Side:
    with opened_h5(file) as content:
        arrays, labels, lat, lon = (np.asarray(content[name]) for name in ("x", "y", "lats", "lons"))
    if not len(arrays) == len(labels) == len(lat) == len(lon) or not np.isin(labels, (-1, 0, 1)).all():
        raise DataError(
            f"{file}: x, y, lats and lons do not belong together, or y is none of -1, 0, 1", "copy it again"
        )
    known = labels >= 0
    lat, lon = lat[known].astype(np.float64), lon[known].astype(np.float64)
    return _Side(
        arrays=arrays[known].astype(np.float64),
        labels=labels[known].astype(np.int64),
        ends=_ends(file, places, lat, lon),
        lat=lat,
        lon=lon,
        left_out=int((~known).sum()),
    )


def _ends(file: Path, places: list[Place], lat: np.ndarray, lon: np.ndarray) -> list[str]:
    """The day after the series of each test point: by the file's name, or by the place in the table.

    Raises:
        DataError: where neither says it.
    """
    parts = file.stem.split("_")
    if len(parts) > 2:
        return [f"{parts[2]}-02-01"] * len(lat)
    own = [place for place in places if place.dataset == file.stem]
    by_place = {(round(place.lat, 6), round(place.lon, 6)): place.end for place in own}
    all_ends = {place.end for place in own}
    common = all_ends.pop() if len(all_ends) == 1 else None
    found = [by_place.get((round(float(y), 6), round(float(x), 6)), common) for y, x in zip(lat, lon, strict=True)]
    if None in found:
        raise DataError(f"labels.geojson does not say when the series of {file.name} end", "copy both again")
    return [end for end in found if end is not None]
