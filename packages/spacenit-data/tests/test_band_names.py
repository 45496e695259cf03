"""Bands are found by the names that files give them, in whatever spelling; what contradicts the sensor is refused."""

import pytest

from spacenit_core.errors import DataError, UserError
from spacenit_core.kinds.sensors import SENSORS
from spacenit_core.sensors.naming import BandNaming
from spacenit_core.sensors.spec import BandGroup, SensorSpec
from spacenit_data.rasters.asked import bands_as_given
from spacenit_data.rasters.bands import Quantity
from spacenit_data.rasters.matching import BandMatch, match_bands
from spacenit_data.rasters.spellings import BandSpellings, key

S2, S1, LANDSAT, NAIP, SRTM, CEREALS = (
    SENSORS.get(name) for name in ("sentinel2_l2a", "sentinel1", "landsat", "naip_10", "srtm", "worldcereal")
)
EARTH_ENGINE = ["B1", "B2", "B3", "B4", "B5", "B6", "B7", "B8", "B8A", "B9", "B11", "B12"]
ESA = ["B01", "B02", "B03", "B04", "B05", "B06", "B07", "B08", "B8A", "B09", "B11", "B12"]
STAC = [
    *("coastal", "blue", "green", "red", "rededge1", "rededge2", "rededge3", "nir", "nir08", "nir09", "swir16"),
    "swir22",
]


LANDSAT_GUIDE = [
    *("Coastal aerosol", "Blue", "Green", "Red", "Near Infrared (NIR)", "Short Wave Infrared (SWIR) 1"),
    *("SWIR 2", "Panchromatic (PAN)", "Cirrus", "Thermal Infrared (TIRS) 1", "Thermal Infrared (TIRS) 2"),
]
NANOMETRES = [443, 490, 560, 665, 705, 740, 783, 842, 865, 945, 1610, 2190]


def quantities(names, colors=(), alpha=()) -> list[Quantity]:
    """Bands of a file, each with one name or several."""
    return [
        Quantity(
            source="a.tif",
            names=(name,) if isinstance(name, str) and name else tuple(name),
            color=colors[place] if colors else "",
            is_alpha=place in alpha,
            steps=((place + 1, None),),
        )
        for place, name in enumerate(names)
    ]


def match(sensor: SensorSpec, names, **more) -> BandMatch:
    return match_bands(quantities(names, **more), sensor, "a.tif")


def numbers(found: BandMatch, sensor: SensorSpec) -> dict[str, int]:
    """Band of the sensor -> number of the band in the file."""
    return {sensor.bands[channel]: quantity.steps[0][0] for channel, quantity in found.found.items()}


def camera(*bands: str, **more) -> SensorSpec:
    return SensorSpec(name="camera", band_groups=(BandGroup(bands=bands, gsd=10.0),), temporal=True, **more)


@pytest.mark.parametrize(
    "names",
    [
        EARTH_ENGINE,
        ESA,
        [name.lower() for name in ESA],
        STAC,
        [f"S2-L2A-{name}" for name in ESA],
        [f"{name}, central wavelength 600 nm" for name in EARTH_ENGINE],
        [f"T31UFS_20200801T104031_{name}_10m" for name in ESA],
        [f"/archive/scene 7/L2A_{name}_20m.jp2" for name in ESA],
        [f"Band {name[1:]}" for name in EARTH_ENGINE],
        [f"Vegetation {name}_resampled" for name in EARTH_ENGINE],
        [f"{name} - {common}" for name, common in zip(ESA, STAC, strict=True)],
        [("reflectance", name) for name in ESA],
        [f"{nanometres} nm" for nanometres in NANOMETRES],
        [str(nanometres) for nanometres in NANOMETRES],
        [(f"measurement {'abcdefghijkl'[place]}", common) for place, common in enumerate(STAC)],
    ],
)
@pytest.mark.parametrize("turned", [False, True])
def test_every_spelling_of_twelve_bands_in_any_order(names, turned):
    esa = ESA[::-1] if turned else ESA
    found = match(S2, names[::-1] if turned else names)
    assert numbers(found, S2) == {name: esa.index(name) + 1 for name in S2.bands}


def test_wavelengths_tell_more_than_counts():
    counted = [
        f"Band {place} ({nanometres / 1000} Micrometers)" for place, nanometres in enumerate(NANOMETRES, start=1)
    ]
    assert numbers(match(S2, counted), S2) == {name: ESA.index(name) + 1 for name in S2.bands}
    found = match(S2, ["Band 9 (865 nm)", "B8A (945 nm)", "B04 (665 nm)"])
    assert numbers(found, S2) == {"B04": 3} and found.unknown == ("Band 9 (865 nm)", "B8A (945 nm)")


