"""What holds for every masking policy, whatever the window; test_masking_golden.py compares them with the reference."""

import time
from typing import Any

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spacenit_core.kinds.masking import MASKING, MaskingConfig
from spacenit_core.rng import Draws
from spacenit_core.samples.layout import TokenLayout
from spacenit_core.samples.visibility import DECODE, ENCODE, MISSING, TARGET_ONLY
from spacenit_core.sensors.selection import SensorSet
from spacenit_train.masking.composed import ComposedMasking
from spacenit_train.masking.modality_cross_random import ModalityCrossRandomMasking
from spacenit_train.masking.modality_cross_time import ModalityCrossTimeMasking
from spacenit_train.masking.primitives import choose, random_present_tokens
from spacenit_train.masking.random import RandomMasking
from spacenit_train.masking.random_fixed_modality import RandomFixedModalityMasking
from spacenit_train.masking.random_increasing import RandomIncreasingMasking
from spacenit_train.masking.random_range import RandomRangeMasking
from spacenit_train.masking.random_time_with_decode import RandomTimeWithDecodeMasking
from spacenit_train.masking.random_with_decode import RandomWithDecodeMasking
from spacenit_train.masking.scheduled import ScheduledMasking
from spacenit_train.masking.selectable_modality import SelectableModalityMasking
from spacenit_train.masking.space import SpaceMasking
from spacenit_train.masking.spectral import SpectralMasking
from spacenit_train.masking.time import TimeMasking

MAPS = ("worldcover", "srtm", "cdl")
SENSORS = SensorSet.of(["sentinel2_l2a", "sentinel1", "landsat", *MAPS, "era5_10", "latlon"])
OFFICIAL = ModalityCrossRandomMasking(allow_encoding_decoding_same_bandset=True, only_decode_modalities=MAPS)

SELECTED = {"decodable_modalities": ("worldcover", "landsat"), "fully_mask_modalities": ("sentinel1",)}
PARTS = {"policies": {"space": SpaceMasking(), "time": TimeMasking()}}
NEEDED: dict[str, dict[str, Any]] = {
    "selectable_modality": {**SELECTED, "max_to_mask": 3},
    "selectable_random_range_modality": {**SELECTED, "max_to_mask": 2},
    "random_fixed_modality": {"decoded_modalities": MAPS, "randomize_missing_modalities": SENSORS.names[:3]},
    "composed": PARTS,
    "scheduled": {**PARTS, "starts": (0, 3), "transition_steps": 2},
}
"""What policies without a default for everything are given."""

VARIANTS: dict[str, MaskingConfig] = {
    "random/few": RandomMasking(encode_ratio=0.3, decode_ratio=0.6),
    "modality_cross_random/v1": OFFICIAL,
    "modality_cross_random/limits": ModalityCrossRandomMasking(min_encoded_bandsets=3, max_encoded_bandsets=4),
    "random_time_with_decode/v1_2": RandomTimeWithDecodeMasking(only_decode_modalities=MAPS),
    "random_fixed_modality/sample": RandomFixedModalityMasking(
        **NEEDED["random_fixed_modality"], randomize_missing_in="sample"
    ),
    "composed/intersection": ComposedMasking(**PARTS, by="intersection", only_decode_modalities=MAPS),
    "composed/cascade": ComposedMasking(
        policies={"time": TimeMasking(), "v1": OFFICIAL}, by="cascade", only_decode_modalities=MAPS
    ),
}
OURS = sorted(entry.name for entry in MASKING.entries() if entry.distribution == "spacenit-train")
POLICIES = {name: MASKING.get(name)(**NEEDED.get(name, {})) for name in OURS} | VARIANTS
TAKES_AWAY = ("selectable", "random_fixed")
"""Policies that make tokens missing that are there."""


def layout_of(sensors: SensorSet, side: int, steps: int) -> TokenLayout:
    return TokenLayout.of(sensors, rows=side, columns=side, steps=steps, patch_size=1)


