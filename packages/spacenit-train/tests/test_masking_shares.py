"""How much masking policies encode and decode."""

import attrs
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from spacenit_core.kinds.masking import MASKING
from spacenit_core.samples.visibility import DECODE, ENCODE, MISSING, TARGET_ONLY
from spacenit_core.sensors.selection import SensorSet
from spacenit_train.masking.primitives import choose, random_present_tokens
from spacenit_train.masking.random import RandomMasking
from spacenit_train.masking.random_increasing import RandomIncreasingMasking
from spacenit_train.masking.random_range import RandomRangeMasking

from .every_policy import NEEDED, OURS, SENSORS, TAKES_AWAY, layout_of, mask

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
