"""Model and optimizer state as safetensors, by parameter name and exact to the bit."""

import hashlib
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from safetensors import SafetensorError
from safetensors.torch import load, save
from torch import nn
from torch.optim import Optimizer

from spacenit_core.checkpoint.names import mismatches, unwrapped
from spacenit_core.errors import DataError, UserError

_SEPARATOR = "/"


def pack(tensors: Mapping[str, torch.Tensor]) -> bytes:
    """Tensors as the bytes of a safetensors file. Each is copied, so that names may share memory."""
    copies = {name: tensor.detach().to("cpu", copy=True).contiguous() for name, tensor in tensors.items()}
    return save(copies, metadata={"format": "pt"})


def state_digest(module: nn.Module) -> str:
    """The SHA-256 of a module's state: names, types, shapes and numbers, wherever they lie."""
    digest = hashlib.sha256()
    for name, tensor in sorted(module.state_dict().items()):
        digest.update(f"{name} {tensor.dtype} {tuple(tensor.shape)}\n".encode())
        digest.update(tensor.detach().cpu().contiguous().reshape(-1).view(torch.uint8).numpy())
    return digest.hexdigest()


def unpack(path: Path) -> dict[str, torch.Tensor]:
    """The tensors of a safetensors file, on the CPU.

    Raises:
        DataError: where the file is absent or damaged.
    """
    try:
        return load(path.read_bytes())
    except OSError as error:
        raise DataError(f"{path} cannot be read: {error.strerror or error}") from None
    except SafetensorError as error:
        raise DataError(f"{path} is not a whole safetensors file: {error}") from None


@torch.no_grad()
def copy_into(module: nn.Module, tensors: Mapping[str, torch.Tensor], source: Path | str) -> None:
    """Copy tensors into a module's parameters and buffers, all of them or none.

    Copied, not assigned: views into a file are not aligned in memory, which can change the last bit of a result.

    Args:
        module: the module.
        tensors: its state, as `module.state_dict()` names it, or as it does where the module is wrapped.
        source: where the tensors come from, for messages.

    Raises:
        UserError: where names or shapes differ.
    """
    own = module.state_dict()
    tensors = unwrapped(tensors, own)
    problems = mismatches(tensors, own)
    shapes = [
        f"{name} has shape {tuple(tensors[name].shape)}, this model's has {tuple(own[name].shape)}"
        for name in own
        if name in tensors and tensors[name].shape != own[name].shape
    ]
    problems += shapes[:5] + ([f"and {len(shapes) - 5} more that differ in shape"] if len(shapes) > 5 else [])
    if problems:
        shown = "\n  ".join(problems)
        raise UserError(
            f"the weights in {source} do not fit the model:\n  {shown}",
            "use the model and sensors that they belong to",
        )
    for name, tensor in own.items():
        tensor.copy_(tensors[name])


def optimizer_state(optimizer: Optimizer, model: nn.Module) -> tuple[dict[str, torch.Tensor], dict[str, Any]]:
    """The optimizer's state as `<parameter name>/<key>`: tensors, and what is no tensor (for JSON)."""
    names: dict[torch.Tensor, str] = {parameter: name for name, parameter in model.named_parameters()}
    tensors: dict[str, torch.Tensor] = {}
    others: dict[str, Any] = {}
    for parameter, state in optimizer.state.items():
        for key, value in state.items():
            (tensors if isinstance(value, torch.Tensor) else others)[f"{names[parameter]}{_SEPARATOR}{key}"] = value
    return tensors, others


def restore_optimizer(
    optimizer: Optimizer, model: nn.Module, tensors: Mapping[str, torch.Tensor], others: Mapping[str, Any]
) -> None:
    """Give an optimizer the state that :func:`optimizer_state` took. Its settings (learning rate ...) stay its own.

    Raises:
        DataError: for state of a parameter that the model does not have.
    """
    names = {parameter: name for name, parameter in model.named_parameters()}
    current = optimizer.state_dict()
    numbers = {
        names[parameter]: number
        for group, packed in zip(optimizer.param_groups, current["param_groups"], strict=True)
        for parameter, number in zip(group["params"], packed["params"], strict=True)
    }
    state: dict[int, dict[str, Any]] = {}
    copies = {key: tensor.clone() for key, tensor in tensors.items()}
    for key, value in {**copies, **others}.items():
        name, _, entry = key.rpartition(_SEPARATOR)
        if name not in numbers:
            raise DataError(f"the optimizer's state has {key!r}, but the model has no trained parameter {name!r}")
        state.setdefault(numbers[name], {})[entry] = value
    optimizer.load_state_dict({"state": state, "param_groups": current["param_groups"]})
