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
from spacenit_evals.splits import numbered, spatial_blocks, split_blocks, touches

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
        train_share: share of the blocks to train on.
        seed: of the split and of the resampling.
    """

    probes: Mapping[str, ProbeConfig]
    baselines: Mapping[str, BaselineConfig]
    window: int
    patch_size: int
    block: float
    train_share: float = 0.5
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


@frozen(kw_only=True, eq=False)
class Task:
    """Labelled points with their split.

    Attributes:
        points: n points.
        blocks: int ``[n]``, the block of each.
        train: bool ``[n]``, points to train on.
        test: bool ``[n]``, points to test on.
    """

    points: LabelledPoints
    blocks: np.ndarray
    train: np.ndarray
    test: np.ndarray


def split_points(points: LabelledPoints, windows: Windows, protocol: Protocol, metres_per_cell: float) -> Task:
    """Split labelled points by blocks; test points whose window reaches into a training block are left out.

    Raises:
        UserError: if no split has every class on both sides.
    """
    blocks = spatial_blocks(points.x, points.y, points.region, protocol.block)
    number = numbered(blocks)
    train = split_blocks(number, points.label, protocol.train_share, protocol.seed)
    middle_x = points.x + (windows.column + windows.cells / 2 - points.column - 0.5) * metres_per_cell
    middle_y = points.y - (windows.row + windows.cells / 2 - points.row - 0.5) * metres_per_cell
    reach = windows.cells * metres_per_cell / 2
    near = touches(middle_x, middle_y, points.region, protocol.block, reach, np.unique(blocks[train], axis=0))
    test = ~train & ~near
    lost = set(np.unique(points.label)) - set(np.unique(points.label[test]))
    if lost:
        raise UserError(
            f"with windows of {protocol.window} cells and blocks of {protocol.block:g} m no test point of class "
            f"{points.codes[min(lost)]} is clear of the training blocks",
            "choose smaller windows (--window), larger blocks (--block) or another --seed",
        )
    return Task(points=points, blocks=number, train=train, test=test)


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
    points = task.points
    truth = points.label[task.test]
    bootstrap = BlockBootstrap(task.blocks[task.test], len(points.codes), seed=protocol.seed)
    scores, best = [], np.zeros(0, dtype=np.int64)
    for kind, vectors in features.items():
        predicted = probe.build().fit_predict(
            vectors[task.train], points.label[task.train], vectors[task.test], task.blocks[task.train]
        )
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


def _facts(protocol: Protocol, dataset: H5Tiles, task: Task) -> dict[str, object]:
    """What a reader has to know to repeat the numbers."""
    return {
        "data": str(dataset.folder),
        "sensors": list(dataset.sensors.names),
        "window": protocol.window,
        "patch_size": protocol.patch_size,
        "block_metres": protocol.block,
        "train_share": protocol.train_share,
        "seed": protocol.seed,
        "classes": list(task.points.codes),
        "train_points": int(task.train.sum()),
        "train_blocks": len(np.unique(task.blocks[task.train])),
        "test_points": int(task.test.sum()),
        "test_blocks": len(np.unique(task.blocks[task.test])),
        "labels_outside": task.points.outside,
        "points_near_training": int((~task.train & ~task.test).sum()),
    }
