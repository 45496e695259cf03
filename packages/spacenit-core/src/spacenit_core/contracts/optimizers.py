"""What an optimizer trains: see `spacenit_core.kinds.optimizers.OptimizerConfig`."""

from typing import TYPE_CHECKING, Any

from spacenit_core.contracts.blame import explained_as
from spacenit_core.contracts.owner import Owner, shown_type

if TYPE_CHECKING:
    from torch import Tensor, nn
    from torch.optim import Optimizer

STATE = (bool, int, float, str, type(None))
"""What a checkpoint keeps of an optimizer's state, beside tensors."""

_WATCHED = 8

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
    owner.takes(component.step, "")
    return component


def first_step(optimizer: "Optimizer", owner: Owner) -> None:
    """Make the first step of an optimizer, once gradients and learning rate are set, and see what it does.

    Raises:
        PluginError: where one of others fails or changes nothing, and for state that no checkpoint can keep.
    """
    import torch

    moved = [] if owner.official else _to_move(optimizer)
    before = [parameter.detach().clone() for parameter in moved]
    try:
        optimizer.step()
    except Exception as error:
        raise explained_as(error, owner) from error
    if moved and all(map(torch.equal, before, moved)):
        owner.breaks("a step changes what has a gradient", "changed nothing in its first step")
    check_state(optimizer, owner)


def _to_move(optimizer: "Optimizer") -> "list[Tensor]":
    """A few small parameters that plain gradient descent would change."""
    found: list[Tensor] = []
    trained = [(parameter, group["lr"]) for group in optimizer.param_groups for parameter in group["params"]]
    for parameter, lr in sorted(trained, key=lambda pair: int(pair[0].numel())):
        value, gradient = parameter.detach(), parameter.grad
        if gradient is not None and bool((value - lr * gradient != value).any()):
            found.append(parameter)
        if len(found) == _WATCHED:
            break
    return found


def check_state(optimizer: "Optimizer", owner: Owner) -> None:
    """Refuse state that no checkpoint can keep; to be asked after a step, before hours of them are lost.

    Raises:
        PluginError: for state of no parameter, without a name, or that is neither a tensor nor a plain value.
    """
    from torch import Tensor

    due = "an optimizer's state is, for each parameter, tensors and plain values by name, which checkpoints keep"
    for parameter, state in optimizer.state.items():
        if not isinstance(parameter, Tensor):
            owner.breaks(due, f"keeps state of {parameter!r}")
        for key, value in state.items():
            if not isinstance(value, (Tensor, *STATE)) or not isinstance(key, str):
                owner.breaks(due, f"keeps {shown_type(value)} as {key!r}")