@pytest.mark.parametrize(
    ("sensor", "names", "expected"),
    [
        (S1, ["Gamma0_VH", "Gamma0_VV"], [2, 1]),
        (S1, ["sigma0_vv_db", "sigma0_vh_db"], [1, 2]),
        (S1, ["S1-SIGMA0-VH", "S1-SIGMA0-VV"], [2, 1]),
        (S1, ["Sigma0_IW_VV", "Sigma0_IW_VH", "angle"], [1, 2]),
        (S1, ["VV_std", "VV", "VH", "VV_mask"], [2, 3]),
        (S1, ["S1A_IW_GRDH_1SDV_20200101T054321_VH", "S1A_IW_GRDH_1SDV_20200101T054321_VV"], [2, 1]),
        (LANDSAT, [f"SR_B{n}" for n in (*range(1, 9), 9)] + ["ST_B10", "ST_B11"], [8, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11]),
        (LANDSAT, [f"B{n}" for n in range(11, 0, -1)], [4, 11, 10, 9, 8, 7, 6, 5, 3, 2, 1]),
        (LANDSAT, LANDSAT_GUIDE, [8, 1, 2, 3, 4, 5, 6, 7, 9, 10, 11]),
        (NAIP, ["blue", "green", "red", "nir"], [3, 2, 1, 4]),
        (NAIP, ["Near Infrared", "Red", "Green", "Blue"], [2, 3, 4, 1]),
        (CEREALS, [f"9_{name.replace('-', '_')}" for name in CEREALS.bands[::-1]], [8, 7, 6, 5, 4, 3, 2, 1]),
        (CEREALS, [name.removesuffix("-classification") for name in CEREALS.bands], [1, 2, 3, 4, 5, 6, 7, 8]),
        (camera("red", "nir"), ["N", "R"], [2, 1]),
        (camera("nir08", "red"), ["Red", "nir08", "nir"], [2, 1]),
    ],
)
def test_spellings_of_other_sensors(sensor, names, expected):
    found = numbers(match(sensor, names), sensor)
    assert [found[band] for band in sensor.bands] == expected


def test_colours_are_asked_where_there_are_no_names():
    found = match(NAIP, ["", "", "", ""], colors=["blue", "green", "red", ""])
    assert [numbers(found, NAIP)[band] for band in NAIP.bands] == [3, 2, 1, 4]
    assert "by the colours" in found.note and "IR by order" in found.note
    as_alpha = match(NAIP, ["", "", "", ""], colors=["red", "green", "blue", ""], alpha=[3])
    assert [numbers(as_alpha, NAIP)[band] for band in NAIP.bands] == [1, 2, 3, 4]
    masked = match(camera("R", "G", "B"), ["", "", "", ""], colors=["red", "green", "blue", ""], alpha=[3])
    assert sorted(numbers(masked, camera("R", "G", "B")).values()) == [1, 2, 3]
    some = match(S2, [""] * 3, colors=["red", "green", "blue"])
    assert numbers(some, S2) == {"B02": 3, "B03": 2, "B04": 1}


@pytest.mark.parametrize(
    "names", [[""] * 4, ["Band 1", "Band 2", "Band 3", "Band 4"], ["b1", "b2", "b3", "b4"], ["same"] * 4]
)
def test_order_decides_only_without_names_and_is_said(names):
    found = match(NAIP, names)
    assert list(numbers(found, NAIP).values()) == [1, 2, 3, 4]
    assert "by order alone" in found.note


@pytest.mark.parametrize(
    ("sensor", "names", "words"),
    [
        (S1, EARTH_ENGINE, r"no band of sentinel1.*B1, B2.*sentinel1 has vv, vh"),
        (S2, [str(number) for number in range(1000, 1012)], "no band of sentinel2_l2a"),
        (S2, [f"SR_B{n}" for n in range(1, 13)], "no band of sentinel2_l2a"),
        (S1, ["VV_std", "VH_std"], "no band of sentinel1"),
        (camera("nir", "red"), ["thermal infrared", "infrared mask"], "no band of camera"),
        (S1, ["VV", "VV"], "2 bands that mean vv"),
        (S2, [*ESA, "B02"], r"2 bands that mean B02 of sentinel2_l2a: 'B02' .band 2. and 'B02' .band 13."),
        (S2, ["20200101_B2", "20200201_B2", "20200101_B3", "20200201_B3"], "2 bands that mean B02"),
        (NAIP, ["", "red", "", ""], r"names only some of its bands .red."),
        (NAIP, ["", "", ""], "3 bands without names, but naip_10 has 4: R, G, B, IR"),
        *(
            (LANDSAT, [f"{what}{n}" for n in range(1, 12)], "bands' numbers, or only count them")
            for what in ("Band ", "band_", "Layer-", "")
        ),
    ],
)
def test_names_that_contradict_the_sensor_are_refused(sensor, names, words):
    with pytest.raises(DataError, match=words) as caught:
        match(sensor, names)
    assert "--bands" in (caught.value.hint or "")


