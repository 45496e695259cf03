"""The sensors that an evaluation feeds: one list for all runs of a table."""

import pytest
from attrs import evolve

from spacenit_core.errors import UserError
from spacenit_core.pretrained.encoded import encoded_by_settings
from spacenit_core.sensors.selection import SensorSet
from spacenit_evals.benchmarks.labelled_rasters.inputs import common_inputs

SENSORS = SensorSet.of(["sentinel2_l2a", "sentinel1", "landsat", "worldcover", "srtm", "latlon"])


def experiment(**policy: object) -> dict[str, object]:
    return {"train_module": {"masking": {"type": "random", **policy}}}


def test_what_was_only_predicted_was_not_encoded() -> None:
    predicted = experiment(only_decode_modalities=["worldcover", "srtm"])
    assert encoded_by_settings(predicted, SENSORS).names == ("sentinel2_l2a", "sentinel1", "landsat", "latlon")
    fixed = experiment(decoded_modalities=["sentinel1"])
    assert "sentinel1" not in encoded_by_settings(fixed, SENSORS)
    both = {"a": {"decoded_modalities": ["srtm"]}, "b": {"only_decode_modalities": ["worldcover", "srtm"]}}
    # What one of two policies encodes was encoded.
    seen = encoded_by_settings(experiment(policies=both), SENSORS)
    assert "srtm" not in seen and "worldcover" in seen
    assert encoded_by_settings({}, SENSORS) == SENSORS


def test_maps_are_inputs_by_name_alone() -> None:
    seen = {"run": encoded_by_settings(experiment(), SENSORS)}
    assert common_inputs(seen).names == ("sentinel2_l2a", "sentinel1", "landsat")
    assert common_inputs(seen, ["SRTM", "sentinel1"]).names == ("sentinel1", "srtm")
    assert common_inputs({"run": SensorSet.of(["naip_10", "cdl"])}).names == ("naip_10",)
    maps_by_year = evolve(SENSORS["worldcover"], name="maps_by_year", temporal=True)
    assert common_inputs({"run": SensorSet((SENSORS["sentinel1"], maps_by_year))}).names == ("sentinel1",)


def test_all_runs_of_a_table_get_what_all_of_them_saw() -> None:
    seen = {"reference": SENSORS, "no_radar": SensorSet.of(["sentinel2_l2a", "worldcover"])}
    assert common_inputs(seen).names == ("sentinel2_l2a",)
    assert common_inputs(seen, ["worldcover"]).names == ("worldcover",)
    for encoded, asked, text in (
        (seen, ["sentinel1"], "the encoder of no_radar did not see sentinel1"),
        (seen | {"radar": SensorSet.of(["sentinel1"])}, [], "nothing that all of them saw"),
        ({"maps": SensorSet.of(["worldcover", "srtm"])}, [], "maps, elevation or labels alone"),
        (seen, ["sentinel3"], "sentinel3"),
    ):
        with pytest.raises(UserError, match=text):
            common_inputs(encoded, asked)
