"""Masking policies: the reference's distributions (see goldens/make_masking.py), and what always holds."""

import json
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spacenit_core.kinds.masking import MASKING, MaskingPolicy
from spacenit_core.rng import Draws
from spacenit_core.samples.layout import TokenLayout
from spacenit_core.samples.visibility import DECODE, ENCODE, MISSING, TARGET_ONLY
from spacenit_core.sensors.selection import SensorSet
from spacenit_train.masking.modality_cross_random import ModalityCrossRandomMasking
from spacenit_train.masking.primitives import choose, random_present_tokens
from spacenit_train.masking.random import RandomMasking

GOLDEN: dict[str, Any] = json.loads((Path(__file__).parent / "goldens" / "masking.json").read_text())
MAPS = ("worldcover", "srtm", "cdl")
SENSORS = SensorSet.of(["sentinel2_l2a", "sentinel1", "landsat", *MAPS, "latlon"])
OFFICIAL = ModalityCrossRandomMasking(allow_encoding_decoding_same_bandset=True, only_decode_modalities=MAPS)
POLICIES = [
    RandomMasking(encode_ratio=0.3, decode_ratio=0.6),
    ModalityCrossRandomMasking(),
    OFFICIAL,
    ModalityCrossRandomMasking(only_decode_modalities=MAPS, min_encoded_bandsets=3, max_encoded_bandsets=4),
]


def layout_of(sensors: SensorSet, side: int, steps: int) -> TokenLayout:
    return TokenLayout.of(sensors, rows=side, columns=side, steps=steps, patch_size=1)


def mask(policy: MaskingPolicy, layout: TokenLayout, missing: np.ndarray, step: int = 0) -> np.ndarray:
    return policy(layout, missing, Draws(1, step, "masking", range(len(missing)), len(missing)))


def by_group(layout: TokenLayout, name: str, visibility: np.ndarray) -> np.ndarray:
    """Tokens of a sensor by value, int ``[B, groups, 4]``."""
    block = layout[name]
    tokens = visibility[:, block.tokens].reshape(len(visibility), -1, block.groups)
    return np.stack([(tokens == value).sum(1) for value in range(4)], axis=-1)


@pytest.mark.parametrize("name", GOLDEN["scenarios"])
def test_shares_are_those_of_the_oracle(name: str) -> None:
    scenario = GOLDEN["scenarios"][name]
    options = {k: tuple(v) if isinstance(v, list) else v for k, v in scenario["policy"].items()}
    policy = MASKING.get(options.pop("type"))(**options).build()
    layout = layout_of(SensorSet.of(scenario["missing"]), scenario["side"], scenario["steps"])
    missing = np.zeros((GOLDEN["batch"], len(layout)), dtype=bool)
    for sensor, steps in scenario["missing"].items():
        block = layout[sensor]
        missing[:, block.tokens] = np.asarray(steps)[:, layout.time[block.tokens]]
    repeats = 500
    found = {sensor: np.zeros(np.shape(value), dtype=np.int64) for sensor, value in scenario["counts"].items()}
    for step in range(repeats):
        visibility = mask(policy, layout, missing, step)
        for sensor in found:
            found[sensor] += by_group(layout, sensor, visibility)
    for sensor, oracle in scenario["counts"].items():
        theirs = np.asarray(oracle) / np.sum(oracle, axis=-1, keepdims=True)
        ours = found[sensor] / found[sensor].sum(axis=-1, keepdims=True)
        # Tokens of one draw hang together, so the number of draws counts, not that of tokens.
        share = (theirs + ours) / 2
        error = np.sqrt(share * (1 - share) * (1 / repeats + 1 / GOLDEN["repeats"]))
        np.testing.assert_array_less(np.abs(theirs - ours), 5 * error + 1e-9, err_msg=f"{name}: {sensor}")


