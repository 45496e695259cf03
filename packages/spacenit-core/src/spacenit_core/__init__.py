"""Sensors, samples, encoders, plugins, configuration and the command line of SpaceNit.

The public names below are imported at first use: the command line imports this package and must not pay for torch.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spacenit_core.errors import DataError as DataError
    from spacenit_core.errors import SpaceNitError as SpaceNitError
    from spacenit_core.errors import UserError as UserError
    from spacenit_core.pretrained.load import load_model as load_model
    from spacenit_core.pretrained.model import PretrainedModel as PretrainedModel
    from spacenit_core.pretrained.sample import GeoSample as GeoSample
    from spacenit_core.samples.batch import Batch as Batch
    from spacenit_core.samples.layout import TokenLayout as TokenLayout
    from spacenit_core.samples.sample_window import SampleWindow as SampleWindow
    from spacenit_core.sensors.selection import SensorSet as SensorSet
    from spacenit_core.sensors.spec import BandGroup as BandGroup
    from spacenit_core.sensors.spec import SensorSpec as SensorSpec

_HOMES = {
    "BandGroup": "spacenit_core.sensors.spec",
    "Batch": "spacenit_core.samples.batch",
    "DataError": "spacenit_core.errors",
    "GeoSample": "spacenit_core.pretrained.sample",
    "PretrainedModel": "spacenit_core.pretrained.model",
    "SensorSet": "spacenit_core.sensors.selection",
    "SensorSpec": "spacenit_core.sensors.spec",
    "SpaceNitError": "spacenit_core.errors",
    "SampleWindow": "spacenit_core.samples.sample_window",
    "TokenLayout": "spacenit_core.samples.layout",
    "UserError": "spacenit_core.errors",
    "load_model": "spacenit_core.pretrained.load",
}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
