"""Units by magnitude: what values cannot be, what they may be instead, and what real pixels look like."""

import numpy as np
import pytest
import torch
from attrs import evolve

from spacenit_core import GeoSample, SensorSet, UserError
from spacenit_core.kinds.sensors import SENSORS
from spacenit_core.pretrained.batch import as_batch
from spacenit_core.samples.batch import Batch
from spacenit_core.samples.layout import TokenLayout
from spacenit_core.samples.unit_mismatches import find_unit_mismatches
from spacenit_core.samples.visibility import MISSING
from spacenit_core.sensors.plausible import columns_of, find_foreign_statistics, find_misfit
from spacenit_core.sensors.spec import BandGroup, MeanStd, SensorSpec

RNG = np.random.default_rng(0)
REFLECTANCE = RNG.normal(0.15, 0.05, (4000, 12)).clip(0.001, 1)
POWER = np.stack([RNG.gamma(4, 0.02, 4000), RNG.gamma(4, 0.004, 4000)], axis=1)
WEATHER = np.array([288.0, 280.0, 98000.0, 1.5, -2.0, 0.003]) + RNG.normal(0, 1, (400, 6)) * (5, 5, 900, 1, 1, 0.0005)
WATER = np.array([230, 170, 90, 40, 70, 50, 45, 40, 25, 20, 310, 60])
"""Clear and deep, in Sentinel-2's bands."""
MAPS = RNG.choice([10, 30, 80], (500, 1))


def mismatch(name: str, values: np.ndarray, largest: float | None = None):
    return find_misfit(SENSORS.get(name), columns_of(values), largest=largest)


@pytest.mark.parametrize(
    ("name", "values"),
    [
        ("sentinel2_l2a", REFLECTANCE * 10000),
        ("sentinel2", REFLECTANCE * 10000 + 1000),
        ("sentinel2_l2a", WATER * RNG.normal(1, 0.2, (500, 12))),
        ("sentinel2_l2a", RNG.uniform(9000, 16000, (500, 12))),  # clouds and snow
        ("landsat", RNG.uniform(5000, 30000, (500, 11))),
        ("sentinel1", 10 * np.log10(POWER)),
        ("sentinel1", RNG.normal([-24, -31], 1.5, (500, 2))),  # calm water
        ("naip_10", RNG.integers(0, 256, (500, 4))),
        ("srtm", np.zeros((500, 1))),  # the sea
        ("srtm", RNG.normal(5200, 3, (500, 1))),  # a lake in Tibet
        ("era5_10", WEATHER),
        ("era5", WEATHER),
        ("era5_10", WEATHER - (75, 70, 45000, 0, 0, 0.003)),  # the Antarctic plateau
        ("worldcover", MAPS),
        ("worldpop", RNG.gamma(0.5, 4, (500, 1))),
        ("latlon", np.array([[0.1, 0.2]])),
    ],
)
def test_real_pixels_pass(name: str, values: np.ndarray) -> None:
    found = mismatch(name, values)
    assert found is None or not found.certain, found


@pytest.mark.parametrize(
    ("name", "values", "words"),
    [
        ("sentinel2_l2a", REFLECTANCE, "--scale 10000"),
        ("sentinel2_l2a", REFLECTANCE * 100, "--scale 100"),
        ("sentinel2_l2a", RNG.uniform(0, 100, (500, 12)), "per cent"),
        ("sentinel2", REFLECTANCE, "--scale 10000"),
        ("sentinel2", REFLECTANCE * 100, "--scale 100"),
        ("landsat", RNG.uniform(0, 1, (500, 11)), "no values in digital number"),
        ("naip_10", RNG.uniform(0, 1, (500, 4)), "no values in digital number"),
        ("naip_10", RNG.uniform(500, 4000, (500, 4)), "lie between 0 and 255"),
        ("sentinel1", POWER, "--linear-power"),
        ("sentinel1", np.sqrt(POWER), "amplitude"),
        ("sentinel1", RNG.uniform(100, 3000, (500, 2)), "--amplitude"),
        ("sentinel1", -1000 * np.log10(POWER) * -1, "times a factor"),
        ("sentinel1", RNG.uniform(6, 25, (500, 2)), "sign was lost"),
        ("era5_10", WEATHER - (273.15, 273.15, 0, 0, 0, 0), "--offset 273.15"),
        ("era5_10", WEATHER - (243.15, 238.15, 0, 0, 0, 0), "degrees Celsius"),
        ("era5_10", WEATHER * (1, 1, 0.01, 1, 1, 1), "surface-pressure"),
        ("era5_10", WEATHER * (1, 1, 1, 1, 1, 1000), "total-precipitation"),
        ("era5", WEATHER - (273.15, 0, 0, 0, 0, 0), "in 2m-temperature, where they lie between 170 and 340"),
        ("era5", WEATHER * (1, 1, 0.01, 1, 1, 1), "--scale 100"),
        ("era5l_day_10", np.full((9, 14), 20.0), "in d2m"),
        ("srtm", RNG.uniform(10000, 90000, (50, 1)), "-500 and 9000"),
        ("worldcover", RNG.uniform(10, 80, (50, 1)), "class codes are whole"),
        ("sentinel2_l2a", np.full((5, 12), -9999.0), "--nodata -9999"),
        ("sentinel1", np.full((5, 2), -32768.0), "--nodata -32768"),
    ],
)
def test_values_in_other_units_are_found(name: str, values: np.ndarray, words: str) -> None:
    found = mismatch(name, values)
    assert found is not None and found.certain
    assert words in f"{found.what} {found.guess} {found.option}"


