"""What encoders, models and runners have in common: modules with weights."""

from typing import Any

from spacenit_core.contracts.owner import Owner, shown_type


def check_module(component: Any, owner: Owner, what: str) -> None:
    """Refuse what is no `nn.Module`, or has nothing to train.

    Args:
        component: what was built.
        owner: whose it is.
        what: what it should be: "an encoder".

    Raises:
        PluginError: with what it is.
    """
    from torch import nn

    if not isinstance(component, nn.Module):
        owner.breaks(f"{what} is a torch.nn.Module", f"built {shown_type(component)}")
    if not any(parameter.requires_grad for parameter in component.parameters()):
        owner.breaks(f"{what} has weights to train", f"built a {type(component).__name__} without any")
