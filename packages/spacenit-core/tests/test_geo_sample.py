"""What a pretrained model accepts, and what it refuses because it cannot be what it is said to be."""

from typing import Any

import numpy as np
import pytest
import torch

from spacenit_core import GeoSample, SensorSet, UserError
from spacenit_core.pretrained.batch import as_batch

SENSORS = SensorSet.of(["sentinel2_l2a", "sentinel1", "naip_10", "srtm", "era5_10", "latlon"])
DATES = torch.tensor([[(1, 0, 2020), (31, 11, 2021)]])
S2 = torch.linspace(0, 9000, 1 * 4 * 4 * 2 * 12).reshape(1, 4, 4, 2, 12)


RADAR = torch.full((1, 4, 4, 2, 2), -14.0)


def normalised(values: torch.Tensor) -> torch.Tensor:
    scale, offset = SENSORS["sentinel2_l2a"].normalization.scale_and_offset()  # type: ignore[union-attr]
    return values * torch.from_numpy(scale) + torch.from_numpy(offset)


def with_one(values: torch.Tensor, value: float) -> torch.Tensor:
    values = values.clone()
    values[0, 0, 0] = value
    return values


def batch(patch: Any = 2, **changes: Any) -> Any:
    fields = {"bands": {"sentinel2_l2a": S2}, "timestamps": DATES, **changes}
    return as_batch(GeoSample(**fields), SENSORS, patch)


def test_stored_values_are_normalised_and_missing_ones_make_their_tokens_missing() -> None:
    values = S2.clone()
    values[0, 1, 3, 1, 0] = torch.nan  # row 0, column 1, second step, first group
    values[0, 2, 0, 0, 11] = -99999.0  # row 1, column 0, first step, last group

    made = batch(bands={"sentinel2_l2a": values})

    scale, offset = SENSORS["sentinel2_l2a"].normalization.scale_and_offset()  # type: ignore[union-attr]
    expected = torch.from_numpy(values.double().numpy() * scale + offset).float()
    missing = values.isnan() | (values == -99999)
    assert torch.equal(made.pixels["sentinel2_l2a"], expected.masked_fill(missing, 0))
    seen = made.visibility[0].reshape(1, 2, 2, 2, 3)
    assert {tuple(place) for place in (seen == 3).nonzero().tolist()} == {(0, 0, 1, 1, 0), (0, 1, 0, 0, 2)}
    assert int((seen == 0).sum()) == seen.numel() - 2


def test_normalised_values_stay_and_visibility_is_taken_over() -> None:
    values = torch.randn(1, 4, 4, 2, 12, generator=torch.Generator().manual_seed(0))
    values[0, 0, 0, 0, 0] = torch.nan
    given = torch.randint(0, 4, (1, 2, 2, 2, 3), generator=torch.Generator().manual_seed(0))

    made = batch(bands={"sentinel2_l2a": values}, visibility={"sentinel2_l2a": given}, normalized=True)

    assert torch.equal(made.pixels["sentinel2_l2a"], values.nan_to_num(0))
    given[0, 0, 0, 0, 0] = 3
    assert torch.equal(made.visibility[0], given.flatten(1).to(torch.uint8))


def test_sensors_of_all_shapes_are_taken_as_arrays_of_any_kind() -> None:
    bands = {
        "naip_10": np.full((1, 16, 16, 1, 4), 90, dtype=np.uint8),
        "srtm": np.zeros((1, 4, 4, 1, 1), dtype=np.int16),
        "era5_10": torch.tensor([290.0, 280.0, 95000.0, 1.0, -1.0, 0.003], dtype=torch.float64).expand(1, 2, 6),
        "latlon": [[45.0, 9.0]],
    }
    made = batch(bands=bands, timestamps=DATES.numpy())

    assert made.layout.sensor_names == ("srtm", "naip_10", "era5_10", "latlon")
    assert {tuple(block.shape) for block in made.layout.blocks} == {(2, 2, 1, 1), (1, 1, 2, 1), (1, 1, 1, 1)}
    assert all(values.dtype == torch.float32 for values in made.pixels.values())
    assert float(made.pixels["latlon"][0, 0]) == pytest.approx(0.75)


@pytest.mark.parametrize(
    "values",
    [with_one(S2, 60000), torch.where(torch.arange(4)[:, None, None, None] < 2, 900.0, S2 * 0), with_one(S2 + 900, 0)],
    ids=["cloud", "edge", "gap"],
)
def test_outliers_and_windows_that_are_mostly_empty_pass(values: torch.Tensor) -> None:
    assert len(batch(bands={"sentinel2_l2a": values})) == 1


