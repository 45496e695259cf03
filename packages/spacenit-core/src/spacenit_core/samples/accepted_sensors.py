"""Which sensors a model takes that has units of its own; others are refused before anything is computed."""

from collections.abc import Mapping

from spacenit_core.errors import UserError
from spacenit_core.samples.stacked import require_units
from spacenit_core.sensors.selection import SensorSet


def require_sensors(sensors: SensorSet, units: Mapping[str, str], model: str) -> None:
    """Refuse sensors that a model does not take, or takes in other units.

    Args:
        sensors: what it would get.
        units: name of each sensor that it takes -> units, in the words of `SensorSpec.units`.
        model: its name.

    Raises:
        UserError: for such sensors, and for both levels of Sentinel-2 at once.
    """
    others = [spec.name for spec in sensors if spec.name not in units]
    if others:
        raise UserError(f"{model} takes {', '.join(units)}, not {', '.join(others)}", "leave it out, by leave_out=true")
    if "sentinel2" in sensors and "sentinel2_l2a" in sensors:
        raise UserError(f"{model} takes one of sentinel2 and sentinel2_l2a, not both")
    for spec in sensors:
        require_units(spec, units[spec.name], model)


def accepted_sensors(sensors: SensorSet, units: Mapping[str, str], model: str, *, leave_out: bool) -> SensorSet:
    """The sensors of samples that a model takes.

    Args:
        sensors: what the samples hold.
        units: as `require_sensors` has them.
        model: its name.
        leave_out: whether other sensors are left out, not refused.

    Raises:
        UserError: see `require_sensors`; where nothing is left.
    """
    taken = SensorSet(tuple(spec for spec in sensors if spec.name in units))
    require_sensors(taken if leave_out else sensors, units, model)
    if not len(taken):
        raise UserError(f"the samples hold nothing that {model} takes: {', '.join(sensors.names)}")
    return taken
