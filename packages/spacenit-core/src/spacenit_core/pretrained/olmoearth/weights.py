"""Reading the weights of OlmoEarth Pretrain: `weights.pth`, without running anything that is in it."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import torch
from torch import Tensor, nn

from spacenit_core.checkpoint.names import mismatches, unwrapped
from spacenit_core.errors import DataError, UserError
from spacenit_core.nn.encodings import month_table
from spacenit_core.pretrained.olmoearth.names import LEGACY, WeightMap
from spacenit_core.torch_files import read_torch_file

_SHOWN = 12
_OTHER_CONFIG = "use the config.json that they came with"


def read_weights(path: Path) -> dict[str, Tensor]:
    """The tensors of a file that `torch.save` wrote, on the CPU. Only tensors are read; nothing in it is executed.

    Raises:
        DataError: where it is absent, damaged, or holds something else than tensors by name.
    """
    content = read_torch_file(path)
    wrong = [name for name, value in _items(content) if not isinstance(name, str) or not isinstance(value, Tensor)]
    if wrong or not isinstance(content, dict):
        what = f"{wrong[0]!r} is no tensor" if wrong else f"it holds a {type(content).__name__}"
        inner = next((name for name, value in _items(content) if isinstance(value, dict) and value), None)
        hint = None if inner is None else f"the weights may be its entry {inner!r}: save that alone"
        raise DataError(f"{path} is not a mapping from names to tensors: {what}", hint)
    return content


def _items(content: Any) -> list[tuple[Any, Any]]:
    return list(content.items()) if isinstance(content, dict) else []


def fitting(
    theirs: Mapping[str, Tensor], shapes: Mapping[str, tuple[int, ...]], source: Path | str
) -> dict[str, Tensor]:
    """Compare the weights of a file with what the config asks for.

    Args:
        theirs: the file's tensors.
        shapes: name -> shape of what is needed.
        source: where they come from, for messages.

    Returns:
        The tensors without those that nothing reads, and without what wrappers added to their names.

    Raises:
        UserError: with everything that differs.
    """
    theirs = {name: tensor for name, tensor in unwrapped(theirs, shapes).items() if not LEGACY.search(name)}
    names = mismatches(theirs, shapes)
    problems = [
        f"{name} has shape {list(theirs[name].shape)}, the config asks for {list(shape)}"
        for name, shape in shapes.items()
        if name in theirs and tuple(theirs[name].shape) != shape
    ]
    problems += [f"{name} holds {theirs[name].dtype}" for name in theirs if not theirs[name].is_floating_point()]
    if not names and not problems:
        problems = [f"{name} holds NaN or infinity" for name in theirs if not bool(theirs[name].isfinite().all())]
    if not names and not problems:
        problems = [
            f"{name} differs from the table of months" for name in theirs if _is_other_table(name, theirs[name])
        ]
    if names or problems:
        more = [f"and {len(problems) - _SHOWN} more"] if len(problems) > _SHOWN else []
        listed = "\n  ".join([*names, *problems[:_SHOWN], *more])
        strange = all(name not in shapes for name in theirs)
        raise UserError(
            f"the weights in {source} do not fit its config:\n  {listed}",
            "no name fits: name them as the model that was released names its own" if strange else _OTHER_CONFIG,
        )
    return theirs


def _is_other_table(name: str, tensor: Tensor) -> bool:
    if not name.endswith("month_embed.weight"):
        return False
    # Weights may be stored in half precision.
    table = month_table(tensor.shape[1]).to(tensor.dtype)
    return not torch.allclose(tensor.float(), table.float(), atol=1e-5, rtol=0)


@torch.no_grad()
def copy_weights(model: nn.Module, theirs: Mapping[str, Tensor], names: WeightMap) -> None:
    """Give a model of ours their weights, which fit."""
    for name, tensor in model.state_dict().items():
        tensor.copy_(names.to_own(name, theirs))
