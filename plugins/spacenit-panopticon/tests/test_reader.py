"""From stored numbers to channels; nothing here needs torchgeo."""

import numpy as np
import pytest
import torch
from attrs import evolve

from spacenit_core.contracts.build import build
from spacenit_core.errors import UserError
from spacenit_core.kinds.embedders import EMBEDDERS
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.spec import NODATA
from spacenit_panopticon import network
from spacenit_panopticon.channels import WAVELENGTHS, channels_of, standardised
from spacenit_panopticon.reader import ChannelReader

from .conftest import SENSORS, sample

Panopticon = EMBEDDERS.get("panopticon")


def reader(sensors=SENSORS, orbit="unknown", size=28):
    return ChannelReader(sensors=sensors, orbit=orbit, size=size)


@pytest.mark.parametrize(
    ("orbit", "expected"), [("unknown", [-1, -2]), ("ascending", [-5, -6]), ("descending", [-9, -10])]
)
def test_polarisations_are_known_by_their_orbit(orbit, expected):
    read = reader(SensorSet.of(["sentinel1"]), orbit)([sample()])
    assert read.tensors["channels"].tolist() == [expected, expected]
    assert channels_of(SENSORS["sentinel1"], orbit) == dict(zip(("vv", "vh"), expected, strict=True))


def test_bands_are_found_by_name_and_known_by_wavelength():
    for name, known in WAVELENGTHS.items():
        spec = SensorSet.of([name])[name]
        assert channels_of(spec, "unknown") == known
        centres = spec.naming.nanometres
        assert all(abs(number - centres[band]) < 0.02 * number for band, number in known.items())
    read = reader()([sample()])
    numbers = [*WAVELENGTHS["sentinel2_l2a"].values(), -1, -2, *WAVELENGTHS["landsat"].values()]
    torch.testing.assert_close(read.tensors["channels"][0], torch.tensor(numbers))


def test_a_spike_in_one_band_moves_its_channel_alone():
    before = reader()([sample()]).tensors
    channel = 0
    for spec in SENSORS:
        for band in channels_of(spec, "unknown"):
            window = sample()
            window.bands[spec.name][3, 2, 1, spec.bands.index(band)] *= 2
            after = reader()([window]).tensors["images"]
            assert (after != before["images"]).nonzero()[:, :2].unique(dim=0).tolist() == [[1, channel]]
            channel += 1
    assert channel == before["images"].shape[1] == 25


def test_numbers_are_standardised_by_mean_and_deviation():
    radar = SENSORS["sentinel1"]
    window = sample(side=1, dates=1)
    statistics = radar.normalization
    window.bands["sentinel1"] = np.array(statistics.mean, np.float32).reshape(1, 1, 1, 2) + statistics.std[0]
    images = reader(SensorSet((radar,)))([window]).tensors["images"]
    assert images.shape == (1, 2, 14, 14)
    np.testing.assert_allclose(images[0, :, 0, 0], [1, statistics.std[0] / statistics.std[1]], rtol=1e-5)


def test_level_1c_is_asked_for_with_the_statistics_of_level_2a():
    taken = Panopticon(sensors=("sentinel2",)).takes(None, 4).sensors["sentinel2"]
    surface = SENSORS["sentinel2_l2a"]
    mean = np.array([[surface.normalization.mean[surface.bands.index(band)] for band in WAVELENGTHS["sentinel2"]]])
    np.testing.assert_allclose(standardised(taken, tuple(WAVELENGTHS["sentinel2"]), mean), 0, atol=1e-9)
    # As others ask for it, with a range: deviations are from its middle.
    ranged = SensorSet.of(["sentinel2"])["sentinel2"]
    np.testing.assert_allclose(standardised(ranged, ("B02",), np.array([[2500.0]])), -1)


def test_what_a_date_lacks_is_no_channel():
    window = sample()
    window.bands["sentinel1"] = window.bands["sentinel1"][:, :, :1]
    window.present["sentinel1"] = np.array([True, False])
    window.bands["landsat"] = window.bands["landsat"].astype(np.float32)
    window.bands["landsat"][..., SENSORS["landsat"].bands.index("B9")] = NODATA
    absent = reader()([window]).tensors["absent"]
    radar = slice(12, 14)
    assert not absent[0, radar].any() and absent[1, radar].all()
    thermal = 14 + list(WAVELENGTHS["landsat"]).index("B9")
    assert absent[:, thermal].all() and absent.sum() == 2 + 2


def test_a_date_without_anything_is_no_image_and_patches_without_pixels_are_not_seen():
    alone = SensorSet.of(["sentinel2_l2a"])
    window = sample(side=8, dates=2, sensors=alone)
    window.bands["sentinel2_l2a"] = window.bands["sentinel2_l2a"].astype(np.float32)
    window.bands["sentinel2_l2a"][:, :, 0] = NODATA
    window.bands["sentinel2_l2a"][:4, :4, 1] = NODATA
    read = reader(alone)([window])
    assert read.rows.tolist() == [0] and read.seen.tolist() == [[[False, True], [True, True]]]


def test_what_it_cannot_take_is_refused_before_its_weights_are_asked_for():
    def built(sensors, **settings):
        return build(Panopticon(**settings), None, ModelInputs(sensors=sensors, patch_size=4))

    with pytest.raises(UserError, match="takes sentinel2_l2a, sentinel2, landsat, sentinel1, not srtm"):
        built(SensorSet.of(["sentinel2_l2a", "srtm"]))
    with pytest.raises(UserError, match="nothing that panopticon takes: srtm"):
        built(SensorSet.of(["srtm"]), leave_out=True)
    with pytest.raises(UserError, match="one of sentinel2 and sentinel2_l2a"):
        built(SensorSet.of(["sentinel2_l2a", "sentinel2"]))
    with pytest.raises(UserError, match="panopticon takes sentinel1 in dB, not in linear power"):
        built(SensorSet((evolve(SENSORS["sentinel1"], units="linear power"),)))
    with pytest.raises(UserError, match="landsat has none"):
        built(SensorSet((evolve(SENSORS["landsat"], normalization=None),)))
    with pytest.raises(UserError, match=r"panopticon takes sentinel1 in dB, but its pixels (?s:.*)linear power"):
        window = sample()
        window.bands["sentinel1"] = 10 ** (window.bands["sentinel1"] / 10)
        reader()([window])
    with pytest.raises(ValueError, match="whole patches of 14 pixels"):
        Panopticon(size=100)


def test_without_weights_or_torchgeo_there_is_one_sentence(tmp_path, monkeypatch):
    monkeypatch.delenv("PANOPTICON_DIR", raising=False)
    with pytest.raises(UserError, match=r"panopticon needs its weights[^\n]*\n.*PANOPTICON_DIR$"):
        network.load_network(None)
    monkeypatch.setitem(__import__("sys").modules, "torchgeo.models", None)
    with pytest.raises(UserError, match=r"panopticon needs the package torchgeo\n.*spacenit-panopticon\[torchgeo\]"):
        network.create()


def test_its_facts_are_told_without_torchgeo(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "torchgeo.models", None)
    facts = Panopticon().facts(None, None)
    assert facts.sensors[1].bands == ("vv", "vh") and facts.weights_licence == "Apache-2.0"
    assert Panopticon(orbit="ascending", random_init=True).identity(
        None, ModelInputs(sensors=SENSORS, patch_size=4)
    ) != Panopticon(random_init=True).identity(None, ModelInputs(sensors=SENSORS, patch_size=4))
