"""The built-in sensors against an independent description of them, and a sensor that nobody built in."""

import json
from importlib.metadata import entry_points
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
from attrs import evolve

from spacenit_core.cli.checks import _check_value
from spacenit_core.errors import UserError
from spacenit_core.kinds.sensors import SENSORS
from spacenit_core.samples.layout import TokenLayout
from spacenit_core.sensors.naming import BandNaming
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.spec import NODATA, AsIs, BandGroup, MeanStd, NormalizedDifference, OneHot, SensorSpec

GOLDEN = json.loads((Path(__file__).parent / "goldens" / "sensors.json").read_text())
BUILT_IN = sorted(entry.name for entry in entry_points(group="spacenit.sensors") if entry.dist.name == "spacenit-core")


def test_every_sensor_is_built_in() -> None:
    assert set(BUILT_IN) == set(GOLDEN["sensors"])


@pytest.mark.parametrize("name", sorted(GOLDEN["sensors"]))
def test_description_equals_the_golden_one(name: str) -> None:
    spec, golden = SENSORS.get(name), GOLDEN["sensors"][name]
    assert spec.name == name
    assert [[list(group.bands), group.gsd] for group in spec.band_groups] == golden["groups"]
    for key in ("temporal", "spatial", "pixels_per_cell", "in_raw_layout"):
        assert getattr(spec, key) == golden[key], key
    if spec.spatial:
        assert spec.grid_gsd == golden["grid_gsd"]
    assert spec.summary and spec.units
    assert spec.value_range[0] < spec.value_range[1] < np.inf


@pytest.mark.parametrize("name", sorted(GOLDEN["sensors"]))
def test_normalization_equals_the_golden_one(name: str) -> None:
    spec, golden = SENSORS.get(name), GOLDEN["sensors"][name]
    if isinstance(spec.derived, OneHot):
        assert isinstance(spec.normalization, AsIs) and spec.normalization.bands == len(spec.bands)
    elif golden["normalized"] is None:
        assert spec.normalization is None
    else:
        strategy, expected = golden["normalized"]
        assert isinstance(spec.normalization, MeanStd) == (strategy == "computed")
        scale, offset = spec.normalization.scale_and_offset()
        np.testing.assert_allclose(np.array(golden["values"]) * scale + offset, expected, rtol=1e-12, atol=1e-12)


def test_order_is_that_of_the_golden_container() -> None:
    names = [name for name in GOLDEN["order"] if name != "naip"]  # naip has another grid
    assert SensorSet.of(reversed(names)).names == tuple(names)
    assert SENSORS.get("landsat").order < SENSORS.get("naip").order < SENSORS.get("naip_10").order


def test_other_band_groups_select_channels_by_name() -> None:
    bands = SENSORS.get("sentinel2_l2a").bands
    groups = (("B08", "B02"), ("B12", "B05", "B11"))
    sensors = SensorSet.of(["srtm", "sentinel2_l2a"], band_groups={"Sentinel2_L2A": groups, "landsat": [["B8"]]})
    spec = sensors["sentinel2_l2a"]
    assert spec.token_groups == groups and spec.bands == bands
    assert [[bands[channel] for channel in group] for group in spec.group_channels] == [list(one) for one in groups]
    layout = TokenLayout.of(sensors, rows=2, columns=2, timesteps=3, patch_size=4)
    assert layout["sentinel2_l2a"].groups == 2 and layout["srtm"].groups == 1
    own = [group.bands for group in spec.band_groups]
    assert SensorSet.of([spec], band_groups={"sentinel2_l2a": own})["sentinel2_l2a"] == SENSORS.get("sentinel2_l2a")


@pytest.mark.parametrize(
    ("groups", "message"),
    [
        ({"landsat": [["B8", "B99"]]}, "has no band 'B99'; did you mean B9"),
        ({"landsat": [["B8"], ["B1", "B8"]]}, "'B8' of 'landsat' occurs twice"),
        ({"landsat": [["B8"], []]}, "without bands"),
        ({"landsat": []}, "without bands"),
        ({"landst": [["B8"]]}, "did you mean landsat"),
    ],
)
def test_band_groups_that_do_not_fit_are_refused(groups, message) -> None:
    with pytest.raises(UserError, match=message):
        SensorSet.of(["landsat"], band_groups=groups)


