"""Which tokens masking policies give one fate: patches, steps, band groups, sensors; and policies of policies."""

import numpy as np
import pytest

from spacenit_core.samples.visibility import DECODE, ENCODE, MISSING, TARGET_ONLY
from spacenit_core.sensors.selection import SensorSet
from spacenit_train.masking.composed import ComposedMasking
from spacenit_train.masking.modality_cross_time import ModalityCrossTimeMasking
from spacenit_train.masking.random import RandomMasking
from spacenit_train.masking.random_fixed_modality import RandomFixedModalityMasking
from spacenit_train.masking.random_time_with_decode import RandomTimeWithDecodeMasking
from spacenit_train.masking.random_with_decode import RandomWithDecodeMasking
from spacenit_train.masking.scheduled import ScheduledMasking
from spacenit_train.masking.selectable_modality import SelectableModalityMasking
from spacenit_train.masking.space import SpaceMasking
from spacenit_train.masking.spectral import SpectralMasking
from spacenit_train.masking.time import TimeMasking

from .every_policy import MAPS, OFFICIAL, PARTS, POLICIES, SENSORS, layout_of, mask


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
