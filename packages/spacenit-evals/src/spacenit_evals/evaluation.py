"""One evaluation: windows around labelled points, features, probes, scores with confidence intervals."""

from collections.abc import Mapping

import numpy as np
from attrs import evolve, field, frozen

from spacenit_core.errors import UserError
from spacenit_core.kinds.baselines import BaselineConfig, FeatureExtractor
from spacenit_core.kinds.probes import ProbeConfig
from spacenit_data.datasets.h5_tiles import H5Tiles
from spacenit_evals.checkpoint import TrainedRun
from spacenit_evals.dates import DateCut, DateRule
from spacenit_evals.features import EncoderFeatures, Progress, Windows, extract, tokens_present
from spacenit_evals.ground import squares_of
from spacenit_evals.intervals import BlockIntervals, Interval
from spacenit_evals.labels import LabelledPoints
from spacenit_evals.metrics import METRICS, confusion
from spacenit_evals.splits import Split, draw_folds, draw_split

PRIMARY = "balanced accuracy"
"""The metric of differences."""

PRETRAINED = "pretrained"
"""The name of the trained encoder among the features of a report."""

_PRESENT = "tokens present"


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
        seed: of the splits.
        dates: which dates are kept of series that are longer than the encoder takes.
    """

    probes: Mapping[str, ProbeConfig]
    baselines: Mapping[str, BaselineConfig]
    window: int
    patch_size: int
    block: float
    train_share: float = 0.5
    folds: int | None = None
    seed: int = 0
    dates: DateRule = "last"


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


def split_points(points: LabelledPoints, windows: Windows, protocol: Protocol) -> Task:
    """Split labelled points by blocks; windows that reach from one side to the other are left out.

    Raises:
        UserError: if windows, blocks or folds do not fit each other or the labels.
    """
    side = windows.cells * float(points.places.gsd[points.places.of(points.sample)].max())
    if side > protocol.block:
        raise UserError(
            f"windows of {windows.cells} cells ({side:g} m) are wider than blocks of {protocol.block:g} m",
            "choose smaller windows (--window) or larger blocks (--block)",
        )
    squares = squares_of(points, windows, protocol.block)
    if protocol.folds is None:
        splits: tuple[Split, ...] = (draw_split(squares, points.label, protocol.train_share, protocol.seed),)
    else:
        splits = draw_folds(squares, points.label, protocol.folds, protocol.seed)
    return Task(points=points, blocks=squares.own, splits=splits)


def evaluate(
    run: TrainedRun, dataset: H5Tiles, points: LabelledPoints, protocol: Protocol, progress: Progress | None = None
) -> Report:
    """Evaluate a trained run beside its baselines.

    Points whose window holds no pixel are neither trained on nor tested.

    Args:
        run: the run.
        dataset: the set that the points lie in, opened with the sensors that the encoders shall see.
        points: labelled points.
        protocol: how to evaluate.
        progress: told how many windows are done.

    Raises:
        UserError: if windows or blocks do not fit the data.
    """
    given = len(points)
    points = points.take(np.isin(points.sample, dataset.index.numbers))
    windows = Windows.around(
        points.sample, points.row, points.column, cells=protocol.window, tile_size=dataset.tile_size or 1
    )
    # What cannot be split is told before the windows are encoded.
    split_points(points, windows, protocol)
    device = next(run.model.parameters()).device
    extractors: dict[str, FeatureExtractor] = {PRETRAINED: EncoderFeatures(run.encoder, device)}
    extractors |= {name: baseline.build(run) for name, baseline in protocol.baselines.items()}
    cut = DateCut(run.encoder.config.max_sequence_length, protocol.dates)
    features = extract(
        dataset,
        windows,
        {_PRESENT: tokens_present} | extractors,
        patch_size=protocol.patch_size,
        cut=cut,
        progress=progress,
    )
    seen = features.pop(_PRESENT)[:, 0] > 0
    features = {name: vectors[seen] for name, vectors in features.items()}
    task = split_points(points.take(seen), windows.take(seen), protocol)
    scores = [score for name, probe in protocol.probes.items() for score in _score(name, probe, features, task)]
    facts = _facts(protocol, dataset, task)
    facts |= _remarks(run, cut, given - int(seen.sum()))
    return Report(run=run.name, step=run.step, scores=tuple(scores), facts=facts)


def _remarks(run: TrainedRun, cut: DateCut, without_pixels: int) -> dict[str, object]:
    """What was done to the inputs, where something was."""
    remarks: dict[str, object] = {}
    if without_pixels:
        remarks["points_without_pixels"] = f"{without_pixels}, not scored: their windows hold no whole patch of pixels"
    if cut.cut:
        remarks["dates"] = str(cut)
    if run.filled:
        remarks["mask_missing"] = "true, though the run says false: features must not depend on the batch"
    return remarks


def _score(name: str, probe: ProbeConfig, features: Mapping[str, np.ndarray], task: Task) -> list[Score]:
    """Scores of one probe on all features, the pretrained ones first."""
    points, tested = task.points, task.tested
    truth = points.label[tested]
    intervals = BlockIntervals(task.blocks[tested], len(points.codes))
    scores, best = [], np.zeros(0, dtype=np.int64)
    for kind, vectors in features.items():
        predicted = _predict(probe, vectors, task)[tested]
        matrix = confusion(truth, predicted, len(points.codes))
        recall = np.diagonal(matrix) / np.maximum(matrix.sum(axis=1), 1)
        metrics = {metric: intervals.score(truth, predicted, function) for metric, function in METRICS.items()}
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
            score = evolve(score, gain=intervals.difference(truth, best, predicted, METRICS[PRIMARY]))
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
        "train_points": int(trained.sum()),
        "train_blocks": len(np.unique(task.blocks[trained])),
        "test_points": int(task.tested.sum()),
        "test_blocks": len(np.unique(task.blocks[task.tested])),
    }
    return {name: value for name, value in facts.items() if value is not None}
