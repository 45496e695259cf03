"""A device that computes on the CPU and notes when the host would have to wait for it.

Its tensors say that they lie on `meta` and hold their values in host memory, so that a train step runs as it does on a
GPU, and what makes the host wait there is seen here: values and sizes that are asked of the device, and copies that are
not sent ahead.
"""

import traceback
from collections import Counter
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode, return_and_correct_aliasing
from torch.utils._pytree import tree_any, tree_map_only

NAME = "meta"

WAITING = frozenset(
    f"aten::{name}"
    for name in (
        "nonzero",
        "_local_scalar_dense",
        "equal",
        "masked_select",
        "unique_dim",
        "_unique",
        "_unique2",
        "unique_consecutive",
        "bincount",
        "histc",
    )
)
"""Operations that wait for their tensors' device."""


class DeviceTensor(torch.Tensor):
    """A tensor of the device.

    Attributes:
        values: the same in host memory.
    """

    values: torch.Tensor
    __torch_function__ = torch._C._disabled_torch_function_impl

    @staticmethod
    def __new__(cls, values: torch.Tensor) -> "DeviceTensor":
        made = torch.Tensor._make_wrapper_subclass(
            cls,
            values.size(),
            strides=values.stride(),
            storage_offset=values.storage_offset(),
            dtype=values.dtype,
            device=NAME,
        )
        made.values = values
        return made

    def __repr__(self, *, tensor_contents: Any = None) -> str:
        return f"DeviceTensor({self.values!r})"

    def tolist(self) -> Any:
        """See `torch.Tensor.tolist`, which knows no kinds of tensors."""
        return self.to("cpu").tolist()

    @classmethod
    def __torch_dispatch__(cls, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Compute on the CPU."""
        return computed(func, args, kwargs or {})


def computed(func: Any, args: Any, kwargs: dict[str, Any]) -> Any:
    """What an operation gives, on the device where it was made there or of something that is there."""
    asked = kwargs.get("device")
    inside = tree_any(lambda value: isinstance(value, DeviceTensor), (args, kwargs))
    there = inside if asked is None else torch.device(asked).type == NAME
    if not inside and not there:
        return func(*args, **kwargs)
    if tree_any(lambda value: isinstance(value, torch.Tensor) and _has_no_values(value), (args, kwargs)):
        raise RuntimeError("a list of Python numbers was sent to the device by torch itself, for which the host waits")
    given, options = tree_map_only(DeviceTensor, lambda tensor: tensor.values, (args, kwargs))
    if asked is not None:
        options = options | {"device": "cpu"}
    out = func(*given, **options)
    if func._schema.name == "aten::_to_copy" and out is given[0]:
        out = out.clone()
    if not there:
        return out
    return return_and_correct_aliasing(func, args, kwargs, tree_map_only(torch.Tensor, DeviceTensor, out))


def _has_no_values(tensor: torch.Tensor) -> bool:
    return tensor.device.type == NAME and not isinstance(tensor, DeviceTensor)


class HostWaits(TorchDispatchMode):
    """Counts by the line of our code where the host would wait for the device; in use, `meta` is that device.

    Attributes:
        found: (operation, place) -> how often.
    """

    def __init__(self) -> None:
        super().__init__()
        self.found: Counter[tuple[str, str]] = Counter()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Count, then compute."""
        kwargs = kwargs or {}
        name = func._schema.name
        if _waits(name, args, kwargs):
            self.found[name.removeprefix("aten::"), _place()] += 1
        return computed(func, args, kwargs)


def _waits(name: str, args: Any, kwargs: dict[str, Any]) -> bool:
    inside = tree_any(lambda value: isinstance(value, DeviceTensor), (args, kwargs))
    if name == "aten::_to_copy":
        target = torch.device(kwargs.get("device") or args[0].device).type
        back, ahead = target == "cpu", bool(kwargs.get("non_blocking"))
        return target != args[0].device.type and (back or not ahead)
    if not inside:
        return False
    if name == "aten::copy_":
        ahead = args[2] if len(args) > 2 else kwargs.get("non_blocking", False)
        return args[0].device != args[1].device and args[1].dim() > 0 and not ahead
    if name == "aten::repeat_interleave":
        return kwargs.get("output_size") is None
    if name in ("aten::index", "aten::index_put", "aten::index_put_", "aten::_index_put_impl_"):
        # Indices from host memory are sent there, and the host waits for that too.
        indices = [index for index in args[1] if index is not None]
        return any(index.dtype in (torch.bool, torch.uint8) or index.device.type == "cpu" for index in indices)
    return name in WAITING


def _place() -> str:
    ours = [frame for frame in traceback.extract_stack() if "/src/spacenit_" in frame.filename]
    if not ours:
        return "elsewhere"
    return f"{ours[-1].filename.partition('/src/')[2]}:{ours[-1].lineno} {ours[-1].line}"
