"""Every masking policy encodes, decodes and skips what OlmoEarth Pretrain's does (see goldens/make_masking.py)."""

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from spacenit_core.kinds.masking import MASKING
from spacenit_core.rng import Draws
from spacenit_core.samples.layout import TokenLayout
from spacenit_core.samples.visibility import MISSING
from spacenit_core.sensors.selection import SensorSet

with np.load(Path(__file__).parent / "goldens" / "masking.npz") as file:
    COUNTS = {name: file[name] for name in file.files}
GOLDEN: dict[str, Any] = json.loads(str(COUNTS.pop("scenarios")))
SCENARIOS: dict[str, dict[str, Any]] = GOLDEN["scenarios"]
REPEATS = 400

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
        sensors, rows=scenario["side"], columns=scenario["side"], steps=scenario["steps"], patch_size=1
    )


def counted(layout: TokenLayout, visibility: np.ndarray) -> np.ndarray:
    """Tokens of each band set by value, int ``[B, pairs, 4]``."""
    of_pair = np.eye(len(layout.band_set_sensor), dtype=np.int64)[layout.band_set]
    return np.stack([(visibility == value) @ of_pair for value in range(4)], axis=-1)


def compare(name: str, entry: str) -> None:
    scenario = SCENARIOS[name]
    options = {k: tuple(v) if isinstance(v, list) else v for k, v in scenario["policy"].items() if k != "type"}
    policy = MASKING.get(entry)(**options).build()
    layout, batch = layout_of(scenario), GOLDEN["batch"]
    missing = np.zeros((batch, len(layout)), dtype=bool)
    for sensor, steps in scenario["missing"].items():
        block = layout[sensor]
        missing[:, block.tokens] = np.asarray(steps, dtype=bool)[:, layout.time[block.tokens]]
    total = np.zeros((2, batch, len(layout.band_set_sensor), 4), dtype=np.int64)
    for seed in range(REPEATS):
        found = counted(layout, policy(layout, missing, Draws(seed, scenario["step"], "masking", range(batch), batch)))
        total += np.stack([found, found**2])
    means = [total[0] / REPEATS, COUNTS[name][0] / GOLDEN["repeats"]]
    # The number of tokens in one batch is one draw, however they hang together.
    square = (total[1] + COUNTS[name][1]) / (REPEATS + GOLDEN["repeats"])
    mean = (total[0] + COUNTS[name][0]) / (REPEATS + GOLDEN["repeats"])
    error = np.sqrt(np.maximum(square - mean**2, 0) * (1 / REPEATS + 1 / GOLDEN["repeats"]))
    np.testing.assert_array_less(np.abs(means[0] - means[1]), 5 * error + 1e-9, err_msg=name)


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


def test_a_comparison_notices_another_share() -> None:
    assert COUNTS["random/full"][0][..., MISSING].sum() == 0
    with pytest.raises(AssertionError):
        compare("random/full", "space")