def mask(policy: MaskingConfig, layout: TokenLayout, missing: np.ndarray, step: int = 0) -> np.ndarray:
    return policy.build()(layout, missing, Draws(1, step, "masking", range(len(missing)), len(missing)))


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


def test_the_policies_with_decode_only_sensors_are_those_of_the_reference_and_ours() -> None:
    plain = {name for name in DECODE_ONLY if "/" not in name}
    crossing = {name for name in OURS if name.startswith("modality_cross")}
    assert plain == crossing | {"random_with_decode", "random_time_with_decode", "spectral", "composed", "scheduled"}


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


IMAGES = SensorSet.of(["sentinel2_l2a", "sentinel1", "landsat"])
WITH_SHARES = [name for name in OURS if {"encode_ratio", "decode_ratio"} <= set(attrs.fields_dict(MASKING.get(name)))]
EXACT = ("random", "random_space", "space", "space_time", "time")
"""Policies that share every sensor out in the same way: whole tokens, patches or steps, rounded down."""


@pytest.mark.parametrize("name", WITH_SHARES)
@settings(max_examples=25, deadline=None)
@given(encode=st.floats(0.13, 0.85), part=st.floats(0.0, 1.0), step=st.integers(0, 1000))
def test_shares_are_kept(name: str, encode: float, part: float, step: int) -> None:
    decode = max(0.13, part * (1 - encode))
    needed = {**NEEDED.get(name, {}), "encode_ratio": encode, "decode_ratio": decode}
    layout = layout_of(IMAGES, 4, 8)
    visibility = mask(MASKING.get(name)(**needed), layout, np.zeros((3, len(layout)), dtype=bool), step)
    band_sets = np.stack([visibility[:, layout.band_set == pair] for pair in range(6)], axis=1)
    encoded, decoded = ((band_sets == value).mean(axis=2) for value in (ENCODE, DECODE))
    steps = np.ceil(8 * encode) / 8
    if name in EXACT:
        for shares, asked in ((encoded, encode), (decoded, decode)):
            assert (shares.mean(axis=1) <= asked + 1e-9).all() and (shares.mean(axis=1) > asked - 1 / 8).all()
    elif name.endswith("with_decode"):
        assert ((encoded > 0).sum(axis=1) == np.ceil(6 * encode)).all() and not (encoded * decoded).any()
        assert ((encoded == 0) | np.isclose(encoded, int(128 * encode) / 128) | (encoded == steps)).all()
        assert ((decoded == 0) | np.isclose(decoded, int(128 * decode) / 128) | (decoded == 1 - steps)).all()
    elif name == "spectral":
        assert (encoded.sum(axis=1) == max(1, int(6 * encode))).all()
        assert (decoded.sum(axis=1) == max(1, int(6 * decode))).all()
    elif name.startswith("modality_cross"):
        assert (encoded.mean(axis=1) <= encode + 1e-9).all() and (decoded.mean(axis=1) <= decode + 1e-9).all()
        assert (encoded.any(axis=1) & decoded.any(axis=1)).all()
    else:
        assert name.startswith(TAKES_AWAY)
        assert (encoded.mean(axis=1) <= encode + 1e-9).all()


def test_random_shares_are_exact_for_each_sensor() -> None:
    layout = layout_of(SENSORS, 3, 4)
    missing = np.zeros((20, len(layout)), dtype=bool)
    visibility = mask(RandomMasking(encode_ratio=0.3, decode_ratio=0.6), layout, missing)
    for block in layout.blocks:
        tokens = visibility[:, block.tokens]
        if block.sensor.name == "latlon":
            assert (tokens == ENCODE).sum() == 6 and (tokens == DECODE).sum() == 12
        else:
            count = tokens.shape[1]
            assert ((tokens == ENCODE).sum(1) == int(count * 0.3)).all()
            assert ((tokens == DECODE).sum(1) == int(count * 0.6)).all()


