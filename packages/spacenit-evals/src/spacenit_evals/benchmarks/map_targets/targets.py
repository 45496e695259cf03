"""From the stored values of maps to labels."""

from collections.abc import Callable, Iterable

import numpy as np
from attrs import field, frozen

from spacenit_core.errors import DataError, UserError
from spacenit_core.sensors.maps import WORLDCEREAL, WORLDCOVER, WORLDCOVER_ONEHOT
from spacenit_core.sensors.spec import NODATA, OneHot, SensorSpec

_NO_CANOPY = 255.0
_LAND_COVER = (
    *("tree cover", "shrubland", "grassland", "cropland", "built-up", "bare", "snow and ice", "water"),
    *("herbaceous wetland", "mangroves", "moss and lichen"),
)


@frozen(kw_only=True, eq=False)
class MapLabels:
    """How a map's values are labels.

    Attributes:
        classes: names by label; the map's name where its values are numbers.
        codes: the values of the classes; empty where they are no codes.
        label: gives labels ``[H, W]`` of values ``[H, W, C]`` that are -99999 where missing.
    """

    classes: tuple[str, ...]
    codes: tuple[int, ...] = field(default=())
    label: Callable[[np.ndarray], np.ndarray]


def check_target(spec: SensorSpec, task: str) -> None:
    """Refuse what is no map, or a map for the other task.

    Raises:
        UserError: where it is refused.
    """
    if not spec.spatial or spec.temporal or spec.derived is not None:
        raise UserError(
            f"{spec.name} is no map that lies in files", "name worldcover, srtm, ...: --benchmark.target=NAME"
        )
    if (task == "segmentation") != spec.categorical:
        other = "map_classes" if spec.categorical else "map_values"
        raise UserError(f"the values of {spec.name} are {spec.units}", f"choose the benchmark {other}")


def map_labels(spec: SensorSpec, task: str, values: Iterable[np.ndarray]) -> MapLabels:
    """How the values of a map become labels.

    Args:
        spec: the map.
        task: "segmentation" or "pixel_regression".
        values: of all samples ``[H, W, C]``, looked at where the codes are not known beforehand.

    Raises:
        DataError: where the map holds no code.
    """
    if task == "pixel_regression":
        return MapLabels(classes=(spec.name,), label=lambda stored: _numbers(stored, spec))
    if spec.name == WORLDCEREAL.name:
        return MapLabels(classes=("no temporary crops", "temporary crops"), codes=(0, 100), label=_temporary_crops)
    if len(spec.bands) > 1:
        return MapLabels(classes=spec.bands, label=_strongest)
    codes, names = _codes(spec, values)
    return MapLabels(classes=names, codes=codes, label=lambda stored: _by_code(stored, codes, spec))


def _codes(spec: SensorSpec, values: Iterable[np.ndarray]) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Codes and names; 0 and what is missing are no class."""
    if spec.name == WORLDCOVER.name:
        assert isinstance(WORLDCOVER_ONEHOT.derived, OneHot)
        return WORLDCOVER_ONEHOT.derived.codes, _LAND_COVER
    if spec.value_range[1] <= 255:
        codes = tuple(range(1, 256))
    else:
        codes = tuple(sorted({int(code) for stored in values for code in np.unique(stored)} - {0, int(NODATA)}))
    if not codes:
        raise DataError(f"{spec.name} has no pixel with a code in this set", "choose another map")
    return codes, tuple(f"code {code}" for code in codes)


def _by_code(stored: np.ndarray, codes: tuple[int, ...], spec: SensorSpec) -> np.ndarray:
    first = stored[..., 0]
    known = np.isin(first, codes)
    strange = first[~known & (first != 0) & (first != NODATA)]
    if strange.size:
        raise DataError(f"{spec.name} has the code {strange[0]:g}", f"its codes are {codes[0]} to {codes[-1]}")
    return np.where(known, np.searchsorted(codes, np.where(known, first, codes[0])), -1).astype(np.int64)


def _strongest(stored: np.ndarray) -> np.ndarray:
    """The band with the largest value; pixels without any are no class."""
    there = np.where(stored == NODATA, 0, stored)
    return np.where(there.sum(axis=-1) > 0, there.argmax(axis=-1), -1)


def _temporary_crops(stored: np.ndarray) -> np.ndarray:
    """1 where the first product says crop, 0 where it does not though another product knows the pixel."""
    known = ((stored != NODATA) & (stored != 0) & (stored <= 100)).any(axis=-1)
    first = stored[..., 0]
    return np.where(known & (first != NODATA) & (first <= 100), (first > 0).astype(np.int64), -1)


def _numbers(stored: np.ndarray, spec: SensorSpec) -> np.ndarray:
    first = stored[..., 0].astype(np.float32)
    missing = (first == NODATA) | ~np.isfinite(first)
    if spec.name == "wri_canopy_height_map":
        missing |= first == _NO_CANOPY
    return np.where(missing, np.float32(np.nan), first)
