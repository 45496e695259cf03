"""Rules on values: what is right raises nothing, what is wrong is named."""

import numpy as np
import pytest

from spacenit_core.sensors.spec import NODATA
from spacenit_evals.checks import Finding, check_benchmark

from .arrays_benchmark import LEVEL_1C, ArraysBenchmark, optical, radar

BANDS = list(LEVEL_1C)


def found(rule: str | None = None, **pixels: np.ndarray) -> list[Finding]:
    report = check_benchmark(ArraysBenchmark(pixels))
    return [finding for finding in report.findings if rule in (None, finding.rule)]


def test_right_values_raise_nothing() -> None:
    assert found(sentinel2=optical(), sentinel1=radar()) == []


@pytest.mark.parametrize(
    ("wrong", "says", "remedy"),
    [
        (lambda db: 10 ** (db / 10), "linear power", "10 log10"),
        (lambda db: np.round(10 ** ((db + 83) / 20)), "digital numbers", "20 log10"),
        (lambda db: np.round(db).astype(np.int16).astype(np.uint16).astype(np.float32), "wrapped integers", "signed"),
    ],
)
def test_radar_in_other_units(wrong, says: str, remedy: str) -> None:  # type: ignore[no-untyped-def]
    (finding,) = found("radar_units", sentinel1=wrong(radar()))
    assert finding.severity == "error" and says in finding.seen and remedy in finding.remedy
    assert "decibels" in finding.expected


def test_whole_decibels_are_noted() -> None:
    (finding,) = found(sentinel1=np.round(radar()))
    assert (finding.rule, finding.severity) == ("radar_units", "note") and "decimals were cut off" in finding.seen


def test_swapped_polarisations() -> None:
    (finding,) = found(sentinel1=radar()[..., ::-1])
    assert finding.severity == "error" and "in 40 of 40 samples" in finding.seen and "swap" in finding.remedy
    (finding,) = found(sentinel1=radar() - np.array([7.0, 0.0], np.float32))
    assert (finding.rule, finding.severity) == ("polarisations", "warning")


def shifted() -> np.ndarray:
    """As EuroSAT is named: the last five bands one further."""
    right = optical()
    order = [BANDS.index(band) for band in ("B8A", "B09", "B10", "B11", "B12")]
    wrong = right.copy()
    wrong[..., order] = right[..., [*order[1:], order[0]]]
    return wrong


def test_shifted_bands_are_seen_by_two_rules() -> None:
    rules = {finding.rule: finding for finding in found(sentinel2=shifted())}
    assert {name for name, finding in rules.items() if finding.severity == "error"} == {"cirrus", "near_infrared"}
    assert "B09 is" in rules["cirrus"].seen and "0.8 to 1.3" in rules["near_infrared"].expected


def test_water_vapour_tells_the_levels_apart() -> None:
    surface = optical(bands={band: mean for band, mean in LEVEL_1C.items() if band != "B10"})
    (finding,) = found(sentinel2_l2a=surface)
    assert finding.rule == "water_vapour" and finding.severity == "warning" and "of level 1C" in finding.remedy
    right = surface.copy()
    right[..., -1] = right[..., BANDS.index("B08")] * 0.98
    assert found(sentinel2_l2a=right) == []
    above = optical()
    above[..., BANDS.index("B09")] = above[..., BANDS.index("B08")] * 0.98
    (finding,) = found(sentinel2=above)
    assert finding.rule == "water_vapour" and "of level 2A" in finding.remedy


def test_water_tells_nothing_of_ratios() -> None:
    water = optical(bands={band: mean / 20 for band, mean in LEVEL_1C.items()})
    water[..., BANDS.index("B8A")] *= 3
    assert not [finding for finding in found(sentinel2=water) if finding.rule in ("near_infrared", "water_vapour")]


def test_reflectance_and_pictures_in_place_of_numbers() -> None:
    (finding,) = found("units", sentinel2=optical() / 10_000)
    assert finding.severity == "error" and "reflectance" in finding.seen and "by 10000" in finding.remedy
    (finding,) = found("units", sentinel2=np.round(optical() / 20).clip(0, 255))
    assert finding.severity == "error" and "8 bit" in finding.seen and "reflectance x 10,000" in finding.expected


def test_digital_numbers_of_eight_bit_are_a_warning_where_any_are_allowed() -> None:
    landsat = np.round(np.random.default_rng(0).uniform(5, 250, (8, 4, 4, 1, 11))).astype(np.float32)
    assert [finding.severity for finding in found("units", landsat=landsat)] == ["warning"]


