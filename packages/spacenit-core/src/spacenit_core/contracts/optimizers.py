"""What an optimizer trains: see `spacenit_core.kinds.optimizers.OptimizerConfig`."""

from typing import TYPE_CHECKING, Any

from spacenit_core.contracts.owner import Owner, shown_type

if TYPE_CHECKING:
    from torch import nn
    from torch.optim import Optimizer

STATE = (bool, int, float, str, type(None))
"""What a checkpoint keeps of an optimizer's state, beside tensors."""

CONTRACT = "an optimizer trains every parameter of the model that requires a gradient, once, and no other"


def hold(component: Any, owner: Owner, model: "nn.Module") -> Any:
    """The optimizer, once it is known to train the model's parameters.

    Raises:
        PluginError: for something else, and for parameters that are left out, strange or listed twice.
    """
    from torch.optim import Optimizer

    if not isinstance(component, Optimizer):
        owner.breaks("an optimizer is a torch.optim.Optimizer", f"built {shown_type(component)}")
    trained = [id(parameter) for group in component.param_groups for parameter in group["params"]]
    wanted = {id(parameter): name for name, parameter in model.named_parameters() if parameter.requires_grad}
    left_out = [name for key, name in wanted.items() if key not in trained]
    if left_out:
        more = f" and {len(left_out) - 3} more" if len(left_out) > 3 else ""
        owner.breaks(CONTRACT, f"leaves out {', '.join(left_out[:3])}{more}")
    if set(trained) - set(wanted):
        owner.breaks(CONTRACT, f"has {len(set(trained) - set(wanted))} parameters that are not to be trained")
    if len(trained) != len(set(trained)):
        owner.breaks(CONTRACT, "has a parameter twice")
    if any("lr" not in group for group in component.param_groups):
        owner.breaks(
            "every parameter group has a learning rate `lr`, which the schedule sets", "has a group without one"
        )
    return component


def check_state(optimizer: "Optimizer", owner: Owner) -> None:
    """Refuse state that no checkpoint can keep; to be asked after a step, before hours of them are lost.

    Raises:
        PluginError: for state that is neither a tensor nor a plain value.
    """
    from torch import Tensor

    for state in optimizer.state.values():
        for key, value in state.items():
            if not isinstance(value, (Tensor, *STATE)):
                due = "an optimizer's state is tensors and plain values by name, which checkpoints keep"
                owner.breaks(due, f"keeps {shown_type(value)} as {key!r}")
