"""Which samples a set has and which of them are used; from its metadata files, never from folder names."""

import logging
from pathlib import Path

import numpy as np
from attrs import frozen

from spacenit_core.errors import DataError, UserError, no_folder
from spacenit_core.kinds.sensors import SENSORS
from spacenit_core.rng import generator
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.spec import SensorSpec
from spacenit_data.h5.below import sets_below
from spacenit_data.h5.metadata import LATLON_NPY, METADATA_CSV
from spacenit_data.listing import Listing
from spacenit_data.sample_set import installed_spec

log = logging.getLogger(__name__)

_PROBES = 256


@frozen(eq=False)
class SampleIndex:
    """The samples in use, n of them, in the order of their numbers.

    Attributes:
        numbers: int64 ``[n]``: sample i is the file ``sample_<numbers[i]>.h5``.
        listed: stored sensor name -> bool ``[n]``: whether the metadata say that the sample has it.
        latlon: float32 ``[n, 2]``, degrees; NaN where unknown.
    """

    numbers: np.ndarray
    listed: dict[str, np.ndarray]
    latlon: np.ndarray


def stored_spec(spec: SensorSpec, sensors: SensorSet) -> SensorSpec:
    """The sensor that lies in the files: the sensor itself, or what it is derived from."""
    while spec.derived is not None:
        spec = source_spec(spec, sensors)
    return spec


def source_spec(spec: SensorSpec, sensors: SensorSet) -> SensorSpec:
    """What a derived sensor is computed from; it need not be a training sensor itself."""
    if spec.derived is None:
        raise ValueError(f"{spec.name} is not derived")
    source = spec.derived.source
    return sensors[source] if source in sensors else SENSORS.get(source)


def load_index(
    folder: Path, sensors: SensorSet, *, percentage: float, seed: int, filter_idx_file: Path | None
) -> SampleIndex:
    """Read a set's metadata and choose the samples.

    A sample is kept if it has a training sensor that varies in space and time; where no such sensor is trained, if it
    has any training sensor. Then come the filter file and the draw of a share.

    Raises:
        UserError: if the folder is not that of a set, or no sample is left.
        DataError: if the metadata cannot be read, or files that they list are missing.
    """
    _check_folder(folder)
    listing = Listing.read(folder)
    numbers = listing.numbers
    listed = _listed_sensors(listing.sensors, sensors, folder)
    series = [name for name, spec in _stored(sensors).items() if spec.spatial and spec.temporal and name in listed]
    keep = np.logical_or.reduce([listed[name] for name in series or listed])
    if not keep.any():
        raise UserError(
            f"no sample of {folder} has one of {', '.join(series or listed)}",
            "choose sensors of the set{sensors}",
            things=("sensors",),
        )
    if filter_idx_file is not None:
        keep &= np.isin(numbers, _filter_numbers(filter_idx_file))
        if not keep.any():
            raise UserError(
                f"{filter_idx_file} names no usable sample of {folder}", "name others{samples}", things=("samples",)
            )
    rows = np.flatnonzero(keep)
    if percentage < 1:
        rows = _draw_share(rows, percentage, seed)
    rows = rows[np.argsort(numbers[rows], kind="stable")]
    chosen = numbers[rows]
    _probe_files(folder, chosen)
    latlon = _latlon(folder, chosen)
    if "latlon" in _stored(sensors) and (folder / LATLON_NPY).is_file() and np.isnan(latlon).any(axis=1).all():
        log.warning("%s knows the place of no sample: latlon is trained as missing", folder)
    return SampleIndex(chosen, {name: has[rows] for name, has in listed.items()}, latlon)


def sensors_of_set(folder: Path) -> SensorSet:
    """The installed sensors that a set lists.

    Raises:
        UserError: if the folder is not that of a set, or none of its sensors is installed.
        DataError: if its metadata cannot be read.
    """
    _check_folder(folder)
    names = sorted(Listing.read(folder).sensors)
    found = [spec for spec in map(installed_spec, names) if spec is not None]
    if not found:
        raise UserError(
            f"{folder} has no installed sensor, only {', '.join(names)}", "install the plugin that adds them"
        )
    return SensorSet.of(found)


