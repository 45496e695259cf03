"""One evaluation: windows around labelled points, features, probes, scores with confidence intervals."""

from collections.abc import Callable, Mapping
from functools import partial
from itertools import count
from pathlib import Path

import numpy as np
from attrs import field, frozen

from spacenit_core.contracts.build import build
from spacenit_core.errors import UserError
from spacenit_core.kinds.baselines import BaselineConfig, FeatureExtractor
from spacenit_core.kinds.probes import ProbeConfig
from spacenit_core.sensors.selection import SensorSet
from spacenit_data.datasets.h5_tiles import H5Tiles
from spacenit_evals.checkpoint import TrainedRun
from spacenit_evals.dates import DateCut, DateRule
from spacenit_evals.features import EncoderFeatures, Progress, WindowLocations, extract, tokens_present
from spacenit_evals.ground import squares_of
from spacenit_evals.labels import LabelledPoints
from spacenit_evals.predictions import Predictions
from spacenit_evals.scoring import PRETRAINED, Score, predict, scores_of
from spacenit_evals.splits import Split, draw_folds, draw_splits
from spacenit_evals.task import Task

_PRESENT = "tokens present"

_MANY_SQUARES = 5_000_000


@frozen(kw_only=True)
class EvaluationRules:
    """How an evaluation is done; two results are comparable where it is the same.

    Attributes:
        probes: name -> config.
        baselines: name -> config.
        window: cells along one side of the window around a point.
        patch_size: cells along one side of a patch.
        block: side of a block of ground in metres; training and test points lie in different blocks.
        train_share: share of the blocks to train on, in one split.
        folds: instead of one split, parts of the blocks that are tested in turn; None for one split.
        draws: draws of the training blocks, or of the folds; scores are means over them.
        seed: of the draws.
        dates: which dates are kept of series that are longer than the encoder takes.
    """

    probes: Mapping[str, ProbeConfig]
    baselines: Mapping[str, BaselineConfig]
    window: int
    patch_size: int
    block: float
    train_share: float = 0.5
    folds: int | None = None
    draws: int = 5
    seed: int = 0
    dates: DateRule = "last"


@frozen(kw_only=True)
class Report:
    """What an evaluation found.

    Attributes:
        run: the run's name.
        step: updates that it was trained for; None where nothing says so.
        scores: one per probe and kind of features.
        facts: what the numbers depend on: window, block, numbers of points ...
        predictions: probe -> what it predicted, so that runs can be compared point by point.
    """

    run: str
    step: int | None
    scores: tuple[Score, ...]
    facts: dict[str, object] = field(factory=dict)
    predictions: dict[str, Predictions] = field(factory=dict, eq=False, repr=False)

    def score(self, probe: str, features: str) -> Score:
        """One of the scores."""
        return next(score for score in self.scores if (score.probe, score.features) == (probe, features))


def split_points(points: LabelledPoints, windows: WindowLocations, rules: EvaluationRules) -> Task:
    """Split labelled points by blocks; windows that reach from one side to the other are left out.

    Raises:
        UserError: if windows, blocks or folds do not fit each other or the labels, or less than two classes are left.
    """
    if len(points.codes) < 2:
        only = f"all of the class {points.codes[0]}" if points.codes else "none at all"
        raise UserError(
            f"of the labelled windows {len(points)} hold pixels, {only}",
            "check what the samples and sensors{sensors} hold where the labels lie",
            things=("sensors",),
        )
    side = windows.cells * float(points.locations.gsd[points.locations.of(points.sample)].max())
    if not side <= rules.block:
        raise UserError(
            f"windows of {windows.cells} cells ({side:g} m) are wider than blocks of {rules.block:g} m",
            "choose smaller windows{window} or larger blocks{block}",
            things=("window", "block"),
        )
    squares = squares_of(points, windows, rules.block)
    # As fine as the cells, where the windows are not too many for that.
    fine = side / windows.cells if len(points) * (windows.cells + 1) ** 2 <= _MANY_SQUARES else side
    ground = partial(squares_of, points, windows, fine)
    if rules.folds is None:
        splits = draw_splits(squares, points.label, rules.train_share, rules.seed, rules.draws, ground)
        draws: tuple[tuple[Split, ...], ...] = tuple((split,) for split in splits)
    else:
        draws = draw_folds(squares, points.label, rules.folds, rules.seed, rules.draws, ground)
    return Task(points=points, blocks=squares.own, draws=draws)


