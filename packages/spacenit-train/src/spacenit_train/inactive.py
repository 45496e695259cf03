"""Settings that were asked for and that nothing reads, because another one switches off what would."""

from typing import Any

from spacenit_core.config.converter import is_default
from spacenit_core.config.problems import Problem
from spacenit_core.config.resolve import Resolved
from spacenit_core.contracts.owner import owner_of
from spacenit_train.experiment import configs_in

_ASKED = ("--", "patch ")
"""How the sources of settings begin that somebody asked for. Recipes and files state more than they need."""


def inactive_settings(resolved: Resolved) -> list[Problem]:
    """What was asked for by a patch or on the command line and has no effect.

    To restate a default, or what the recipe has, is no problem.

    Each config of the experiment knows this of its own settings, see `spacenit_core.kinds.base.EntryConfig.inactive`.

    Args:
        resolved: an experiment and where its values come from.
    """
    asked = [
        path
        for path, value, source in resolved.rows()
        if source.startswith(_ASKED) and (path not in resolved.base or resolved.base[path] != value)
    ]
    problems = []
    for path, config in configs_in(resolved.value):
        for name, switch in _inactive(config).items():
            setting = ".".join((*path, name))
            found = [path for path in asked if f"{path}.".startswith(f"{setting}.")]
            if found and not is_default(config, name):
                hint = f"leave it out, or change {switch.partition('=')[0]}"
                problems += [Problem(f"nothing reads this with {switch}", tuple(at.split(".")), hint) for at in found]
    return problems


def _inactive(config: Any) -> dict[str, str]:
    if not hasattr(config, "inactive"):
        return {}
    inactive = config.inactive()
    if not isinstance(inactive, dict):
        owner_of(config).breaks('inactive returns {"setting": "switch=value"}', f"returned {inactive!r}")
    return inactive
