"""Names of weights: those that a wrapper gave, and what is said of names that do not fit."""

from collections import Counter
from collections.abc import Collection, Mapping, Sequence
from typing import TypeVar

T = TypeVar("T")

WRAPPERS = ("module", "_orig_mod", "_fsdp_wrapped_module", "_checkpoint_wrapped_module")
"""What DistributedDataParallel, `torch.compile` and others put into the names of what they wrap, at any depth."""

_SHOWN = 6


def unwrapped(tensors: Mapping[str, T], needed: Collection[str]) -> dict[str, T]:
    """The same tensors, under the names that are needed where a wrapper alone makes the difference.

    A name that fits stays, and so does one that two needed names, or two given ones, could stand for.
    """
    wanted, given = ({name: _bare(name) for name in names} for names in (needed, tensors))
    full = {bare: name for name, bare in wanted.items()}
    shared = {bare for bares in (wanted, given) for bare, count in Counter(bares.values()).items() if count > 1}
    return {
        name if name in wanted or bare in shared else full.get(bare, name): tensors[name]
        for name, bare in given.items()
    }


def mismatches(given: Collection[str], needed: Collection[str]) -> list[str]:
    """What is wrong with the names of weights: a line for each of the first that are missing, and that are too many."""
    missing = _lines([name for name in needed if name not in given], "missing")
    return [*missing, *_lines([name for name in given if name not in needed], "not part of this model")]


def _bare(name: str) -> str:
    return ".".join(part for part in name.split(".") if part not in WRAPPERS)


def _lines(names: Sequence[str], what: str) -> list[str]:
    more = [f"and {len(names) - _SHOWN} more that are {what}"] if len(names) > _SHOWN else []
    return [*(f"{name} is {what}" for name in names[:_SHOWN]), *more]
