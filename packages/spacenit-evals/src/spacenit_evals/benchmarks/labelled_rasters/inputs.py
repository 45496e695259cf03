"""Which sensors an evaluation feeds to encoders and baselines: the same list for every row of a table."""

from collections.abc import Mapping, Sequence

from spacenit_core.errors import UserError
from spacenit_core.kinds.sensors import SENSORS
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.spec import SensorSpec


def is_imagery(spec: SensorSpec) -> bool:
    """Whether a sensor is an input unasked: it has a time axis or natural colours, unlike maps, elevation, labels.

    Class codes are none, though there be a map for each year.
    """
    return (spec.temporal or spec.rgb is not None) and not spec.categorical


def common_inputs(encoded: Mapping[str, SensorSet], asked: Sequence[str] = ()) -> SensorSet:
    """The inputs of all runs that are compared in one table.

    Unasked these are the imagery and the series that every one of the runs encoded in training; maps and labels, which
    may hold the answer, need to be asked for by name.

    Args:
        encoded: name of a run -> the sensors that its encoder saw in training.
        asked: names of sensors, in any case; empty for the rule.

    Raises:
        UserError: where one that was asked for is not encoded by one of the runs, or none is left.
    """
    first = next(iter(encoded.values()))
    if asked:
        names = {SENSORS.canonical(name) for name in asked}
        for run, known in encoded.items():
            strange = sorted(names - set(known.names))
            if strange:
                raise UserError(
                    f"the encoder of {run} did not see {', '.join(strange)} in training",
                    f"choose among {', '.join(known.names)}{{sensors}}",
                    things=("sensors",),
                )
        return SensorSet(tuple(spec for spec in first if spec.name in names))
    shared = [spec for spec in first if all(spec.name in known for known in encoded.values())]
    chosen = tuple(spec for spec in shared if is_imagery(spec))
    if not chosen:
        seen = "; ".join(f"{run}: {', '.join(known.names) or 'none'}" for run, known in encoded.items())
        what = "maps, elevation or labels alone" if shared else "nothing that all of them saw"
        raise UserError(
            f"the encoders saw {what} in training ({seen})",
            "ask for maps by name{sensors}" if shared else "compare runs that share a sensor",
            things=("sensors",),
        )
    return SensorSet(chosen)