def evaluate(
    run: TrainedRun,
    dataset: H5Tiles,
    points: LabelledPoints,
    rules: EvaluationRules,
    progress: Progress | None = None,
    fits: Progress | None = None,
) -> Report:
    """Evaluate a trained run beside its baselines.

    Points whose window holds no pixel are neither trained on nor tested.

    Args:
        run: the run.
        dataset: the set that the points lie in, opened with the sensors that the encoders shall see.
        points: labelled points.
        rules: how to evaluate.
        progress: told how many windows are done.
        fits: told how many probes are fitted.

    Raises:
        UserError: if windows or blocks do not fit the data.
    """
    given = points
    points = points.take(np.isin(points.sample, dataset.index.numbers))
    windows = WindowLocations.around(
        points.sample, points.row, points.column, cells=rules.window, tile_size=dataset.tile_size or 1
    )
    # What cannot be split is told before the windows are encoded.
    split_points(points, windows, rules)
    device = next(run.model.parameters()).device
    extractors: dict[str, FeatureExtractor] = {PRETRAINED: EncoderFeatures(run.encoder, device)}
    extractors |= {name: build(baseline, run) for name, baseline in rules.baselines.items()}
    cut = DateCut(run.encoder.config.max_sequence_length, rules.dates)
    features = extract(
        dataset,
        windows,
        {_PRESENT: tokens_present} | extractors,
        patch_size=rules.patch_size,
        cut=cut,
        progress=progress,
    )
    present: np.ndarray = features.pop(_PRESENT) > 0
    # What has no grid counts only where no sensor has one: coordinates and weather are no pixels.
    spatial = np.array([spec.spatial for spec in dataset.sensors])
    seen = np.any(present[:, spatial] if spatial.any() else present, axis=1)
    there = [name for name, some in zip(dataset.sensors.names, np.any(present[seen], axis=0), strict=True) if some]
    features = {name: vectors[seen] for name, vectors in features.items()}
    task = split_points(points.take(seen), windows.take(seen), rules)
    fitted = _counted(fits, len(rules.probes) * len(features) * len(task.splits))
    predictions = {name: predict(probe, features, task, fitted) for name, probe in rules.probes.items()}
    scores = [score for name, found in predictions.items() for score in scores_of(name, found, task.points.codes)]
    facts = _facts(rules, dataset.folder, there, task)
    if any(split.spared for split in task.splits):
        facts["windows_spared"] = "training windows that reach into test blocks stay, or a class would have none"
    facts |= _of_points(given, task.points) | _of_inputs(run, dataset.sensors, there, cut)
    return Report(run=run.name, step=run.step, scores=tuple(scores), facts=facts, predictions=predictions)


def _counted(told: Progress | None, total: int) -> Callable[[], None]:
    """A call that counts itself."""
    number = count(1)
    return lambda: told(next(number), total) if told is not None else None


def _of_points(given: LabelledPoints, scored: LabelledPoints) -> dict[str, object]:
    """What became of the labels, where something did."""
    remarks: dict[str, object] = {}
    if given.remarks:
        remarks["labels"] = "; ".join(given.remarks)
    if given.found > len(given):
        remarks["points_drawn"] = f"{len(given)} of {given.found} labelled points, at random"
    if len(given) > len(scored):
        remarks["points_without_pixels"] = len(given) - len(scored)
    if lost := sorted({*given.codes} - {*scored.codes}):
        remarks["classes_without_pixels"] = lost
    return remarks


def _of_inputs(run: TrainedRun, inputs: SensorSet, there: list[str], cut: DateCut) -> dict[str, object]:
    """What was done to the inputs, where something was."""
    remarks: dict[str, object] = {}
    left_out = [spec.name for spec in run.encoded_sensors if spec.name not in inputs]
    if left_out:
        remarks["inputs_left_out"] = f"{', '.join(left_out)}: the encoder saw them too; --sensor names inputs"
    absent = [name for name in inputs.names if name not in there]
    if absent:
        remarks["inputs_absent"] = f"{', '.join(absent)}: no labelled window holds any of their pixels"
    if cut.cut:
        remarks["dates"] = str(cut)
    if run.filled:
        remarks["mask_missing"] = "true, though the run says false: features must not depend on the batch"
    return remarks


def _facts(rules: EvaluationRules, folder: Path, sensors: list[str], task: Task) -> dict[str, object]:
    """What a reader has to know to repeat the numbers."""
    trained = [np.any([split.train for split in draw], axis=0) for draw in task.draws]
    tested = task.blocks[task.tested], task.points.label[task.tested]
    facts: dict[str, object] = {
        "data": str(folder),
        "sensors": sensors,
        "window": rules.window,
        "patch_size": rules.patch_size,
        "block_metres": rules.block,
        "folds": rules.folds,
        "train_share": rules.train_share if rules.folds is None else None,
        "draws": len(task.draws),
        "seed": rules.seed,
        "classes": list(task.points.codes),
        "class_names": [f"{code} {name}" for code, name in sorted(task.points.names.items())] or None,
        "points": len(task.points),
        "train_points": round(float(np.mean([mask.sum() for mask in trained]))),
        "train_blocks": round(float(np.mean([len(np.unique(task.blocks[mask])) for mask in trained]))),
        "test_points": int(task.tested.sum()),
        "test_blocks": len(np.unique(tested[0])),
        "test_blocks_of_classes": [
            len(np.unique(tested[0][tested[1] == label])) for label in range(len(task.points.codes))
        ],
    }
    return {name: value for name, value in facts.items() if value is not None}