def test_shares_in_a_range_cover_it() -> None:
    layout = layout_of(SENSORS, 8, 12)
    policy = RandomRangeMasking(min_encode_ratio=0.2, max_encode_ratio=0.4, min_decode_ratio=0.1, max_decode_ratio=0.5)
    visibility = mask(policy, layout, np.zeros((200, len(layout)), dtype=bool))
    tokens = visibility[:, layout["sentinel1"].tokens]
    encoded, decoded = (tokens == ENCODE).mean(1), (tokens == DECODE).mean(1)
    assert 0.199 < encoded.min() < 0.21 and 0.39 < encoded.max() <= 0.4
    assert 0.099 < decoded.min() < 0.12 and 0.48 < decoded.max() <= 0.5
    assert abs(np.corrcoef(encoded, decoded)[0, 1]) < 0.3


@pytest.mark.parametrize(("step", "share"), [(0, 0.4999), (499, 0.3), (999, 0.1), (5000, 0.1)])
def test_shares_move_with_the_step(step: int, share: float) -> None:
    layout = layout_of(SensorSet.of(["sentinel1"]), 25, 16)
    visibility = mask(RandomIncreasingMasking(), layout, np.zeros((1, len(layout)), dtype=bool), step)
    np.testing.assert_allclose((visibility == ENCODE).mean(), share, atol=4e-4)
    np.testing.assert_allclose((visibility == DECODE).mean(), 1 - share, atol=4e-4)


@pytest.mark.parametrize("name", ["space", "modality_cross_space", "modality_cross_time_legacy"])
def test_space_gives_all_tokens_of_a_patch_one_fate(name: str) -> None:
    layout = layout_of(SENSORS, 3, 4)
    visibility = mask(POLICIES[name], layout, np.zeros((5, len(layout)), dtype=bool))
    block = layout["sentinel1"]
    tokens = visibility[:, block.tokens].reshape(5, 9, -1)
    assert (tokens == tokens[:, :, :1]).all() and (tokens != tokens[:, :1]).any()


@pytest.mark.parametrize("name", ["time", "modality_cross_time"])
def test_time_gives_all_tokens_of_a_step_one_fate(name: str) -> None:
    layout = layout_of(SENSORS, 3, 4)
    visibility = mask(POLICIES[name], layout, np.zeros((5, len(layout)), dtype=bool))
    steps = visibility[:, layout["sentinel1"].tokens].reshape(5, 9, 4)
    assert (steps == steps[:, :1]).all() and (steps != steps[:, :, :1]).any()
    if name == "time":
        np.testing.assert_array_equal(visibility[:, layout["era5_10"].tokens], steps[:, 0])


def test_cross_time_takes_maps_whole() -> None:
    layout = layout_of(SENSORS, 3, 4)
    masks = [mask(ModalityCrossTimeMasking(), layout, np.zeros((20, len(layout)), dtype=bool), s) for s in range(5)]
    srtm = np.concatenate(masks)[:, layout["srtm"].tokens]
    whole = (srtm == srtm[:, :1]).all(axis=1)
    assert whole.mean() > 0.9 and {ENCODE, DECODE} <= set(srtm[whole][:, 0].tolist())


def test_steps_count_where_a_sensor_has_them() -> None:
    layout = layout_of(SensorSet.of(["sentinel1"]), 2, 4)
    missing = np.zeros((2, len(layout)), dtype=bool)
    missing[0, layout.time < 2] = True  # sample 0 has two steps, sample 1 all four
    missing[1, 0] = True  # and a hole at the first
    steps = {}
    for rule in ("batch", "sample", "any"):
        visibility = mask(TimeMasking(valid_steps=rule), layout, missing, 3)
        by_step = [set(visibility[1, layout.time == step]) - {MISSING} for step in range(4)]
        steps[rule] = [len(values) == 1 for values in by_step], TARGET_ONLY in by_step[0]
    assert not all(steps["batch"][0])  # two common steps: random tokens
    assert all(steps["sample"][0]) and steps["sample"][1]  # three steps; the one with the hole is left to the target
    assert all(steps["any"][0])
    pooled = [mask(TimeMasking(valid_steps="any"), layout, missing, step)[1] for step in range(20)]
    assert any((visibility[layout.time == 0][1:] == ENCODE).all() for visibility in pooled)