def shifted(column: int, value: int) -> torch.Tensor:
    dates = DATES.clone()
    dates[0, 1, column] = value
    return dates


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"timestamps": shifted(1, 12)}, "month 12 in timestamps is not between 0 and 11"),
        ({"timestamps": shifted(0, 0)}, "day 0 in timestamps"),
        ({"timestamps": shifted(0, 32)}, "day 32 in timestamps"),
        ({"timestamps": shifted(2, -4)}, "year -4 in timestamps"),
        ({"timestamps": DATES.flip(-1)}, "day 2020 in timestamps"),
        ({"timestamps": DATES[0]}, r"must have the shape \[B, T, 3\]"),
        ({"timestamps": DATES + 0.5}, "whole numbers"),
        ({"timestamps": DATES.expand(2, 2, 3)}, "of 2 samples, pixels of sentinel2_l2a of 1"),
        ({"timestamps": "2020-01-01"}, "timestamps cannot be read"),
        ({"grid_gsd": 0}, "grid_gsd must be metres per cell, above 0, not 0"),
        ({"grid_gsd": "30"}, "grid_gsd must be metres per cell"),
        ({"grid_gsd": float("nan")}, "grid_gsd must be metres per cell"),
        ({"bands": {}}, "without bands"),
        ({"bands": S2}, "must be a mapping"),
        ({"bands": {"sentinel2_l2a": S2, "srtm": torch.zeros(2, 4, 4, 1, 1)}}, "same number of samples"),
        ({"bands": {"sentinel2": S2}}, r"not made for sensor 'sentinel2'(.|\n)*sentinel2_l2a"),
        ({"bands": {"sentinel2_l2a": S2[..., :3]}}, r"have the shape \[B, 4, 4, 2, 3\], not \[B, H, W, 2, 12\]"),
        ({"bands": {"sentinel2_l2a": S2[:, :, :, :1]}}, "have the shape"),
        ({"bands": {"sentinel2_l2a": S2[:, :0]}}, "have the shape"),
        ({"bands": {"naip_10": torch.zeros(1, 15, 16, 1, 4)}}, r"not \[B, H\*4, W\*4, 1, 4\]"),
        ({"bands": {"sentinel2_l2a": S2, "srtm": torch.zeros(1, 2, 4, 1, 1)}}, "differ in size"),
        ({"patch": 3}, "cannot be cut into patches of 3"),
        ({"patch": 0}, "patch_size must be"),
        ({"patch": 2.0}, "patch_size must be"),
        ({"bands": {"sentinel2_l2a": S2 / 10000}}, "no values in reflectance x 10,000"),
        ({"bands": {"sentinel2_l2a": normalised(with_one(S2 / 3, 12000))}}, "no values in reflectance x 10,000"),
        ({"bands": {"sentinel2_l2a": (S2 - S2.mean()) / S2.std()}}, "no values in reflectance x 10,000"),
        ({"bands": {"sentinel2_l2a": with_one(S2, -9999)}}, "hold -9999, which elsewhere marks missing ones"),
        ({"bands": {"sentinel1": with_one(RADAR, -32768)}}, "hold -32768, which elsewhere marks missing ones"),
        ({"bands": {"sentinel2_l2a": S2 * 100}}, "lie between 0 and 9e"),
        ({"bands": {"sentinel2_l2a": S2}, "normalized": True}, "said to be normalised but lie between 0 and 9000"),
        ({"bands": {"sentinel2_l2a": S2 + torch.inf}}, "infinite"),
        ({"bands": {"sentinel2_l2a": S2 * torch.nan}}, "nothing to encode"),
        ({"visibility": {"sentinel1": torch.zeros(1)}}, "of which there are no pixels"),
        ({"visibility": {"sentinel2_l2a": torch.zeros(1, 4, 4, 2, 3, dtype=torch.uint8)}}, r"not \[1, 2, 2, 2, 3\]"),
        ({"visibility": {"sentinel2_l2a": torch.full((1, 2, 2, 2, 3), 4)}}, "mean nothing"),
        ({"visibility": {"sentinel2_l2a": torch.ones(1, 2, 2, 2, 3, dtype=torch.bool)}}, "mean nothing"),
        ({"visibility": {"sentinel2_l2a": torch.full((1, 2, 2, 2, 3), 2)}}, "nothing to encode"),
    ],
)
def test_what_cannot_be_is_refused(changes: dict[str, Any], message: str) -> None:
    with pytest.raises(UserError, match=message):
        batch(**changes)
