"""Evaluation: benchmarks, embedders, protocols, splits, metrics and reports.

The public names below are imported at first use: the command line imports this package and must not pay for torch.
"""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spacenit_evals.evaluation import evaluate as evaluate
    from spacenit_evals.results.found import Report as Report

_HOMES = {"Report": "spacenit_evals.results.found", "evaluate": "spacenit_evals.evaluation"}

__all__ = sorted(_HOMES)


def __getattr__(name: str) -> Any:
    if name not in _HOMES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_HOMES[name]), name)


def __dir__() -> list[str]:
    return sorted([*globals(), *_HOMES])
