"""Kind `sensors`: values, one `SensorSpec` each."""

from spacenit_core.plugins.registry import Registry
from spacenit_core.sensors.spec import SensorSpec

SENSORS: Registry[SensorSpec] = Registry("sensors", SensorSpec, value=True)
