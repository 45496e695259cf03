"""What a loss returns: see the protocols of `spacenit_core.kinds.losses`."""

from collections.abc import Iterable, Iterator
from typing import Any

from attrs import define, fields, has

from spacenit_core.contracts.owner import Owner, shown_type
from spacenit_core.kinds.losses import EncodedView, PixelPairs, TokenPairs

CONTRACT = "a loss returns a float32 scalar tensor, through which the gradient reaches what it was given"


def hold(component: Any, owner: Owner) -> "HeldLoss":
    """A loss whose results are checked; what it is called with, its role says."""
    if not callable(component):
        owner.breaks("a loss is called with what its role says", f"built {shown_type(component)}")
    return HeldLoss(component, owner)


@define(eq=False)
class HeldLoss:
    """A loss and the check of its results: their form in every step, the gradient's way once.

    Attributes:
        loss: what `build` made.
        owner: whose it is.
    """

    loss: Any
    owner: Owner
    _is_known: bool = False

    def __call__(self, *given: Any) -> Any:
        """Hand a call on, and hold the loss that comes back.

        Raises:
            PluginError: for a result that breaks the contract.
        """
        import torch

        if not self._is_known:
            self.owner.takes(self.loss, ", ".join(type(item).__name__.lower() for item in given))
        held = list(_tensors(given))
        versions = [tensor._version for _, tensor in held]
        result = self.loss(*given)
        is_scalar = isinstance(result, torch.Tensor) and result.shape == () and result.dtype == torch.float32
        if not is_scalar or any(tensor.device != result.device for _, tensor in held[:1]):
            self.owner.breaks(CONTRACT, f"returned {shown_type(result)}")
        for (name, tensor), version in zip(held, versions, strict=True):
            if tensor._version != version:
                self.owner.breaks("a loss leaves what it is given as it is", f"changed `{name}` in place")
        learned = [tensor for tensor in _vectors(given) if tensor.requires_grad and tensor.numel()]
        if learned and torch.is_grad_enabled():
            self._follow(result, learned)
        return result

    def _follow(self, result: Any, learned: list[Any]) -> None:
        if not result.requires_grad:
            self.owner.breaks(CONTRACT, "returned a loss without a gradient")
        if self._is_known:
            return
        self._is_known = True
        if not reaches(result, learned):
            self.owner.breaks(CONTRACT, "returned a loss whose gradient does not reach what it was given")
        if not bool(result.detach().isfinite()) and all(bool(tensor.detach().isfinite().all()) for tensor in learned):
            self.owner.breaks("of finite numbers a loss makes a finite one", f"returned {float(result)}")


def reaches(result: Any, tensors: list[Any]) -> bool:
    """Whether the graph of a result leads back to one of some tensors. Nothing is computed, and no graph is used up."""
    ends = {tensor.grad_fn for tensor in tensors} - {None}
    leaves = {id(tensor) for tensor in tensors}
    waiting, seen = [result.grad_fn], set[Any]()
    while waiting:
        node = waiting.pop()
        if node is None or node in seen:
            continue
        if node in ends or id(getattr(node, "variable", None)) in leaves:
            return True
        seen.add(node)
        waiting += [following for following, _ in node.next_functions]
    return False


def _tensors(given: Iterable[Any]) -> Iterator[tuple[str, Any]]:
    """The tensors among what a loss is given, each with the name of what holds it."""
    import torch

    for item in given:
        names = [part.name for part in fields(type(item))] if has(type(item)) else []
        parts = [(name, getattr(item, name)) for name in names] or [("the vectors", item)]
        for name, part in parts:
            values = part.values() if isinstance(part, dict) else [part]
            yield from ((name, value) for value in values if isinstance(value, torch.Tensor))


def _vectors(given: tuple[Any, ...]) -> list[Any]:
    """The tensors through which the model can learn from a loss."""
    found: list[Any] = []
    for item in given:
        if isinstance(item, TokenPairs):
            found.append(item.predicted)
        elif isinstance(item, EncodedView):
            found += [item.pooled, item.tokens]
        elif isinstance(item, PixelPairs):
            found += item.reconstructed.values()
        else:
            found.append(item)
    return found
