"""What holds for every masking policy, whatever the window; test_masking_golden.py compares them with the reference."""

import time
from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spacenit_core.kinds.masking import MASKING
from spacenit_core.rng import Draws
from spacenit_core.samples.layout import TokenLayout
from spacenit_core.samples.visibility import DECODE, ENCODE, MISSING
from spacenit_core.sensors.selection import SensorSet
from spacenit_train.masking.composed import ComposedMasking
from spacenit_train.masking.random import RandomMasking
from spacenit_train.masking.scheduled import ScheduledMasking
from spacenit_train.masking.space import SpaceMasking

from .every_policy import MAPS, OFFICIAL, OURS, PARTS, POLICIES, SENSORS, TAKES_AWAY, layout_of, mask


@st.composite
def windows(draw: st.DrawFn) -> tuple[TokenLayout, np.ndarray, int]:
    names = draw(st.sets(st.sampled_from(SENSORS.names), min_size=1))
    layout = layout_of(SensorSet.of(sorted(names)), draw(st.integers(1, 3)), draw(st.integers(1, 4)))
    batch = draw(st.integers(1, 4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    missing = rng.random((batch, len(layout))) < draw(st.sampled_from([0.0, 0.3, 0.9]))
    for block in layout.blocks:
        missing[rng.random(batch) < 0.3, block.tokens] = True
    return layout, missing, draw(st.integers(0, 2000))


@pytest.mark.parametrize("name", POLICIES)
@settings(max_examples=40, deadline=None)
@given(window=windows())
def test_any_window_gets_a_valid_mask(name: str, window: tuple[TokenLayout, np.ndarray, int]) -> None:
    layout, missing, step = window
    policy = POLICIES[name]
    visibility = mask(policy, layout, missing, step)
    assert visibility.dtype == np.uint8 and visibility.shape == missing.shape
    assert visibility.max(initial=0) <= MISSING
    assert (visibility[missing] == MISSING).all()
    if not name.startswith(TAKES_AWAY):
        assert (visibility[~missing] != MISSING).all()
    np.testing.assert_array_equal(visibility, mask(policy, layout, missing, step))


DECODE_ONLY = [name for name in POLICIES if "only_decode_modalities" in attrs.fields_dict(type(POLICIES[name]))]


@pytest.mark.parametrize("name", DECODE_ONLY)
@settings(max_examples=40, deadline=None)
@given(window=windows(), only=st.sets(st.sampled_from(SENSORS.names)))
def test_decode_only_sensors_are_never_encoded(
    name: str, window: tuple[TokenLayout, np.ndarray, int], only: set[str]
) -> None:
    layout, missing, step = window
    policy = attrs.evolve(POLICIES[name], only_decode_modalities=tuple(only))
    tokens = np.isin(layout.sensor_names, sorted(only))[layout.sensor]
    assert not (mask(policy, layout, missing, step)[:, tokens] == ENCODE).any()
    assert policy.never_encoded() >= only


@pytest.mark.parametrize("name", POLICIES)
@settings(max_examples=10, deadline=None)
@given(window=windows())
def test_what_a_policy_says_it_never_encodes_is_never_encoded(
    name: str, window: tuple[TokenLayout, np.ndarray, int]
) -> None:
    layout, missing, step = window
    never = POLICIES[name].never_encoded()
    tokens = np.isin(layout.sensor_names, sorted(never))[layout.sensor]
    assert not (mask(POLICIES[name], layout, missing, step)[:, tokens] == ENCODE).any()


def test_a_composition_never_encodes_what_its_parts_leave_no_chance() -> None:
    maps, more = RandomMasking(only_decode_modalities=MAPS), SpaceMasking(only_decode_modalities=(*MAPS[:2], "landsat"))
    parts = {"a": maps, "b": more}
    assert ComposedMasking(policies=parts).never_encoded() == {*MAPS, "landsat"}
    assert ComposedMasking(policies=parts, by="intersection").never_encoded() == set(MAPS[:2])
    assert ScheduledMasking(policies=parts, starts=(0, 5)).never_encoded() == set(MAPS[:2])
    assert POLICIES["random_fixed_modality"].never_encoded() == set(MAPS)


def test_every_policy_can_keep_sensors_from_the_encoder() -> None:
    plain = {name for name in DECODE_ONLY if "/" not in name}
    crossing = {name for name in OURS if name.startswith("modality_cross")}
    # This one has a list of its own.
    assert plain == set(OURS) - {"random_fixed_modality"} and crossing < plain


@pytest.mark.parametrize("name", POLICIES)
def test_a_row_is_masked_alike_in_any_part_of_the_batch(name: str) -> None:
    layout = layout_of(SENSORS, 2, 4)
    missing = np.random.default_rng(0).random((8, len(layout))) < 0.2
    missing[:, layout["sentinel2_l2a"].tokens] = False  # its steps are whole in every part of the batch
    rows = [1, 3, 6]
    for step in range(4):
        whole = POLICIES[name].build()(layout, missing, Draws(3, step, "masking", range(8), 8))
        part = POLICIES[name].build()(layout, missing[rows], Draws(3, step, "masking", rows, 8))
        np.testing.assert_array_equal(part, whole[rows])


@pytest.mark.parametrize("name", POLICIES)
def test_seeds_steps_and_samples_differ(name: str) -> None:
    layout = layout_of(SENSORS, 3, 4)
    missing = np.zeros((4, len(layout)), dtype=bool)
    policy = POLICIES[name].build()
    first = policy(layout, missing, Draws(1, 2, "masking", range(4), 4))
    assert (first != policy(layout, missing, Draws(1, 3, "masking", range(4), 4))).any()
    assert (first != policy(layout, missing, Draws(2, 2, "masking", range(4), 4))).any()
    assert (first[0] != first[1]).any()


@pytest.mark.parametrize("sensor", ["sentinel2_l2a", "sentinel1", "era5_10"])
@pytest.mark.parametrize("name", [name for name in POLICIES if not name.startswith(("composed", "selectable"))])
def test_a_batch_of_one_sample_with_one_sensor_is_encoded_and_decoded(name: str, sensor: str) -> None:
    layout = layout_of(SENSORS, 3, 12)
    missing = np.ones((1, len(layout)), dtype=bool)
    missing[:, layout[sensor].tokens] = False
    if name == "spectral" and len(layout[sensor].sensor.band_groups) == 1:
        assert (mask(POLICIES[name], layout, missing)[~missing] == ENCODE).all()
        return
    for step in range(10):
        visibility = mask(POLICIES[name], layout, missing, step)
        assert (visibility == ENCODE).any() and (visibility == DECODE).any()


@pytest.mark.parametrize("name", POLICIES)
def test_nothing_comes_of_nothing(name: str) -> None:
    layout = layout_of(SENSORS, 2, 3)
    assert (mask(POLICIES[name], layout, np.ones((3, len(layout)), dtype=bool)) == MISSING).all()


@pytest.mark.parametrize("name", POLICIES)
def test_no_sensor_stays_aside(name: str) -> None:
    """Every sensor of a whole sample is encoded at times and predicted at times, unless it is decode-only."""
    layout = layout_of(SensorSet.of(SENSORS.names[:-1]), 3, 12)  # the token of latlon is always encoded by some
    missing = np.zeros((4, len(layout)), dtype=bool)
    masks = np.concatenate([mask(POLICIES[name], layout, missing, step) for step in range(60)])
    only = {*getattr(POLICIES[name], "only_decode_modalities", ()), *getattr(POLICIES[name], "decoded_modalities", ())}
    for block in layout.blocks:
        values = masks[:, block.tokens]
        assert (values == ENCODE).any() == (block.sensor.name not in only)
        assert (values == DECODE).any()


def test_every_sample_encodes_and_decodes_where_it_has_two_tokens() -> None:
    layout = layout_of(SENSORS, 2, 3)
    rng = np.random.default_rng(0)
    missing = rng.random((500, len(layout))) < 0.97
    missing[:, layout["sentinel2_l2a"].start : layout["sentinel2_l2a"].start + 4] = False
    for step in range(4):
        visibility = mask(OFFICIAL, layout, missing, step)
        assert (visibility == ENCODE).any(1).all() and (visibility == DECODE).any(1).all()


@pytest.mark.parametrize(
    ("name", "options", "words"),
    [
        ("modality_cross_random", {"encode_ratio": 0.7, "decode_ratio": 0.4}, "must not exceed 1 together"),
        ("modality_cross_random", {"encode_ratio": 1.5}, "between 0 and 1"),
        ("modality_cross_space", {"min_encoded_bandsets": 1}, "at least 2"),
        ("modality_cross_time", {"min_encoded_bandsets": None, "max_encoded_bandsets": 3}, "set both or neither"),
        ("random_with_decode", {"encode_ratio": 0.0}, "nothing would be encoded"),
        ("random_time_with_decode", {"random_ratio": 1.2}, "between 0 and 1"),
        ("random_range", {"min_decode_ratio": 0.2}, "set both or neither"),
        ("random_range", {"min_encode_ratio": 0.7}, "must not exceed the greatest"),
        ("random_range", {"min_decode_ratio": 0.2, "max_decode_ratio": 0.7}, "must not exceed 1 together"),
        ("random_increasing", {"final_encode_ratio": 0.0}, "final_encode_ratio must be greater than 0"),
        ("random_increasing", {"steps": 0}, "at least 1"),
        (
            "selectable_modality",
            {"decodable_modalities": ("srtm",), "fully_mask_modalities": ("srtm",), "max_to_mask": 1},
            "not in both",
        ),
        ("composed", {"policies": {"space": SpaceMasking()}}, "at least two"),
        ("scheduled", {**PARTS, "starts": (0,)}, "1 steps for 2 policies"),
        ("scheduled", {**PARTS, "starts": (5, 2)}, "begin with 0 and rise"),
    ],
)
def test_settings_that_cannot_be_are_refused(name: str, options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        MASKING.get(name)(**options)


@pytest.mark.parametrize("name", ["modality_cross_random/v1", "random_time_with_decode/v1_2"])
def test_a_batch_is_masked_in_a_moment(name: str) -> None:
    layout = layout_of(SENSORS, 5, 12)
    missing = np.zeros((32, len(layout)), dtype=bool)
    spent = []
    for step in range(5):
        start = time.process_time()
        mask(POLICIES[name], layout, missing, step)
        spent.append(time.process_time() - start)
    # About 0.1 ms per sample; OlmoEarth Pretrain takes 2 and more.
    assert min(spent) / 32 < 1e-3