def test_bands_that_hold_nothing() -> None:
    pixels = optical()
    pixels[..., BANDS.index("B10")] = NODATA
    (finding,) = found(sentinel2=pixels)
    assert (finding.rule, finding.severity) == ("missing_bands", "note") and "B10 is missing in all 40" in finding.seen
    pixels[..., BANDS.index("B10")] = 0
    (finding,) = found(sentinel2=pixels)
    assert (finding.rule, finding.severity) == ("constant_bands", "warning")
    pixels = optical()
    pixels[..., BANDS.index("B06")] = pixels[..., BANDS.index("B07")]
    (finding,) = found(sentinel2=pixels)
    assert finding.rule == "repeated_bands" and "B07 is B06" in finding.seen


def test_missing_pixels_are_marked_and_not_nan() -> None:
    pixels = radar()
    pixels[:3, 0, 0] = NODATA
    assert found(sentinel1=pixels) == []
    pixels[:3, 0, 0] = np.nan
    (finding,) = found(sentinel1=pixels)
    assert finding.rule == "not_numbers" and finding.severity == "error" and "6 pixels" in finding.seen


def series(off: int = 0, latitude: float = 50.0, samples: int = 30) -> ArraysBenchmark:
    """A year of months whose dates are some months off; the warmest is July, or January in the south."""
    month = np.arange(12)
    warmest = 6 if latitude > 0 else 0
    degrees = 285 + 10 * np.cos(2 * np.pi * (month - warmest) / 12)
    dates = np.stack([np.full(12, 15), (month + off) % 12, 2020 + (month + off) // 12], axis=1)
    pixels = np.random.default_rng(0).normal((-11, -18), 1.5, (samples, 1, 1, 12, 2)).astype(np.float32)
    return ArraysBenchmark(
        {"sentinel1": pixels},
        dates=np.tile(dates, (samples, 1, 1)),
        degrees=np.tile(degrees, (samples, 1)),
        latlon=np.stack([np.full(samples, latitude), np.arange(samples)], axis=1),
    )


@pytest.mark.parametrize("latitude", [50.0, -35.0])
def test_months_follow_the_temperatures(latitude: float) -> None:
    assert check_benchmark(series(0, latitude)).findings == ()
    for off in (-1, 1, 6):
        (finding,) = check_benchmark(series(off, latitude)).findings
        assert finding.rule == "months" and finding.severity == "error"
        assert f"{abs(off):.1f} months {'after' if off > 0 else 'before'}" in finding.seen or off == 6


def test_months_are_not_judged_in_the_tropics_or_of_few() -> None:
    assert check_benchmark(series(6, 10.0)).findings == ()
    assert check_benchmark(series(6, 50.0, samples=10)).findings == ()


def test_temperatures_may_be_inputs() -> None:
    plain = series(1)
    weather = np.zeros((30, 12, 6), np.float32)
    weather[..., 0] = plain._degrees
    rest = np.random.default_rng(0).normal((280, 90_000, 1, 1, 0.002), (2, 900, 1, 1, 0.0005), (30, 12, 5))
    weather[..., 1:] = rest
    benchmark = ArraysBenchmark(
        {"era5_10": weather}, dates=plain._dates, latlon=plain._latlon, labels=np.arange(30) % 2
    )
    assert [finding.rule for finding in check_benchmark(benchmark).findings] == ["months"]


@pytest.mark.parametrize(("row", "rule"), [((1, 12, 2020), "impossible_dates"), ((30, 1, 2021), "impossible_dates")])
def test_dates_that_no_calendar_has(row: tuple[int, int, int], rule: str) -> None:
    dates = np.tile([[1, 6, 2020]], (40, 1, 1))
    dates[7, 0] = row
    (finding,) = check_benchmark(ArraysBenchmark({"sentinel1": radar()}, dates=dates)).findings
    assert finding.rule == rule and "1 of 40" in finding.seen


def test_invented_dates_are_noted() -> None:
    (finding,) = check_benchmark(ArraysBenchmark({"sentinel1": radar()}, said={"dates_invented": True})).findings
    assert (finding.rule, finding.severity) == ("invented_dates", "note") and "2020-07-01" in finding.seen


def test_dates_that_go_back() -> None:
    dates = np.tile([[1, 6, 2020], [1, 5, 2020]], (8, 1, 1))
    (finding,) = check_benchmark(ArraysBenchmark({"sentinel1": radar(8).repeat(2, axis=3)}, dates=dates)).findings
    assert (finding.rule, finding.severity) == ("unordered_dates", "warning")
