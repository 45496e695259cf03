"""What a run does not take over from its recipe: text before it begins, by every command that begins one."""

from collections.abc import Sequence

from spacenit_core.cli.ranks import speaks
from spacenit_core.cli.saying import say
from spacenit_core.config.resolve import Resolved
from spacenit_core.config.shapes import kind_of
from spacenit_core.contracts.runners import masking_of
from spacenit_core.text import listed
from spacenit_train.experiment import configs_in
from spacenit_train.tile_experiment import TileExperiment

_NEVER_ENCODED = ("only_decode_modalities", "decoded_modalities")
"""Settings of masking policies that keep sensors from the encoder."""


def say_left_behind(lines: Sequence[str]) -> None:
    """Print the lines to stderr, once for all ranks; nothing where there is none."""
    if lines and speaks():
        text = "not taken over:\n" + "\n".join(f"  {line}" for line in lines)
        say(text, err=True)


def newly_encoded(resolved: Resolved) -> list[str]:
    """What to know where the recipe keeps sensors from the encoder and the masking policies cannot be text so.

    Args:
        resolved: an experiment, and what it was laid upon.
    """
    if not isinstance(resolved.value, TileExperiment) or resolved.value.train_module.masking_of_views() == ():
        return []
    policies = masking_of(resolved.value.train_module)
    held_back = {
        name
        for path, value in resolved.base.items()
        if path.startswith("train_module.") and path.endswith(_NEVER_ENCODED) and isinstance(value, list)
        for name in value
    }
    found = [name for name in resolved.value.sensors if name in held_back]
    free = [policy for policy in policies if not any(hasattr(config, name) for config, name in _settings(policy))]
    if not (found and free):
        return []
    kind = kind_of(type(free[0]))
    policy = type(free[0]).__name__ if kind is None else kind.name_of(free[0])
    names = ",".join(found)
    return [
        f"WARNING: {listed(found)} are only predicted in the recipe, and inputs of the encoder here: masking {policy} "
        "has no setting only_decode_modalities",
        f"  without them: --sensors=[{','.join(name for name in resolved.value.sensors if name not in held_back)}]",
        "  as the recipe has them: --train_module.masking.type=scheduled --train_module.masking.starts=[0] "
        f"--train_module.masking.policies.it.type={policy} --train_module.masking.only_decode_modalities=[{names}]",
    ]


def _settings(policy: object) -> list[tuple[object, str]]:
    return [(config, name) for _, config in configs_in(policy) for name in _NEVER_ENCODED]
