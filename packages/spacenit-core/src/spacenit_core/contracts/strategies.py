"""What a strategy has, and that it adds up gradients right."""

from typing import TYPE_CHECKING, Any

from spacenit_core.contracts.owner import Owner, owner_of, shown_type
from spacenit_core.kinds.runners import StepLoss
from spacenit_core.kinds.strategies import RanksOfModel, Strategy, StrategyConfig
from spacenit_core.text import listed

if TYPE_CHECKING:
    import torch
    from torch import nn

CALLS = {"share_weights": "", "forward": "batch", "accumulating": "", "backward": "loss", "total_norm": "gradients"}
MEMBERS = tuple(name for name in vars(Strategy) if not name.startswith("_"))


def hold(component: Any, owner: Owner, _: "nn.Module", __: RanksOfModel) -> Any:
    """The strategy, once it is known to have what the trainer calls.

    Raises:
        PluginError: where it lacks something.
    """
    absent = [name for name in MEMBERS if not callable(getattr(component, name, None))]
    if absent:
        contract = f"a strategy has {listed(list(MEMBERS))}"
        owner.breaks(contract, f"built {shown_type(component)} without {listed(absent)}")
    for name, call in CALLS.items():
        owner.takes(getattr(component, name), call)
    return component


class _Alone:
    """The ranks of one process."""

    rank, size, is_main = 0, 1, True

    @property
    def device(self) -> "torch.device":
        import torch

        return torch.device("cpu")


def try_strategy(config: StrategyConfig) -> None:
    """Add up the gradients of two micro-batches in one process.

    Raises:
        PluginError: where they are not what they are without a strategy.
    """
    import torch

    runner, alone = _toy(), _Alone()
    used, left_out = runner.parameters()
    strategy = hold(config.build(runner, alone), owner_of(config), runner, alone)
    strategy.share_weights()
    first, second = values = torch.arange(8.0).reshape(2, 4)
    with strategy.accumulating():
        strategy.backward(strategy.forward(first).loss)
    strategy.backward(strategy.forward(second).loss)
    if used.grad is None or not torch.allclose(used.grad, values.sum(0)) or left_out.grad is not None:
        owner_of(config).breaks("gradients add up, and a parameter that takes no part has none", "leaves others")
    if not torch.allclose(strategy.total_norm([used.grad]), values.sum(0).norm()):
        owner_of(config).breaks("total_norm is the norm of all gradients together", "gives another one")


def _toy() -> "nn.Module":
    """A runner of two weights, of which it uses the first."""
    import torch

    class Toy(torch.nn.Module):
        def __init__(self) -> None:
            super().__init__()
            self.weights = torch.nn.ParameterList(torch.ones(4) for _ in range(2))

        def forward(self, batch: torch.Tensor) -> StepLoss:
            return StepLoss(loss=(self.weights[0] * batch).sum(), metrics={})

    return Toy()