def test_pictures_of_eight_bits_are_certain_where_the_file_says_so_and_dim_elsewhere() -> None:
    picture = RNG.integers(0, 256, (500, 12))
    certain, dim = mismatch("sentinel2_l2a", picture, largest=255), mismatch("sentinel2_l2a", picture)
    assert certain is not None and certain.certain and "nothing above 255" in certain.what
    assert dim is not None and not dim.certain and "8-bit" in dim.guess


@pytest.mark.parametrize(("vh", "words"), [(POWER[:, 1], "linear power"), (POWER[:, 1] * 1e5, "digital numbers")])
def test_one_polarisation_in_other_units_than_the_other_is_named(vh: np.ndarray, words: str) -> None:
    found = mismatch("sentinel1", np.stack([10 * np.log10(POWER[:, 0]), vh], axis=1))
    assert found is not None and found.certain and "vh" in found.what and words in found.guess


def test_one_band_in_other_units_than_the_rest_is_named() -> None:
    values = REFLECTANCE * 10000
    values[:, 8] /= 10000
    found = mismatch("sentinel2_l2a", values)
    assert found is not None and found.certain and found.what.startswith("of B11 are no values")


def test_water_in_infrared_bands_alone_is_dim_and_not_refused_but_fractions_are() -> None:
    columns = [
        column if band in (3, 8, 9) else column[:0] for band, column in enumerate(columns_of(WATER * np.ones((50, 1))))
    ]
    found = find_misfit(SENSORS.get("sentinel2_l2a"), columns)
    assert found is not None and not found.certain
    found = find_misfit(SENSORS.get("sentinel2_l2a"), [column / 10000 for column in columns])
    assert found is not None and found.certain


def test_single_outliers_and_zeros_do_not_decide() -> None:
    values = REFLECTANCE * 10000
    values[:100] = 60000
    values[100:2000] = 0
    assert mismatch("sentinel2_l2a", values) is None
    assert mismatch("sentinel2_l2a", np.full((9, 12), np.nan)) is None


def test_statistics_out_of_the_sensors_own_range_say_nothing_of_units_but_are_foreign() -> None:
    spec = SensorSpec(
        name="camera",
        band_groups=(BandGroup(bands=("a", "b"), gsd=10.0),),
        temporal=True,
        value_range=(0.0, 255.0),
        normalization=MeanStd(mean=(600.0, 2500.0), std=(30.0, 100.0)),
    )
    columns = columns_of(RNG.uniform(115, 120, (500, 2)))
    assert find_misfit(spec, columns) is None
    found = find_foreign_statistics(spec, columns)
    assert found is not None and found.certain and "600, 2500" in found.what
    wide = evolve(spec, normalization=MeanStd(mean=(117.0, 118.0), std=(900.0, 900.0)))
    assert find_foreign_statistics(wide, columns) is not None
    own = evolve(spec, normalization=MeanStd(mean=(117.0, 118.0), std=(2.0, 2.0)))
    assert find_foreign_statistics(own, columns) is None
    # The numbers that `plugins new --kind sensors` writes, with an 8-bit camera.
    mean, std = (600.0, 800.0, 900.0, 2500.0), (300.0, 350.0, 500.0, 1000.0)
    groups = (BandGroup(bands=("blue", "green", "red", "nir"), gsd=10.0),)
    template = evolve(spec, band_groups=groups, normalization=MeanStd(mean=mean, std=std))
    assert find_foreign_statistics(template, columns_of(RNG.uniform(10, 238, (500, 4)))) is not None
    assert find_foreign_statistics(template, columns_of(RNG.normal(mean, std, (500, 4)))) is None
    assert find_foreign_statistics(SENSORS.get("sentinel1"), columns_of(RNG.normal([-24, -31], 1.5, (500, 2)))) is None
    assert find_foreign_statistics(SENSORS.get("srtm"), columns_of(RNG.normal(5200, 3, (500, 1)))) is None