def test_band_sets_have_one_role_with_decode() -> None:
    layout = layout_of(SENSORS, 3, 4)
    policy = RandomWithDecodeMasking(only_decode_modalities=MAPS)
    visibility = mask(policy, layout, np.zeros((50, len(layout)), dtype=bool))
    pairs = np.stack([visibility[:, layout.band_set == pair] for pair in (0, 1, 2, 3)], axis=1)
    assert not ((pairs == ENCODE).any(2) & (pairs == DECODE).any(2)).any()
    assert (visibility[:, layout["worldcover"].tokens] == DECODE).all()
    assert (visibility[:, layout["latlon"].tokens] == ENCODE).all()  # a single token is encoded in either role
    roles = sum((visibility[:, layout.band_set == pair] == ENCODE).any(1).astype(int) for pair in range(11))
    assert set(roles) <= {4, 5}  # four of eight pairs, and latlon


def test_whole_steps_with_decode_keep_the_two_roles_apart_in_time() -> None:
    layout = layout_of(SENSORS, 3, 4)
    policy = RandomTimeWithDecodeMasking(only_decode_modalities=MAPS, random_ratio=0.0)
    visibility = mask(policy, layout, np.zeros((50, len(layout)), dtype=bool))
    images = np.isin(layout.sensor_names, ("sentinel2_l2a", "sentinel1", "landsat"))[layout.sensor]
    for row in visibility:
        encoded, decoded = (set(layout.time[images & (row == value)]) for value in (ENCODE, DECODE))
        assert len(encoded) == 2 and not encoded & decoded


def test_spectral_takes_whole_band_groups() -> None:
    layout = layout_of(SENSORS, 2, 3)
    policy = SpectralMasking(encode_ratio=0.3, decode_ratio=0.5, only_decode_modalities=("cdl",))
    visibility = mask(policy, layout, np.zeros((20, len(layout)), dtype=bool))
    for pair in range(len(layout.band_set_sensor)):
        tokens = visibility[:, layout.band_set == pair]
        assert (tokens == tokens[:, :1]).all()
    first = [int(np.flatnonzero(layout.band_set == pair)[0]) for pair in range(len(layout.band_set_sensor))]
    fates = visibility[:, first]
    assert ((fates == ENCODE).sum(1) == 3).all() and ((fates == DECODE).sum(1) == 5 + 1).all()


def test_composition_hides_what_any_all_or_the_next_hides() -> None:
    layout = layout_of(SENSORS, 4, 6)
    missing = np.random.default_rng(0).random((30, len(layout))) < 0.1
    shares = {"encode_ratio": 0.5, "decode_ratio": 0.5}
    policies = {"space": SpaceMasking(**shares), "random": RandomMasking(**shares)}
    seen = {}
    for by in ("union", "intersection", "cascade"):
        masks = mask(ComposedMasking(policies=policies, by=by), layout, missing)
        seen[by] = (masks[:, layout["sentinel2_l2a"].tokens] == ENCODE).mean() / 0.9
    np.testing.assert_allclose([seen["union"], seen["intersection"], seen["cascade"]], [0.25, 0.75, 0.25], atol=0.02)
    # Space first: whole patches are hidden, and of the others half of the tokens.
    masks = mask(ComposedMasking(policies=policies, by="cascade"), layout, np.zeros_like(missing))
    by_patch = masks[:, layout["sentinel1"].tokens].reshape(30, 16, 6)
    assert ((by_patch == DECODE).all(axis=2).sum(1) >= 8).all()


def test_a_part_of_a_composition_does_not_disturb_the_others() -> None:
    layout = layout_of(SENSORS, 2, 4)
    missing = np.zeros((4, len(layout)), dtype=bool)
    hides = [
        mask(ComposedMasking(policies={"first": first, "space": SpaceMasking()}, by="union"), layout, missing) == DECODE
        for first in (OFFICIAL, RandomMasking(encode_ratio=1.0, decode_ratio=0.0))
    ]
    assert (hides[0] >= hides[1]).all()