@st.composite
def windows(draw: st.DrawFn) -> tuple[TokenLayout, np.ndarray]:
    names = draw(st.sets(st.sampled_from(SENSORS.names), min_size=1))
    layout = layout_of(SensorSet.of(sorted(names)), draw(st.integers(1, 3)), draw(st.integers(1, 4)))
    batch = draw(st.integers(1, 4))
    rng = np.random.default_rng(draw(st.integers(0, 2**32)))
    missing = rng.random((batch, len(layout))) < draw(st.sampled_from([0.0, 0.3, 0.9]))
    for block in layout.blocks:
        missing[rng.random(batch) < 0.3, block.tokens] = True
    return layout, missing


@pytest.mark.parametrize("policy", POLICIES, ids=lambda policy: type(policy).__name__)
@settings(max_examples=60, deadline=None)
@given(window=windows())
def test_any_window_gets_a_valid_mask(policy: MaskingPolicy, window: tuple[TokenLayout, np.ndarray]) -> None:
    layout, missing = window
    visibility = mask(policy, layout, missing)
    assert visibility.dtype == np.uint8 and visibility.shape == missing.shape
    np.testing.assert_array_equal(visibility == MISSING, missing)
    assert visibility.max(initial=0) <= MISSING
    for name in getattr(policy, "only_decode_modalities", ()):
        if name in layout.sensor_names:
            assert not (visibility[:, layout[name].tokens] == ENCODE).any()
    np.testing.assert_array_equal(visibility, mask(policy, layout, missing))


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


def test_every_sample_encodes_and_decodes_where_it_has_two_tokens() -> None:
    layout = layout_of(SENSORS, 2, 3)
    rng = np.random.default_rng(0)
    missing = rng.random((500, len(layout))) < 0.97
    missing[:, layout["sentinel2_l2a"].start : layout["sentinel2_l2a"].start + 4] = False
    for step in range(4):
        visibility = mask(OFFICIAL, layout, missing, step)
        assert (visibility == ENCODE).any(1).all() and (visibility == DECODE).any(1).all()


def test_a_row_is_masked_alike_in_any_part_of_the_batch() -> None:
    layout = layout_of(SENSORS, 2, 3)
    missing = np.random.default_rng(0).random((8, len(layout))) < 0.3
    whole = OFFICIAL(layout, missing, Draws(3, 7, "masking", range(8), 8))
    rows = [1, 3, 6]
    part = OFFICIAL(layout, missing[rows], Draws(3, 7, "masking", rows, 8))
    np.testing.assert_array_equal(part, whole[rows])


def test_steps_and_views_differ() -> None:
    layout = layout_of(SENSORS, 3, 4)
    missing = np.zeros((4, len(layout)), dtype=bool)
    first, second = mask(OFFICIAL, layout, missing, 0), mask(OFFICIAL, layout, missing, 1)
    assert (first != second).any(1).all()
    assert (first[0] != first[1]).any()


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
    ("options", "words"),
    [
        ({"encode_ratio": 0.7, "decode_ratio": 0.4}, "must not exceed 1 together"),
        ({"encode_ratio": 1.5}, "between 0 and 1"),
        ({"min_encoded_bandsets": 1}, "at least 2"),
        ({"min_encoded_bandsets": None, "max_encoded_bandsets": 3}, "set both or neither"),
    ],
)
def test_settings_that_cannot_be_are_refused(options: dict[str, Any], words: str) -> None:
    with pytest.raises(ValueError, match=words):
        ModalityCrossRandomMasking(**options)


def test_a_batch_is_masked_in_a_moment() -> None:
    layout = layout_of(SENSORS, 5, 12)
    missing = np.zeros((32, len(layout)), dtype=bool)
    spent = []
    for step in range(5):
        start = time.process_time()
        mask(OFFICIAL, layout, missing, step)
        spent.append(time.process_time() - start)
    # About 0.1 ms per sample; OlmoEarth Pretrain takes 2.
    assert min(spent) / 32 < 1e-3