def test_derived_sensors_read_the_right_bands() -> None:
    ndvi = SENSORS.get("ndvi").derived
    assert isinstance(ndvi, NormalizedDifference)
    bands = SENSORS.get(ndvi.source).bands
    assert (bands[ndvi.positive], bands[ndvi.negative]) == ("B08", "B04")
    values = np.full((1, 4, len(bands)), 7, np.uint16)
    values[0, :, bands.index("B08")], values[0, :, bands.index("B04")] = (300, 100, 0, 5), (100, 300, 0, 5)
    np.testing.assert_array_equal(ndvi.derive(values)[0, :, 0], np.float32([0.5, -0.5, 0, 0]))

    one_hot = SENSORS.get("worldcover_onehot")
    codes = np.array([10, 100, 33, NODATA])[:, None]
    expected = np.zeros((4, 11), np.float32)
    expected[0, one_hot.bands.index("class_10")] = expected[1, one_hot.bands.index("class_100")] = 1
    expected[3] = NODATA
    np.testing.assert_array_equal(one_hot.derived.derive(codes), expected)


def test_raw_quirks_are_data() -> None:
    assert SENSORS.get("sentinel1").raw_linear_power and SENSORS.get("sentinel1").raw_nodata == (-32768.0,)
    assert SENSORS.get("era5l_day_10").raw_nodata == (-9999.0,)
    absent = {name for name in BUILT_IN if SENSORS.get(name).raw_all_zero_is_absent}
    assert absent == {"openstreetmap_raster", "era5_10"}


def test_a_new_sensor_flows_through_selection_and_layout() -> None:
    thermal = SensorSpec(
        name="thermal",
        band_groups=(BandGroup(bands=("t10",), gsd=10.0), BandGroup(bands=("t11", "t12"), gsd=20.0)),
        temporal=True,
        normalization=MeanStd(mean=(290.0,) * 3, std=(10.0,) * 3),
    )
    sensors = SensorSet.of([thermal, "SENTINEL1", "srtm"])
    assert sensors.names == ("sentinel1", "srtm", "thermal")
    layout = TokenLayout.of(sensors, rows=2, columns=2, timesteps=3, patch_size=4)
    assert layout["thermal"].shape == (2, 2, 3, 2)
    assert len(layout) == 2 * 2 * (3 * 1 + 1 + 3 * 2)
    assert thermal.shape(8, 8, 3) == (8, 8, 3, 3) and thermal.group_channels == ((0,), (1, 2))
    assert set(layout.band_set[layout["thermal"].tokens]) == {2, 3}


def test_sensors_of_different_grids_are_refused() -> None:
    with pytest.raises(UserError, match=r"naip \(0.625 m\)"):
        SensorSet.of(["sentinel2_l2a", "naip"])


def test_the_doctor_finds_names_of_bands_that_a_sensor_does_not_have() -> None:
    good = SENSORS.get("sentinel1")
    bad = evolve(good, naming=BandNaming(others={"hh": ("HH",)}))

    def said(spec: SensorSpec) -> list[str]:
        entry: Any = SimpleNamespace(kind="sensors", name="sentinel1", loaded=spec)
        return [text for _, text in _check_value(entry)]

    assert said(good) == []
    assert said(bad) == ["its naming states other names of 'hh', which is none of its bands"]


def test_layouts_know_their_time_steps_by_the_old_name_too(caplog: pytest.LogCaptureFixture) -> None:
    sensors = SensorSet.of(["sentinel2_l2a"])
    old = TokenLayout.of(sensors, rows=2, columns=2, steps=3, patch_size=4)
    new = TokenLayout.of(sensors, rows=2, columns=2, timesteps=3, patch_size=4)
    assert (old.timesteps, new.steps, new.blocks[0].steps, len(old)) == (3, 3, 3, len(new))
    assert len(caplog.messages) <= 1 and all("called `timesteps`" in message for message in caplog.messages)
    with pytest.raises(TypeError, match="timesteps"):
        TokenLayout.of(sensors, rows=2, columns=2, patch_size=4)
