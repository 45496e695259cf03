"""What a runner is and returns: see `spacenit_core.kinds.runners`."""

from typing import TYPE_CHECKING, Any

from spacenit_core.contracts.modules import check_module
from spacenit_core.contracts.owner import Owner, owner_of, shown_type
from spacenit_core.kinds.masking import MaskingConfig
from spacenit_core.kinds.runners import RunnerConfig, StepLoss

if TYPE_CHECKING:
    from torch import nn

CONTRACT = (
    "a runner's forward(batch) returns a StepLoss: a float32 scalar with a gradient, and metrics, scalars by name"
)


def hold(component: Any, owner: Owner, model: "nn.Module") -> Any:
    """The runner, once its parameters are known to be the model's; every result of one of others is checked.

    Raises:
        PluginError: for something else, or parameters that would be neither trained nor saved.
    """
    check_module(component, owner, "a runner")
    of_model = {id(parameter) for parameter in model.parameters()}
    own = [name for name, parameter in component.named_parameters() if id(parameter) not in of_model]
    if own:
        owner.breaks("a runner's parameters are the model's", f"has parameters of its own: {', '.join(own[:3])}")
    owner.takes(component.forward, "batch")
    if hasattr(component, "on_step_start"):
        owner.takes(component.on_step_start, "step, max_steps")
    if not owner.official:
        component.register_forward_hook(lambda _, __, result: check_step(result, owner))
    return component


def masking_of(config: RunnerConfig) -> tuple[MaskingConfig, ...]:
    """The masking of each view, from a runner that is held to its contract.

    Raises:
        PluginError: for something else than at least one.
    """
    views = config.masking_of_views()
    if not isinstance(views, list | tuple) or not views or not all(isinstance(view, MaskingConfig) for view in views):
        owner_of(config).breaks("masking_of_views returns the masking of each view", f"returned {views!r}")
    return tuple(views)


def check_step(result: Any, owner: Owner) -> None:
    """Refuse what is no loss of a step.

    Raises:
        PluginError: with what it is.
    """
    import torch

    if not isinstance(result, StepLoss):
        owner.breaks(CONTRACT, f"returned {shown_type(result)}")
    loss = result.loss
    if not isinstance(loss, torch.Tensor) or loss.shape != () or not loss.is_floating_point():
        owner.breaks(CONTRACT, f"returned the loss {shown_type(loss)}")
    if torch.is_grad_enabled() and not loss.requires_grad:
        owner.breaks(CONTRACT, "returned a loss without a gradient")
    for name, value in result.metrics.items():
        if not isinstance(value, torch.Tensor) or value.shape != ():
            owner.breaks(CONTRACT, f"returned {shown_type(value)} as the metric {name!r}")