def test_a_schedule_moves_from_policy_to_policy() -> None:
    policy = ScheduledMasking(**PARTS, starts=(0, 100), transition_steps=9)
    assert policy.active(99, 0.0) == 0 and policy.active(109, 0.999) == 1
    shares = [np.mean([policy.active(step, uniform) for uniform in np.arange(0.005, 1, 0.01)]) for step in (102, 105)]
    np.testing.assert_allclose(shares, [0.3, 0.6], atol=0.011)
    at_once = ScheduledMasking(**PARTS, starts=(0, 100))
    assert [at_once.active(step, 0.999) for step in (0, 99, 100)] == [0, 0, 1]


def test_a_sensor_goes_missing_once_in_a_batch_or_in_each_sample() -> None:
    layout = layout_of(SENSORS, 2, 3)
    missing = np.zeros((16, len(layout)), dtype=bool)
    names = SENSORS.names[:3]
    lost = {"batch": [], "sample": []}
    for rule, counts in lost.items():
        policy = RandomFixedModalityMasking(
            decoded_modalities=MAPS, randomize_missing_modalities=names, randomize_missing_in=rule
        )
        for step in range(40):
            visibility = mask(policy, layout, missing, step)
            counts.append(np.stack([(visibility[:, layout[n].tokens] == MISSING).all(1) for n in names], axis=1))
        assert (np.stack(counts).sum(axis=2) <= 2).all()
        assert (visibility[:, layout["srtm"].tokens] == DECODE).all()
    assert (np.stack(lost["batch"]).sum(axis=(1, 2)) == 2).all()
    np.testing.assert_allclose(np.stack(lost["sample"]).sum(axis=2).mean(), 1.0, atol=0.15)


def test_hidden_sensors_are_drawn_for_the_batch_and_missing_stays_missing() -> None:
    layout = layout_of(SENSORS, 2, 3)
    missing = np.random.default_rng(0).random((6, len(layout))) < 0.3
    policy = SelectableModalityMasking(decodable_modalities=("sentinel1",), fully_mask_modalities=(), max_to_mask=1)
    whole = [mask(policy, layout, missing, step)[:, layout["sentinel1"].tokens] for step in range(30)]
    decoded = [(tokens[~missing[:, layout["sentinel1"].tokens]] == DECODE).all() for tokens in whole]
    assert 5 < sum(decoded) < 25
    assert all((tokens[missing[:, layout["sentinel1"].tokens]] == MISSING).all() for tokens in whole)


def test_every_sample_encodes_and_decodes_where_it_has_two_tokens() -> None:
    layout = layout_of(SENSORS, 2, 3)
    rng = np.random.default_rng(0)
    missing = rng.random((500, len(layout))) < 0.97
    missing[:, layout["sentinel2_l2a"].start : layout["sentinel2_l2a"].start + 4] = False
    for step in range(4):
        visibility = mask(OFFICIAL, layout, missing, step)
        assert (visibility == ENCODE).any(1).all() and (visibility == DECODE).any(1).all()


def test_a_single_token_is_encoded_whatever_the_shares() -> None:
    missing = np.array([[True, False, True], [False, False, True], [True, True, True]])
    keys = np.random.default_rng(0).random(missing.shape, dtype=np.float32)
    out = random_present_tokens(missing, keys, encode_ratio=0.0, decode_ratio=0.5)
    np.testing.assert_array_equal(out[0], [MISSING, ENCODE, MISSING])
    assert sorted(out[1]) == [TARGET_ONLY, DECODE, MISSING]
    assert (out[2] == MISSING).all()


def test_choose_takes_the_number_asked_for_among_the_candidates() -> None:
    rng = np.random.default_rng(0)
    candidates = rng.random((50, 9)) < 0.6
    counts = rng.integers(0, candidates.sum(1) + 1)
    chosen = choose(candidates, counts, rng.random((50, 9), dtype=np.float32))
    np.testing.assert_array_equal(chosen.sum(1), counts)
    assert not (chosen & ~candidates).any()


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
