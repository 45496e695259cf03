"""What a pretrained model is given: pixels, dates and, if wanted, what becomes of each token."""

import math
from collections.abc import Mapping
from numbers import Real
from typing import Any

import numpy as np
import torch
from attrs import Attribute, field, frozen
from torch import Tensor

from spacenit_core.errors import UserError

_YEARS = (1950, 2199)
_DATE = (("day", 1, 31), ("month", 0, 11), ("year", *_YEARS))
_ORDER = "a timestamp is (day 1-31, month 0-11, year): 15 June 2020 is (15, 5, 2020)"


def _tensor(value: Any, what: str) -> Tensor:
    try:
        found = torch.as_tensor(_without_masks(value))
    except (TypeError, ValueError, RuntimeError) as error:
        raise UserError(f"{what} cannot be read as an array: {error}", "give a tensor or a numpy array") from error
    if found.is_complex():
        raise UserError(f"{what} holds complex numbers")
    return found


def _without_masks(value: Any) -> Any:
    """Masked arrays as plain ones with NaN under the mask; lists of arrays as one; in a form that torch takes."""
    if isinstance(value, list | tuple):
        parts = [_without_masks(part) for part in value]
        return np.stack(parts) if parts and all(isinstance(part, np.ndarray) for part in parts) else parts
    if isinstance(value, np.ma.MaskedArray):
        small = value.dtype.kind in "biu" and value.dtype.itemsize <= 2
        kind = value.dtype if value.dtype.kind == "f" else np.dtype("float32" if small else "float64")
        masked = np.ma.getmaskarray(value)
        value = np.where(masked, np.nan, value.data).astype(kind) if masked.any() else value.data
    if isinstance(value, torch.masked.MaskedTensor):
        data = value.get_data()
        kept = data if data.is_floating_point() else data.double()
        return kept.masked_fill(~value.get_mask(), torch.nan)
    if isinstance(value, np.ndarray) and value.dtype.kind in "iuf":
        value = value.astype(value.dtype.newbyteorder("="), copy=False)
        return value.copy() if min(value.strides, default=0) < 0 else value
    return value


def _tensors(values: Any, what: str) -> dict[str, Tensor]:
    if not isinstance(values, Mapping):
        raise UserError(f"{what} must be a mapping from sensor names to arrays, not {type(values).__name__}")
    return {str(name): _tensor(value, f"{what}[{name!r}]") for name, value in values.items()}


def _bands(values: Any) -> dict[str, Tensor]:
    return _tensors(values, "bands")


def _visibility(values: Any) -> dict[str, Tensor] | None:
    return None if values is None else _tensors(values, "visibility")


def _timestamps(value: Any) -> Tensor:
    found = _tensor(value, "timestamps")
    if found.is_floating_point() and bool(found.isnan().any()):
        raise UserError("timestamps hold masked or missing numbers", _ORDER)
    whole = found.long()
    if found.is_floating_point() and not torch.equal(whole.to(found.dtype), found):
        raise UserError("timestamps must be whole numbers", _ORDER)
    return whole


def _check_bands(_: object, __: "Attribute[Any]", bands: dict[str, Tensor]) -> None:
    if not bands:
        raise UserError("a sample without bands says nothing", "give the pixels of one sensor at least")
    counts = {name: tensor.shape[0] if tensor.ndim else 0 for name, tensor in bands.items()}
    if len(set(counts.values())) > 1 or 0 in counts.values():
        listed = ", ".join(f"{name}: {count}" for name, count in counts.items())
        raise UserError(f"all sensors need the same number of samples, and at least one ({listed})")


def _check_dates(_: object, __: "Attribute[Any]", dates: Tensor) -> None:
    if dates.ndim != 3 or dates.shape[2] != 3 or not dates.numel():
        raise UserError(f"timestamps must have the shape [B, T, 3], not {list(dates.shape)}", _ORDER)
    for column, (name, low, high) in enumerate(_DATE):
        values = dates[:, :, column]
        if int(values.min()) < low or int(values.max()) > high:
            wrong = values[(values < low) | (values > high)][0]
            raise UserError(f"{name} {int(wrong)} in timestamps is not between {low} and {high}", _ORDER)


def _check_gsd(_: object, __: "Attribute[Any]", metres: Any) -> None:
    if metres is None:
        return
    number = isinstance(metres, Real) and not isinstance(metres, bool)
    if not number or not 0 < metres < math.inf:
        raise UserError(f"grid_gsd must be metres per cell, above 0, not {metres!r}")


@frozen(eq=False)
class GeoSample:
    """B windows of one size, as a pretrained model takes them.

    Attributes:
        bands: sensor name -> numbers ``[B, H*k, W*k, T, C]`` with a grid (T is 1 without time), ``[B, T, C]`` with time
            only, ``[B, C]`` without either; channels as `SensorSpec.bands` lists them. Missing pixels are NaN, -99999,
            masked (`numpy.ma`, `torch.masked`) or, where a sensor says so (Sentinel-1 and 2, Landsat), 0 in all bands.
        timestamps: ``[B, T, 3]``: day 1-31, month 0-11, year.
        visibility: sensor name -> ``[B, h, w, T, groups]`` on the patch grid: 0 encode, 1 target only, 2 decode,
            3 missing (see `spacenit_core.samples.visibility`); sensors that it does not list are encoded. A token with
            a missing pixel is missing, whatever stands here.
        normalized: whether the values are normalised already; otherwise they are in the sensor's stored units (digital
            numbers, decibels ...) and the model normalises them.
        grid_gsd: metres per cell, which tells how far patches lie apart; None: what the sensors' cells are, 10 m for
            most. Give it where images have another resolution than the model was trained on.

    Raises:
        UserError: for shapes, dates and values that cannot be what they are said to be.
    """

    bands: dict[str, Tensor] = field(converter=_bands, validator=_check_bands)
    timestamps: Tensor = field(converter=_timestamps, validator=_check_dates)
    visibility: dict[str, Tensor] | None = field(default=None, converter=_visibility)
    normalized: bool = False
    grid_gsd: float | None = field(default=None, validator=_check_gsd)

    def __attrs_post_init__(self) -> None:
        for name, tensor in self.bands.items():
            if tensor.shape[0] != len(self):
                raise UserError(f"timestamps are of {len(self)} samples, pixels of {name} of {tensor.shape[0]}")
        for name in self.visibility or {}:
            if name not in self.bands:
                raise UserError(f"visibility is given for {name!r}, of which there are no pixels")

    def __len__(self) -> int:
        return self.timestamps.shape[0]
