"""What a model is: see `spacenit_core.kinds.models.ModelConfig`."""

from typing import Any

from spacenit_core.contracts.modules import check_module
from spacenit_core.contracts.owner import Owner, shown_type
from spacenit_core.sensors.selection import SensorSet


def hold(component: Any, owner: Owner, _: SensorSet) -> Any:
    """The model, once it is known to have what is kept after pretraining.

    Raises:
        PluginError: for something else, or a model without an encoder.
    """
    from torch import nn

    check_module(component, owner, "a model")
    encoder = getattr(component, "encoder", None)
    if not isinstance(encoder, nn.Module):
        owner.breaks("a model has a module `encoder`, which is what is kept", f"has {shown_type(encoder)} there")
    return component
