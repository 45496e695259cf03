"""What cannot be right is refused before anything is computed."""

import numpy as np
import pytest
from attrs import evolve

from spacenit_core.contracts.build import build
from spacenit_core.errors import UserError
from spacenit_core.kinds.embedders import EMBEDDERS
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.sensors.selection import SensorSet

from .conftest import SENSORS, sample

Galileo = EMBEDDERS.get("galileo")


def built(sensors=SENSORS, patch_size=4, max_timesteps=None, **settings):
    inputs = ModelInputs(sensors=sensors, patch_size=patch_size, max_timesteps=max_timesteps)
    return build(Galileo(random_init=True, **settings), None, inputs)


def test_sensors_that_it_does_not_know_are_refused_or_left_out_by_name():
    with_landsat = SensorSet.of(["sentinel2_l2a", "landsat"])
    with pytest.raises(UserError, match="galileo takes sentinel2_l2a, sentinel2, sentinel1, not landsat"):
        built(with_landsat)
    with pytest.raises(UserError, match="not landsat"):
        Galileo(sensors=("landsat",)).takes(None, 4)
    alone = built(SensorSet.of(["sentinel2_l2a"])).pooled([sample()])
    np.testing.assert_array_equal(built(with_landsat, leave_out=True).pooled([sample()]), alone)
    with pytest.raises(UserError, match="nothing that galileo takes: landsat"):
        built(SensorSet.of(["landsat"]), leave_out=True)
    with pytest.raises(UserError, match="one of sentinel2 and sentinel2_l2a"):
        built(SensorSet.of(["sentinel2_l2a", "sentinel2"]))


@pytest.mark.parametrize(
    ("name", "units", "text"),
    [
        ("sentinel1", "linear power", "galileo takes sentinel1 in dB, not in linear power"),
        ("sentinel2_l2a", "dB", "galileo takes sentinel2_l2a in reflectance x 10,000, not in dB"),
        ("sentinel2_l2a", "", "not in units that nothing states"),
    ],
)
def test_units_that_a_sensor_states_are_held_to(name, units, text):
    with pytest.raises(UserError, match=text):
        built(SensorSet((evolve(SENSORS[name], units=units),)))


@pytest.mark.parametrize(
    ("name", "change", "text"),
    [
        ("sentinel1", lambda values: 10 ** (values / 10), "linear power"),
        ("sentinel1", lambda values: 10 ** ((values + 83) / 20), "digital numbers"),
        ("sentinel2_l2a", lambda values: values / 1e4, "fractions of 1"),
        ("sentinel2_l2a", lambda values: np.full_like(values, -14) + np.arange(12), "most are above 0"),
    ],
)
def test_numbers_that_cannot_be_in_the_units_are_refused(name, change, text):
    window = sample()
    window.bands[name] = change(window.bands[name].astype(np.float32)).astype(np.float32)
    with pytest.raises(UserError, match=rf"galileo takes {name} in [^\n]*") as caught:
        built().pooled([window])
    assert text in str(caught.value)


def test_patches_series_and_windows_that_it_cannot_take_are_refused():
    for patch_size in (0, 9, 16):
        with pytest.raises(UserError, match=f"patches of 1 to 8 cells, not {patch_size}"):
            built(patch_size=patch_size)
        with pytest.raises(UserError, match="choose another patch size"):
            Galileo().takes(None, patch_size)
    with pytest.raises(UserError, match="series of at most 24 dates, not 36"):
        built(max_timesteps=36)
    with pytest.raises(UserError, match="at most 24 dates, not 25"):
        built().pooled([sample(dates=25)])
    with pytest.raises(UserError, match="8 x 8 cells cannot be cut into patches of 3"):
        built(patch_size=3).pooled([sample()])
    with pytest.raises(UserError, match="differ in size: 4 x 4, 8 x 8 cells"):
        built().pooled([sample(), sample(side=4)])


def test_settings_that_nothing_reads_are_told():
    assert Galileo(random_init=True).inactive() == {"weights": "random_init=true"}
    assert Galileo().inactive() == {"seed": "random_init=false"}
