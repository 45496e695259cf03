"""Every masking policy encodes, decodes and skips what OlmoEarth Pretrain's does (see goldens/make_masking.py)."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spacenit_core.kinds.masking import MASKING
from spacenit_core.rng import Draws
from spacenit_core.samples.layout import TokenLayout
from spacenit_core.sensors.selection import SensorSet

with np.load(Path(__file__).parent / "goldens" / "masking.npz") as file:
    COUNTS = {name: file[name] for name in file.files}
GOLDEN: dict[str, Any] = json.loads(str(COUNTS.pop("scenarios")))
SCENARIOS: dict[str, dict[str, Any]] = GOLDEN["scenarios"]
REPEATS = 200

OTHER_NAMES = {
    # The reference masks whole patches under these two names.
    "modality_cross_time": "modality_cross_time_legacy",
    "modality_cross_space_time": "modality_cross_space",
}


def layout_of(scenario: dict[str, Any]) -> TokenLayout:
    names = scenario["sensors"]
    together = {name: (SensorSet.of([name])[name].bands,) for name in scenario["single_group"]}
    sensors = SensorSet.of(names, band_groups=together)
    assert sensors.names == tuple(names)
    return TokenLayout.of(
        sensors, rows=scenario["side"], columns=scenario["side"], timesteps=scenario["steps"], patch_size=1
    )


def structure(tokens: np.ndarray) -> np.ndarray:
    """Of tokens ``[B, patches, T, groups]``: their number, and its squares by step and by patch, int ``[3, 4]``."""
    here = tokens[..., None] == np.arange(4)
    by_step, by_patch = (here.sum(axis=axes) for axes in ((1, 3), (2, 3)))
    return np.stack([here.sum(axis=(0, 1, 2, 3)), (by_step**2).sum(axis=(0, 1)), (by_patch**2).sum(axis=(0, 1))])


def counted(layout: TokenLayout, visibility: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """Tokens by value, int ``[B, pairs, 4]``, and how they hang together, int ``[pairs + 1, 3, 4]``."""
    batch = len(visibility)
    tokens = [visibility[:, b.tokens].reshape(batch, b.rows * b.columns, b.steps, b.groups) for b in layout.blocks]
    by_value = [(part[..., None] == np.arange(4)).sum(axis=(1, 2)) for part in tokens]
    alone = [structure(part[..., [group]]) for part in tokens for group in range(part.shape[-1])]
    size = max(part.shape[1] * part.shape[2] for part in tokens)
    full = [part for part in tokens if part.shape[1] * part.shape[2] == size]
    return np.concatenate(by_value, axis=1), np.stack([*alone, structure(np.concatenate(full, axis=-1))])


def assert_like(ours: np.ndarray, oracle: np.ndarray, what: str) -> None:
    """Compare two sums with their sums of squares, ``[2, ...]`` each; what is counted in one batch is one draw."""
    repeats = GOLDEN["repeats"]
    square, mean = (ours + oracle)[1] / (REPEATS + repeats), (ours + oracle)[0] / (REPEATS + repeats)
    error = np.sqrt(np.maximum(square - mean**2, 0) * (1 / REPEATS + 1 / repeats))
    difference = np.abs(ours[0] / REPEATS - oracle[0] / repeats)
    np.testing.assert_array_less(difference, 5 * error + 1e-9 * (1 + mean), err_msg=what)


def compare(name: str, entry: str, **changes: Any) -> None:
    scenario = SCENARIOS[name]
    options = {k: tuple(v) if isinstance(v, list) else v for k, v in scenario["policy"].items() if k != "type"}
    policy = MASKING.get(entry)(**{**options, **changes}).build()
    layout, batch = layout_of(scenario), GOLDEN["batch"]
    missing = np.zeros((batch, len(layout)), dtype=bool)
    for sensor, steps in scenario["missing"].items():
        block = layout[sensor]
        missing[:, block.tokens] = np.asarray(steps, dtype=bool)[:, layout.time[block.tokens]]
    total = [np.zeros_like(COUNTS[name]), np.zeros_like(COUNTS[f"{name}/structure"])]
    for seed in range(REPEATS):
        visibility = policy(layout, missing, Draws(seed, scenario["step"], "masking", range(batch), batch))
        for part, found in zip(total, counted(layout, visibility), strict=True):
            part += np.stack([found, found**2])
    assert_like(total[0], COUNTS[name], name)
    assert_like(total[1], COUNTS[f"{name}/structure"], f"{name}, structure")


@pytest.mark.parametrize("name", SCENARIOS)
def test_shares_are_those_of_the_oracle(name: str) -> None:
    entry = name.partition("/")[0]
    compare(name, OTHER_NAMES.get(entry, entry))


def test_without_steps_to_share_out_space_and_time_is_that_of_the_oracle() -> None:
    compare("modality_cross_space_time/two_steps", "modality_cross_space_time")


def test_every_policy_of_the_reference_is_compared() -> None:
    ours = {entry.name for entry in MASKING.entries() if entry.distribution == "spacenit-train"}
    additions = {"spectral", "composed", "scheduled", "modality_cross_time_legacy"}
    assert {name.partition("/")[0] for name in SCENARIOS} == ours - additions
    assert len(ours - additions) == 16


@pytest.mark.parametrize(
    ("name", "entry", "changes"),
    [
        ("random/full", "space", {}),
        ("modality_cross_time/official", "modality_cross_time", {}),
        ("modality_cross_random/official", "modality_cross_random", {"min_encoded_bandsets": 3}),
        ("random_time_with_decode/official", "random_time_with_decode", {"random_ratio": 0.35}),
        ("random_increasing/middle", "random_increasing", {"steps": 550}),
        ("random_fixed_modality/full", "random_fixed_modality", {"randomize_missing_in": "sample"}),
        ("selectable_modality/full", "selectable_modality", {"max_to_mask": 3}),
        ("time/few", "time", {"valid_steps": "sample"}),
    ],
)
def test_a_comparison_notices_another_policy(name: str, entry: str, changes: dict[str, Any]) -> None:
    with pytest.raises(AssertionError):
        compare(name, entry, **changes)
