"""Which sensors a run's encoder saw in training."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from spacenit_core.sensors.selection import SensorSet

_STATE = "state.json"


def read_encoded(path: Path, experiment: Mapping[str, Any], sensors: SensorSet) -> SensorSet:
    """The sensors that the encoder of a checkpoint saw: all but those that were only predicted.

    Args:
        path: the checkpoint.
        experiment: its experiment as plain data.
        sensors: the sensors that it was trained on.
    """
    state = path / _STATE
    recorded = json.loads(state.read_bytes()).get("encoded_sensors") if state.exists() else None
    if recorded is None:
        return encoded_by_settings(experiment, sensors)
    return SensorSet(tuple(spec for spec in sensors if spec.name in recorded))


def encoded_by_settings(experiment: Mapping[str, Any], sensors: SensorSet) -> SensorSet:
    """The same of a checkpoint from before it was recorded, by the settings of our own masking policies of that time.

    Args:
        experiment: the experiment as plain data.
        sensors: its sensors.
    """
    module = experiment.get("train_module") or {}
    views = [_only_predicted(policy) for name, policy in module.items() if name.startswith("masking")]
    predicted = set.intersection(*views) if views else set()
    return SensorSet(tuple(spec for spec in sensors if spec.name not in predicted))


def _only_predicted(policy: Any) -> set[str]:
    """The sensors that a masking policy, or each one that it is made of, names as decoded only."""
    if not isinstance(policy, Mapping):
        return set()
    lists = (policy.get(name) or () for name in ("only_decode_modalities", "decoded_modalities"))
    inner = [_only_predicted(part) for part in (policy.get("policies") or {}).values()]
    return {sensor for names in lists for sensor in names} | (set.intersection(*inner) if inner else set())