def _stored(sensors: SensorSet) -> dict[str, SensorSpec]:
    return {spec.name: spec for spec in (stored_spec(sensor, sensors) for sensor in sensors)}


def _check_folder(folder: Path) -> None:
    hint = "name the folder that holds sample_metadata.csv and sample_<i>.h5{set}"
    if not folder.is_dir():
        raise no_folder(folder, hint, things=("set",))
    if not (folder / METADATA_CSV).is_file():
        below = next(iter(sets_below(folder)), None)
        found = f"; there is one in {below}" if below else " (it is written last, so an unfinished conversion has none)"
        raise UserError(f"{folder} holds no {METADATA_CSV}{found}", hint, things=("set",))


def _listed_sensors(columns: dict[str, np.ndarray], sensors: SensorSet, folder: Path) -> dict[str, np.ndarray]:
    """Sensor -> whether each sample has it; without those that the set has no column for."""
    # Not every converter gives the centre, which all files have, a column.
    everywhere = {name for name, spec in _stored(sensors).items() if not spec.spatial and not spec.temporal}
    wanted = _stored(sensors)
    listed = {name: columns[name] for name in wanted if name in columns}
    if not listed:
        raise UserError(
            f"{folder} has none of the sensors {', '.join(sensors.names)}",
            f"it has {', '.join(sorted(columns))}: choose among them{{sensors}}",
            things=("sensors",),
        )
    absent = [name for name in wanted if name not in columns and name not in everywhere]
    if absent:
        log.warning("%s has no %s: trained as missing", folder, ", ".join(absent))
    return listed


def _filter_numbers(path: Path) -> np.ndarray:
    try:
        numbers = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise UserError(
            f"filter_idx_file {path} cannot be read: {error}",
            "give a .npy file of integers{samples}, as numpy.save writes it",
            things=("samples",),
        ) from error
    if not isinstance(numbers, np.ndarray) or numbers.dtype.kind not in "iu":
        raise UserError(f"filter_idx_file {path} does not hold integers", "give the sample numbers to keep")
    return numbers.reshape(-1)


def _draw_share(rows: np.ndarray, percentage: float, seed: int) -> np.ndarray:
    count = int(len(rows) * percentage)
    if count == 0:
        raise UserError(
            f"dataset_percentage={percentage:g} of {len(rows)} samples leaves none",
            "give a larger share, 0 to 1{share}",
            things=("share",),
        )
    return rows[generator(seed, "dataset share").permutation(len(rows))[:count]]


def _probe_files(folder: Path, numbers: np.ndarray) -> None:
    """Look for some files of the set, all of a small one: a copy that stopped half-way shows before any work."""
    looked_at = np.unique(np.linspace(0, len(numbers) - 1, min(len(numbers), _PROBES)).astype(int))
    missing = [number for number in numbers[looked_at] if not (folder / f"sample_{number}.h5").is_file()]
    if missing:
        raise DataError(
            f"{folder / METADATA_CSV} lists samples whose files are missing, first sample_{missing[0]}.h5 "
            f"({len(missing)} of {len(looked_at)} files looked for)",
            "finish the copy or the conversion, or name the samples that are there{samples}",
            things=("samples",),
        )


def _latlon(folder: Path, numbers: np.ndarray) -> np.ndarray:
    """The samples' centres; NaN where the set does not say."""
    out = np.full((len(numbers), 2), np.nan, np.float32)
    path = folder / LATLON_NPY
    if not path.is_file():
        return out
    try:
        centres = np.load(path, allow_pickle=False)
    except (OSError, ValueError, EOFError) as error:
        raise DataError(
            f"{path} cannot be read: {error}", "copy it again; without the file, centres are unknown"
        ) from error
    if centres.ndim != 2 or centres.shape[1] != 2:
        raise DataError(f"{path} has the shape {list(centres.shape)}, not [samples, 2]")
    known = numbers < len(centres)
    out[known] = centres[numbers[known]]
    return out
