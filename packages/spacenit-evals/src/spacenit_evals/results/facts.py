"""The facts that stand below a table of scores: what its numbers depend on, for people."""

import numpy as np

from spacenit_core.kinds.benchmarks import Benchmark
from spacenit_evals.checkpoint import TrainedRun
from spacenit_evals.scoring import tested_of

USUAL_BENCHMARK = "labelled_rasters"
"""The benchmark whose reports need not name it: their other facts do."""


def named(name: str) -> dict[str, object]:
    """The benchmark's name, where its other facts do not say it."""
    return {} if name == USUAL_BENCHMARK else {"benchmark": name}


def facts_of(benchmark: Benchmark, run: TrainedRun | None) -> dict[str, object]:
    """What a reader has to know to repeat the numbers, and what became of samples and inputs."""
    facts = benchmark.setup() | _of_splits(benchmark) | benchmark.remarks()
    if run is not None and run.filled:
        facts["mask_missing"] = "true, though the run says false: features must not depend on the batch"
    return facts


def _of_splits(benchmark: Benchmark) -> dict[str, object]:
    """How many samples and groups are trained on and tested; means over the draws."""
    trained = [np.any([split.train for split in draw], axis=0) for draw in benchmark.draws]
    tested = tested_of(benchmark)
    groups, facts, folds = benchmark.groups[tested], benchmark.facts, max(map(len, benchmark.draws))
    counted: dict[str, object] = ({"folds": folds} if folds > 1 else {}) | {
        "draws": len(benchmark.draws),
        "classes": list(facts.codes),
        "points": len(benchmark.labels),
        "train_points": round(float(np.mean([mask.sum() for mask in trained]))),
        "train_blocks": round(float(np.mean([len(np.unique(benchmark.groups[mask])) for mask in trained]))),
        "test_points": int(tested.sum()),
        "test_blocks": len(np.unique(groups)),
    }
    if facts.task == "classification":
        labels = np.asarray(benchmark.labels)[tested]
        of_classes = [np.flatnonzero(labels == label) for label in range(len(facts.codes))]
        counted["test_points_of_classes"] = [len(here) for here in of_classes]
        counted["test_blocks_of_classes"] = [len(np.unique(groups[here])) for here in of_classes]
    return counted
