"""Settings that were asked for and that nothing reads, because another one switches off what would."""

from typing import Any

import attrs

from spacenit_core.config.problems import Problem
from spacenit_core.config.resolve import Resolved
from spacenit_core.nn.config import OlmoEarthEncoderConfig
from spacenit_core.nn.positions.config import PositionConfig
from spacenit_train.experiment import configs_in

_ASKED = ("--", "patch ")
"""How the sources of settings begin that somebody asked for. Recipes and files state more than they need."""


def idle_settings(resolved: Resolved) -> list[Problem]:
    """What was asked for by a patch or on the command line and has no effect; restating a default is no problem.

    Args:
        resolved: an experiment and where its values come from.
    """
    problems = []
    for path, config in configs_in(resolved.value.model, ("model",)):
        for name, reason in _unread(config).items():
            asked = resolved.sources.get(".".join((*path, name)), "").startswith(_ASKED)
            if asked and getattr(config, name) != _default(config, name):
                problems.append(Problem(f"nothing reads this with {reason}", (*path, name)))
    return problems


def _unread(config: Any) -> dict[str, str]:
    """The settings of a config that the others switch off, each with what does."""
    found: dict[str, str] = {}
    if isinstance(config, PositionConfig):
        used = {
            "rope_base": config.rotates and not config.learns_rotation,
            "rope_coordinate_scale": config.rotates,
            "rope_mixed_base": config.learns_rotation,
            "temporal_rope_dim_frac": config.rotates_time and not config.learns_rotation,
            "rope_temporal_base": config.rotates_time and not config.learns_rotation,
            "rope_temporal_coordinate_scale": config.rotates_time,
        }
        found |= {name: f"position_encoding={config.position_encoding}" for name, use in used.items() if not use}
    if isinstance(config, OlmoEarthEncoderConfig) and config.band_dropout_rate == 0:
        found |= dict.fromkeys(("random_band_dropout", "band_dropout_modalities"), "band_dropout_rate=0")
    return found


def _default(config: Any, name: str) -> Any:
    return getattr(attrs.fields(type(config)), name).default
