"""Settings of exporters that write graphs."""

from attrs import frozen

from spacenit_core.config.fields import at_least, setting
from spacenit_core.kinds.sensors import SENSORS


def _names(names: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(SENSORS.canonical(name) for name in names)


# Without slots, so that a config may inherit from this and from its kind's base.
@frozen(kw_only=True, slots=False)
class FixedShape:
    """What a graph of an encoder is made for: it takes nothing else."""

    sensors: tuple[str, ...] = setting(
        "sensors that the graph takes; all of the model's if empty", (), converter=_names
    )
    batch_size: int = setting("samples at a time", 1, validator=at_least(1))
    patch_size: int = setting("cells along one side of a patch", 4, validator=at_least(1))
    height: int = setting("cells along the height of a window", 16, validator=at_least(1))
    width: int = setting("cells along the width of a window", 16, validator=at_least(1))
    steps: int = setting("time steps of a window", 12, validator=at_least(1))
    normalized: bool = setting("whether the graph takes normalised values, rather than stored ones", False)
