"""One evaluation: windows around labelled points, features, probes, scores with confidence intervals."""

from collections.abc import Mapping

import numpy as np
from attrs import evolve, field, frozen

from spacenit_core.errors import UserError
from spacenit_core.kinds.baselines import BaselineConfig, FeatureExtractor
from spacenit_core.kinds.probes import ProbeConfig
from spacenit_data.datasets.h5_tiles import H5Tiles
from spacenit_evals.bootstrap import BlockBootstrap, Interval
from spacenit_evals.checkpoint import TrainedRun
from spacenit_evals.features import EncoderFeatures, Progress, Windows, extract
from spacenit_evals.labels import LabelledPoints
from spacenit_evals.metrics import METRICS, confusion
from spacenit_evals.splits import fold_blocks, numbered, spatial_blocks, split_blocks, touches

PRIMARY = "balanced accuracy"
"""The metric of differences."""

PRETRAINED = "pretrained"
"""The name of the trained encoder among the features of a report."""


@frozen(kw_only=True)
class Protocol:
    """How an evaluation is done; two results are comparable where it is the same.

    Attributes:
        probes: name -> config.
        baselines: name -> config.
        window: cells along one side of the window around a point.
        patch_size: cells along one side of a patch.
        block: side of a block of ground in metres; training and test points lie in different blocks.
        train_share: share of the blocks to train on, in one split.
        folds: instead of one split, parts of the blocks that are tested in turn; None for one split.
        seed: of the splits and of the resampling.
    """

    probes: Mapping[str, ProbeConfig]
    baselines: Mapping[str, BaselineConfig]
    window: int
    patch_size: int
    block: float
    train_share: float = 0.5
    folds: int | None = None
    seed: int = 0


@frozen(kw_only=True)
class Score:
    """One probe on one kind of features.

    Attributes:
        probe: the probe's name.
        features: "pretrained" or the baseline's name.
        metrics: name -> score.
        gain: by how much the pretrained features are better (primary metric, paired); None for themselves.
        recall: label code -> share of the class's test points that were found.
    """

    probe: str
    features: str
    metrics: dict[str, Interval]
    gain: Interval | None
    recall: dict[int, float]


@frozen(kw_only=True)
class Report:
    """What an evaluation found.

    Attributes:
        run: the run's name.
        step: updates that it was trained for.
        scores: one per probe and kind of features.
        facts: what the numbers depend on: window, block, numbers of points ...
    """

    run: str
    step: int
    scores: tuple[Score, ...]
    facts: dict[str, object] = field(factory=dict)

    def score(self, probe: str, features: str) -> Score:
        """One of the scores."""
        return next(score for score in self.scores if (score.probe, score.features) == (probe, features))


@frozen(eq=False)
class Split:
    """One division of n points.

    Attributes:
        train: bool ``[n]``, points to train on.
        test: bool ``[n]``, points to test on.
    """

    train: np.ndarray
    test: np.ndarray


@frozen(kw_only=True, eq=False)
class Task:
    """Labelled points with their splits.

    Attributes:
        points: n points.
        blocks: int ``[n]``, the block of each.
        splits: one split, or one per fold; no point is tested twice.
    """

    points: LabelledPoints
    blocks: np.ndarray
    splits: tuple[Split, ...]

    @property
    def tested(self) -> np.ndarray:
        """Which points are tested, bool ``[n]``."""
        return np.any([split.test for split in self.splits], axis=0)


def split_points(points: LabelledPoints, windows: Windows, protocol: Protocol, metres_per_cell: float) -> Task:
    """Split labelled points by blocks; test points whose window reaches into a training block are left out.

    Raises:
        UserError: if blocks or folds do not fit the labels.
    """
    blocks = spatial_blocks(points.x, points.y, points.region, protocol.block)
    number = numbered(blocks)
    if protocol.folds is None:
        parts = [split_blocks(number, points.label, protocol.train_share, protocol.seed)]
    else:
        fold = fold_blocks(number, points.label, protocol.folds, protocol.seed)
        parts = [fold != part for part in range(protocol.folds)]
    middle_x = points.x + (windows.column + windows.cells / 2 - points.column - 0.5) * metres_per_cell
    middle_y = points.y - (windows.row + windows.cells / 2 - points.row - 0.5) * metres_per_cell
    reach = windows.cells * metres_per_cell / 2
    splits = []
    for train in parts:
        used = np.unique(blocks[train], axis=0)
        near = touches(middle_x, middle_y, points.region, protocol.block, reach, used)
        splits.append(Split(train, ~train & ~near))
    task = Task(points=points, blocks=number, splits=tuple(splits))
    lost = set(np.unique(points.label)) - set(np.unique(points.label[task.tested]))
    if lost:
        raise UserError(
            f"with windows of {protocol.window} cells and blocks of {protocol.block:g} m no test point of class "
            f"{points.codes[min(lost)]} is clear of the training blocks",
            "choose smaller windows (--window), larger blocks (--block) or another --seed",
        )
    return task


