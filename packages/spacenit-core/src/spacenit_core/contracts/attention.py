"""What an attention backend computes: see `spacenit_core.nn.attention.modules.AttentionBackend`."""

from typing import Any

from spacenit_core.contracts.owner import Owner, shown_type


def hold(component: Any, owner: Owner) -> Any:
    """The backend; the first result of one of others is checked."""
    if not callable(component):
        due = "a backend is called with (query, key, value, queries, keys)"
        owner.breaks(due, f"built {shown_type(component)}")
    if owner.official:
        return component
    owner.takes(component, "query, key, value, queries, keys")
    return HeldBackend(component, owner)


class HeldBackend:
    """A backend and the check of its first result.

    Args:
        backend: what `build` made.
        owner: whose it is.
    """

    def __init__(self, backend: Any, owner: Owner) -> None:
        self.backend = backend
        self.owner = owner
        self.is_known = False

    def __call__(self, query: Any, key: Any, value: Any, queries: Any, keys: Any) -> Any:
        """Hand a call on, and hold what comes back, ``[Mq, heads, width]``.

        Raises:
            PluginError: for a result of another form, or one that lets no gradient through.
        """
        import torch

        result = self.backend(query, key, value, queries, keys)
        if self.is_known:
            return result
        self.is_known = True
        due = f"attention returns one vector for each query and head, {list(query.shape)}"
        if not isinstance(result, torch.Tensor) or result.shape != query.shape or not result.is_floating_point():
            self.owner.breaks(due, f"returned {shown_type(result)}")
        if not bool(result.detach().isfinite().all()):
            self.owner.breaks("attention returns 0 where a sequence has no keys", "returned NaN or infinite values")
        if torch.is_grad_enabled() and query.requires_grad and query.numel() and not result.requires_grad:
            self.owner.breaks("the gradient goes through attention", "returned a result without a gradient")
        return result
