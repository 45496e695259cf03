"""Evaluates the cells of a sweep; what is finished is not evaluated again."""

from collections.abc import Callable, Sequence
from pathlib import Path

import torch
from attrs import frozen

from spacenit_core.errors import SpaceNitError
from spacenit_evals.checkpoint import TrainedRun, load_evaluated
from spacenit_evals.division import Division
from spacenit_evals.evaluation import evaluate
from spacenit_evals.results.store import ResultStore
from spacenit_evals.scoring import PRETRAINED
from spacenit_evals.sweep.grid import Cell
from spacenit_evals.vectors.cache import EmbeddingCache, usual_cache

VECTORS = "vectors"
"""Folder of the vectors that cells share, in the folder of a sweep."""


@frozen(kw_only=True)
class Outcome:
    """What became of a cell.

    Attributes:
        cell: the cell.
        value: its primary score; None where there is none.
        problem: why there is none.
    """

    cell: Cell
    value: float | None = None
    problem: str = ""


def run_cells(
    cells: Sequence[Cell], folder: Path, device: torch.device | str, told: Callable[[int, Outcome], None]
) -> list[Outcome]:
    """Evaluate cells in turn. One that fails is told, and the others go on.

    Args:
        cells: of a sweep.
        folder: where results are kept, by what they depend on.
        device: where to compute.
        told: called with the number of each finished cell, from 1, and what became of it.
    """
    store, cache = ResultStore(folder), usual_cache() or EmbeddingCache(folder / VECTORS)
    loaded: dict[Path, TrainedRun] = {}
    outcomes = []
    for number, cell in enumerate(cells, 1):
        try:
            outcome = _evaluated(cell, store, cache, loaded, device)
        except SpaceNitError as error:
            outcome = Outcome(cell=cell, problem=error.message)
        outcomes.append(outcome)
        told(number, outcome)
        store.write_tables()
    return outcomes


def _evaluated(
    cell: Cell,
    store: ResultStore,
    cache: EmbeddingCache,
    loaded: dict[Path, TrainedRun],
    device: torch.device | str,
) -> Outcome:
    subject, checkpoint = cell.model.embedder, cell.model.checkpoint
    if checkpoint is not None and checkpoint not in loaded:
        loaded[checkpoint] = load_evaluated(checkpoint, device)
    report = evaluate(
        subject if checkpoint is None else loaded[checkpoint],
        cell.benchmark,
        {cell.protocol: cell.judge},
        embedder=None if checkpoint is None else subject,
        features=_features(cell),
        division=Division(fraction=cell.label_fraction),
        patch_size=cell.patch_size,
        device=device,
        store=store,
        cache=cache,
    )
    return Outcome(cell=cell, value=report.scores[0].metrics[report.primary].value)


def _features(cell: Cell) -> str:
    """What a cell's features are called: their settings tell them from those of other cells."""
    name = cell.model.name if cell.model.checkpoint is None else PRETRAINED
    own = [f"{key}={value}" for key, value in cell.swept.items() if hasattr(cell.model.embedder, key)]
    return f"{name} ({', '.join(own)})" if own else name