def evaluate(
    run: TrainedRun, dataset: H5Tiles, points: LabelledPoints, protocol: Protocol, progress: Progress | None = None
) -> Report:
    """Evaluate a trained run beside its baselines.

    Args:
        run: the run.
        dataset: the set that the points lie in, opened with the sensors that the encoders shall see.
        points: labelled points.
        protocol: how to evaluate.
        progress: told how many windows are done.

    Raises:
        UserError: if windows or blocks do not fit the data.
    """
    windows = Windows.around(
        points.sample, points.row, points.column, cells=protocol.window, tile_size=dataset.tile_size or 1
    )
    task = split_points(points, windows, protocol, dataset.sensors.grid_gsd)
    device = next(run.model.parameters()).device
    extractors: dict[str, FeatureExtractor] = {PRETRAINED: EncoderFeatures(run.encoder, device)}
    extractors |= {name: baseline.build(run) for name, baseline in protocol.baselines.items()}
    features = extract(dataset, windows, extractors, patch_size=protocol.patch_size, progress=progress)
    scores = [
        score for name, probe in protocol.probes.items() for score in _score(name, probe, features, task, protocol)
    ]
    facts = _facts(protocol, dataset, task)
    return Report(run=run.name, step=run.step, scores=tuple(scores), facts=facts)


def _score(
    name: str, probe: ProbeConfig, features: Mapping[str, np.ndarray], task: Task, protocol: Protocol
) -> list[Score]:
    """Scores of one probe on all features, the pretrained ones first."""
    points, tested = task.points, task.tested
    truth = points.label[tested]
    bootstrap = BlockBootstrap(task.blocks[tested], len(points.codes), seed=protocol.seed)
    scores, best = [], np.zeros(0, dtype=np.int64)
    for kind, vectors in features.items():
        predicted = _predict(probe, vectors, task)[tested]
        matrix = confusion(truth, predicted, len(points.codes))
        recall = np.diagonal(matrix) / np.maximum(matrix.sum(axis=1), 1)
        metrics = {metric: bootstrap.score(truth, predicted, function) for metric, function in METRICS.items()}
        score = Score(
            probe=name,
            features=kind,
            metrics=metrics,
            gain=None,
            recall={code: float(share) for code, share in zip(points.codes, recall, strict=True)},
        )
        if kind == PRETRAINED:
            best = predicted
        else:
            score = evolve(score, gain=bootstrap.difference(truth, best, predicted, METRICS[PRIMARY]))
        scores.append(score)
    return scores


def _predict(probe: ProbeConfig, vectors: np.ndarray, task: Task) -> np.ndarray:
    """The prediction for every point that is tested; -1 for the others."""
    predicted = np.full(len(task.points), -1, dtype=np.int64)
    for split in task.splits:
        labels, blocks = task.points.label[split.train], task.blocks[split.train]
        predicted[split.test] = probe.build().fit_predict(vectors[split.train], labels, vectors[split.test], blocks)
    return predicted


def _facts(protocol: Protocol, dataset: H5Tiles, task: Task) -> dict[str, object]:
    """What a reader has to know to repeat the numbers."""
    trained = np.any([split.train for split in task.splits], axis=0)
    facts: dict[str, object] = {
        "data": str(dataset.folder),
        "sensors": list(dataset.sensors.names),
        "window": protocol.window,
        "patch_size": protocol.patch_size,
        "block_metres": protocol.block,
        "folds": protocol.folds,
        "train_share": protocol.train_share if protocol.folds is None else None,
        "seed": protocol.seed,
        "classes": list(task.points.codes),
        "points": len(task.points),
        "labels_outside": task.points.outside,
        "train_points": int(trained.sum()),
        "train_blocks": len(np.unique(task.blocks[trained])),
        "test_points": int(task.tested.sum()),
        "test_blocks": len(np.unique(task.blocks[task.tested])),
    }
    return {name: value for name, value in facts.items() if value is not None}