def test_one_date_in_other_units_is_found_in_a_sample() -> None:
    sensors = SensorSet.of(["sentinel2_l2a"])
    values = torch.from_numpy(RNG.normal(1500, 300, (1, 16, 16, 4, 12)))
    dates = [[(1, month, 2020) for month in range(4)]]
    as_batch(GeoSample(bands={"sentinel2_l2a": values}, timestamps=dates), sensors, 4)
    values[..., 2, :] /= 10000
    with pytest.raises(UserError, match=r"no values in reflectance x 10,000(.|\n)*fractions of 1"):
        as_batch(GeoSample(bands={"sentinel2_l2a": values}, timestamps=dates), sensors, 4)


def test_one_sample_in_other_units_is_found_in_a_batch() -> None:
    sensors = SensorSet.of(["sentinel2_l2a"])
    values = torch.from_numpy(RNG.normal(1500, 300, (5, 16, 16, 1, 12)))
    values[3] /= 10000
    with pytest.raises(UserError, match="fractions of 1"):
        as_batch(GeoSample(bands={"sentinel2_l2a": values}, timestamps=[[(1, 0, 2020)]] * 5), sensors, 4)


@pytest.mark.parametrize(
    ("name", "values", "number"),
    [
        ("sentinel2_l2a", REFLECTANCE * 10000, -9.999e7),
        ("sentinel2_l2a", REFLECTANCE * 10000, -3.4028234663852886e38),
        ("sentinel1", 10 * np.log10(POWER), -999),
        ("sentinel1", 10 * np.log10(POWER), 9999),
        ("srtm", RNG.normal(300, 9, (500, 1)), 32767),
        ("worldcover", MAPS, 255),
    ],
)
def test_one_number_far_out_of_range_again_and_again_marks_missing_pixels(name, values, number) -> None:
    found = mismatch(name, np.where(np.arange(len(values))[:, None] % 9, values, number))
    assert found is not None and found.certain and f"--nodata {number:.9g}" == found.option


def test_a_batch_is_judged_by_what_its_pixels_were_before_they_were_normalised() -> None:
    sensors = SensorSet.of(["sentinel2_l2a", "sentinel1", "era5_10"])
    layout = TokenLayout.of(sensors, rows=2, columns=2, timesteps=3, patch_size=4)
    stored = {
        "sentinel2_l2a": REFLECTANCE[: 2 * 64 * 3].reshape(2, 8, 8, 3, 12) * 10000,
        "sentinel1": 10 * np.log10(POWER[: 2 * 64 * 3].reshape(2, 8, 8, 3, 2)),
        "era5_10": WEATHER[:6].reshape(2, 3, 6),
    }

    def batch(**changes: np.ndarray) -> Batch:
        pixels = {}
        for spec in sensors:
            scale, offset = spec.normalization.scale_and_offset()  # type: ignore[union-attr]
            pixels[spec.name] = torch.from_numpy({**stored, **changes}[spec.name] * scale + offset).float()
        visibility = torch.zeros(1, 2, len(layout), dtype=torch.uint8)
        return Batch(pixels=pixels, timestamps=torch.zeros(2, 3, 3).long(), layout=layout, visibility=visibility)

    assert find_unit_mismatches(batch()) == {}
    assert set(find_unit_mismatches(batch(sentinel1=10 ** (stored["sentinel1"] / 10)))) == {"sentinel1"}
    assert set(find_unit_mismatches(batch(era5_10=stored["era5_10"] - 273.15))) == {"era5_10"}
    # What is missing became 0 where values are normalised, whatever it was.
    absent = batch(sentinel1=np.full_like(stored["sentinel1"], 900.0))
    absent.visibility[:, :, layout["sentinel1"].tokens] = MISSING
    assert find_unit_mismatches(absent) == {}
