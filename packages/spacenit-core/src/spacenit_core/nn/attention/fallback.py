"""Which backend runs: the one that was asked for where it can, otherwise another one, and words about it."""

import logging
from functools import cache
from typing import Any, Protocol

import torch
from attrs import frozen
from torch import Tensor, nn

from spacenit_core.nn.attention.modules import AttentionBackend
from spacenit_core.nn.sequences import Sequences

log = logging.getLogger(__name__)


@frozen
class KernelSpec:
    """What a kernel has to cope with.

    Attributes:
        device: where the tokens are.
        dtype: the type that attention is computed in.
        width: of a head.
    """

    device: torch.device
    dtype: torch.dtype
    width: int

    def __str__(self) -> str:
        return f"{self.device.type}, {str(self.dtype).removeprefix('torch.')}, heads of {self.width}"

    def why_no_gpu(self, capability: tuple[int, int]) -> str | None:
        """Why a kernel for NVIDIA GPUs of at least this compute capability cannot run here; None where it can."""
        if self.device.type != "cuda":
            return "it needs a GPU"
        # What torch calls cuda may be an AMD GPU, for which other kernels are built.
        if torch.version.cuda is None:
            return "it needs an NVIDIA GPU"
        found = torch.cuda.get_device_capability(self.device)
        needed, given = (".".join(map(str, version)) for version in (capability, found))
        return None if found >= capability else f"it needs compute capability {needed}, this GPU has {given}"


class Kernel(AttentionBackend, Protocol):
    """A backend that may be unable to run."""

    def unsupported_reason(self, spec: KernelSpec) -> str | None:
        """Why it cannot run there; None where it can."""
        ...


class BackendWithFallback:
    """The first of some backends that can run, decided once for each device, type and head width.

    Args:
        candidates: backends by name, the best one first; the last one runs everywhere.
        asked: the one that was asked for by name, if any: where another runs in its stead, a warning says why.
    """

    def __init__(self, candidates: dict[str, Kernel], asked: str | None = None) -> None:
        self._candidates = candidates
        self._asked = asked
        self._chosen: dict[KernelSpec, str] = {}

    def __call__(self, query: Tensor, key: Tensor, value: Tensor, queries: Sequences, keys: Sequences) -> Tensor:
        """Attend by the first backend that can, ``[Mq, heads, width]``."""
        name = self.name(KernelSpec(query.device, kernel_dtype(query), query.shape[2]))
        return self._candidates[name](query, key, value, queries, keys)

    def name(self, spec: KernelSpec) -> str:
        """The name of the backend that runs there."""
        if spec not in self._chosen:
            self._chosen[spec] = self._first_fit(spec)
        return self._chosen[spec]

    def _first_fit(self, spec: KernelSpec) -> str:
        reasons = []
        for name, kernel in self._candidates.items():
            reason = kernel.unsupported_reason(spec)
            if reason is None:
                break
            reasons.append(f"{name}: {reason}")
        if self._asked is None:
            _say(logging.INFO, f"attention runs as {name} ({spec})" + "".join(f"; not {line}" for line in reasons))
        elif name != self._asked:
            _say(logging.WARNING, f"attention={self._asked} cannot run ({spec}), {name} runs instead; {reasons[0]}")
        return name


def kernel_dtype(query: Tensor) -> torch.dtype:
    """The type that attention is computed in: autocast's where that is on, otherwise the queries' own."""
    device = query.device.type
    used = torch.amp.is_autocast_available(device) and torch.is_autocast_enabled(device)
    return torch.get_autocast_dtype(device) if used else query.dtype


def running_backends(model: nn.Module, device: torch.device, dtype: torch.dtype) -> list[str]:
    """The names of the backends that the attention layers of a model choose on a device, for a type."""
    names = set()
    layer: Any
    for layer in model.modules():
        backend, heads = getattr(layer, "backend", None), getattr(layer, "num_heads", 0)
        if isinstance(backend, BackendWithFallback) and heads:
            names.add(backend.name(KernelSpec(device, dtype, layer.proj.in_features // heads)))
        elif backend is not None:
            # One of others stands behind a check.
            own = getattr(backend, "backend", backend)
            names.add(getattr(own, "__name__", type(own).__name__).lower())
    return sorted(names)


@cache
def _say(level: int, message: str) -> None:
    # Every block of a model chooses alike; one line is enough.
    log.log(level, message)