def test_colours_that_several_bands_have_tell_none_of_them():
    names, colors = [""] * 5, ["nir", "red", "green", "blue", "nir"]
    found = match(camera("N1", "red", "green", "blue", "N2"), names, colors=colors)
    assert [quantity.steps[0][0] for quantity in found.found.values()] == [1, 2, 3, 4, 5]


def test_colours_that_contradict_the_order_are_refused():
    with pytest.raises(DataError, match="names only some"):
        match(S2, [""] * 12, colors=["red", "green", "blue", *[""] * 9])


def test_some_names_in_their_own_place_leave_the_rest_to_the_order():
    found = match(NAIP, ["red", "", "", "nir"])
    assert list(numbers(found, NAIP).values()) == [1, 2, 3, 4] and "G and B by order" in found.note
    last = match(NAIP, ["nir", "red", "green", ""])
    assert numbers(last, NAIP) == {"R": 2, "G": 3, "B": 4, "IR": 1}
    mask = match(NAIP, ["red", "green", "blue", ""], alpha=[3])
    assert numbers(mask, NAIP) == {"R": 1, "G": 2, "B": 3}


def test_fewer_bands_are_found_by_name_and_foreign_ones_are_told():
    found = match(S2, ["B04", "SCL", "B03", "B02"])
    assert numbers(found, S2) == {"B02": 4, "B03": 3, "B04": 1} and found.unknown == ("SCL",)
    assert "left aside: SCL" in found.note


def test_a_name_like_a_bands_is_no_bands():
    found = match(camera("blue", "nir"), ["NIR1", "Blue"])
    assert found.found.keys() == {0} and found.unknown == ("NIR1",)


def test_a_map_of_one_band_may_be_called_anything():
    assert match(SRTM, ["elevation"]).found.keys() == {0} and match(SRTM, [""]).note == ""
    assert "'lc'" in match(SENSORS.get("worldcover"), ["lc"]).note
    assert match(SENSORS.get("cdl"), ["b1"]).found.keys() == {0}
    with pytest.raises(DataError, match="its only band is called 'VH', which is one of sentinel1"):
        match(camera("vv"), ["VH"])


def test_a_person_says_what_the_bands_are():
    given = bands_as_given(quantities([""] * 5), ["nir", "-", "Red", "g", "B"], NAIP, "a.tif")
    assert numbers(given, NAIP) == {"R": 3, "G": 4, "B": 5, "IR": 1}
    against = bands_as_given(quantities(["red", "green", "blue", "nir"]), ["B", "G", "R", "IR"], NAIP, "a.tif")
    assert against.note == "bands as --bands says, though B is called 'red', R is called 'blue' in"
    for names, words in [
        (["R"], "has 2 bands, but --bands names 1"),
        (["R", "r"], "R twice"),
        (["R", "X"], "'X'"),
        (["-", ""], "all of a.tif"),
    ]:
        with pytest.raises(UserError, match=words):
            bands_as_given(quantities(["", ""]), names, NAIP, "a.tif")


def test_a_plugins_sensor_states_its_own_names():
    own = camera("b_a", "b_b", naming=BandNaming(others={"b_a": ("ch1", "violet")}, around=("acme",)))
    assert numbers(match(own, ["b_b", "ACME violet"]), own) == {"b_a": 2, "b_b": 1}
    with pytest.raises(UserError, match="'x' that it does not have"):
        BandSpellings.of(camera("red", naming=BandNaming(others={"x": ("y",)})))


def test_every_installed_name_means_one_band():
    for name in SENSORS.names():
        spec = SENSORS.get(name)
        spellings = BandSpellings.of(spec)
        for band, others in spec.naming.others.items():
            assert all(spellings.find(other) == (2, band) for other in others if key(other) not in spellings.own)
        assert all(spellings.find(band) == (0, band) for band in spec.bands)
