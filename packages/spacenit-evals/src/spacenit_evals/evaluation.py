"""One evaluation: a model, and what it is compared with, on a benchmark by some protocols."""

from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import torch
from attrs import evolve, field, frozen

from spacenit_core.contracts.build import build
from spacenit_core.errors import UserError
from spacenit_core.kinds.benchmarks import Benchmark, BenchmarkConfig
from spacenit_core.kinds.embedders import EmbedderConfig
from spacenit_core.kinds.protocols import PROTOCOLS, ProtocolConfig
from spacenit_core.kinds.tasks import Task
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.text import listed
from spacenit_evals.benchmarks.divided import divided
from spacenit_evals.cache import EmbeddingCache, usual_cache
from spacenit_evals.checkpoint import TrainedRun, load_evaluated
from spacenit_evals.division import Division
from spacenit_evals.embedders.encoder import ModelEncoder
from spacenit_evals.embedders.of_baselines import build_embedder
from spacenit_evals.embeddings import Embeddings, Keeping, Progress
from spacenit_evals.ground_overlap import seen_ground
from spacenit_evals.judges.by_task import primary_of
from spacenit_evals.names import benchmark_name, embedder_name, protocol_name
from spacenit_evals.origins import Origin, now, origin_of
from spacenit_evals.predictions import Predictions
from spacenit_evals.scoring import PRETRAINED, PRIMARY, Score, fits_of, predict, scores_of, tested_of

if TYPE_CHECKING:
    from spacenit_evals.store import ResultStore

USUAL_BENCHMARK = "labelled_rasters"
"""The benchmark whose reports need not name it: their other facts do."""

PATCH_SIZE = 4
"""Cells along one side of a patch, where nothing else is said and a model leaves it open."""


@frozen(kw_only=True)
class Report:
    """What an evaluation found.

    Attributes:
        run: the model's name.
        step: updates that it was trained for; None where nothing says so.
        scores: one per protocol and kind of features.
        task: what is predicted.
        primary: the metric of differences and draws.
        origin: what they depend on, for programs.
        facts: what the numbers depend on: window, block, numbers of points ...
        predictions: protocol -> what it predicted, so that runs can be compared point by point.
    """

    run: str
    step: int | None
    scores: tuple[Score, ...]
    task: Task = "classification"
    primary: str = PRIMARY
    origin: Origin = field(factory=Origin, eq=False)
    facts: dict[str, object] = field(factory=dict)
    predictions: dict[str, Predictions] = field(factory=dict, eq=False, repr=False)

    def score(self, probe: str, features: str) -> Score:
        """One of the scores."""
        return next(score for score in self.scores if (score.probe, score.features) == (probe, features))


def evaluate(
    model: TrainedRun | EmbedderConfig | Path | str,
    benchmark: BenchmarkConfig,
    protocol: ProtocolConfig | Mapping[str, ProtocolConfig],
    *,
    beside: Mapping[str, EmbedderConfig] | None = None,
    division: Division | None = None,
    patch_size: int = PATCH_SIZE,
    device: torch.device | str = "cpu",
    progress: Progress | None = None,
    fits: Progress | None = None,
    cache: EmbeddingCache | None = None,
    store: "ResultStore | None" = None,
) -> Report:
    """Evaluate a model on a benchmark.

    All embedders get the same samples: those of the benchmark, with what the model takes of them.

    Example:
        ``evaluate("my_run", LabelledRasters(labels=("labels.tif",)), KNN(k=5), beside={"raw_pixels": RawPixels()})``

    Args:
        model: a run, a released model or an exported encoder, from wherever `spacenit_core.load_model` takes one; or an
            embedder, which needs no model of ours.
        benchmark: what it is evaluated on.
        protocol: how; several by name.
        beside: what it is compared with, by name.
        division: folds of groups, or fewer labels, in place of the benchmark's own division.
        patch_size: cells along one side of a patch, for models that leave it open.
        device: where to compute; a `TrainedRun` stays where it is.
        progress: told how many samples are embedded.
        fits: told how often a protocol was fitted.
        cache: where vectors are kept; the folder that SPACENIT_EMBEDDING_CACHE names if unset, or nowhere.
        store: finished evaluations; one that is in there is not computed again, a new one is put there.

    Raises:
        UserError: where model, benchmark and protocols do not fit each other.
        DataError: where data or labels cannot be read.
    """
    _check_configs(benchmark, protocol, beside or {})
    protocols = {protocol_name(protocol): protocol} if isinstance(protocol, ProtocolConfig) else protocol
    _check_tasks(benchmark, protocols)
    run, first, reference = _subject(model, device)
    if reference in (beside or {}):
        raise UserError(
            f"the evaluated model's features are called {reference}, and so is something beside it",
            "give that another name",
        )
    division = division or Division()
    _check_division(benchmark, division)
    whole = divided(_opened(benchmark, run, first, patch_size), division)
    configs = {reference: first, **(beside or {})}
    origin = origin_of(benchmark, whole, protocols, configs, run, division)
    if store is not None and (finished := store.find(origin.key)) is not None:
        return finished
    embedders = {name: build_embedder(config, run, whole.inputs) for name, config in configs.items()}
    embeddings = Embeddings(whole, embedders, progress, _keeping(cache or usual_cache(), origin, configs, whole, run))
    settled = whole.settled(embeddings.held)
    facts, splits = settled.facts, sum(len(draw) for draw in settled.draws)
    fitted = _counted(fits, fits_of(protocols) * len(embedders) * splits)
    told = {"benchmark": origin.benchmark, "version": facts.version, "codes": list(facts.codes)}
    predictions = {
        name: predict(config, embedders, settled, embeddings, fitted, told) for name, config in protocols.items()
    }
    scores = [score for name, found in predictions.items() for score in scores_of(name, found, facts.codes, reference)]
    report = Report(
        run=reference if run is None else run.name,
        step=None if run is None else run.step,
        scores=tuple(scores),
        task=facts.task,
        primary=primary_of(facts.task),
        origin=_finished(origin, settled, embeddings, predictions, run),
        facts=_named(origin.benchmark) | _facts(settled, run),
        predictions=predictions,
    )
    if store is not None:
        store.keep(report)
    return report


def _keeping(
    cache: EmbeddingCache | None,
    origin: Origin,
    configs: Mapping[str, EmbedderConfig],
    benchmark: Benchmark,
    run: TrainedRun | None,
) -> Keeping | None:
    """Where vectors are kept, where they are."""
    if cache is None:
        return None
    identities = {name: config.identity(run, benchmark.inputs) for name, config in configs.items()}
    return Keeping(cache=cache, benchmark=origin.benchmark, identities=identities)


def _finished(
    origin: Origin,
    benchmark: Benchmark,
    embeddings: Embeddings,
    predictions: Mapping[str, Predictions],
    run: TrainedRun | None,
) -> Origin:
    """An origin with what is known at the end: what it took, and what test ground the model was pretrained on."""
    models = {name: evolve(model, seconds=embeddings.seconds[name]) for name, model in origin.models.items()}
    if run is not None and PRETRAINED in models:
        near = seen_ground(run.experiment, embeddings.latlon(benchmark.numbers[tested_of(benchmark)]))
        models[PRETRAINED] = evolve(models[PRETRAINED], seen=near or models[PRETRAINED].seen)
    seconds = {name: dict(found.seconds) for name, found in predictions.items()}
    return evolve(origin, models=models, seconds=seconds, time=now())


def _check_configs(benchmark: object, protocol: object, beside: Mapping[str, EmbedderConfig]) -> None:
    """Refuse what is no config, and names that a file of predictions cannot hold."""
    if not isinstance(benchmark, BenchmarkConfig):
        raise UserError(f"a benchmark is a config, LabelledRasters(labels=...), not {benchmark!r}")
    several = isinstance(protocol, Mapping) and all(isinstance(one, ProtocolConfig) for one in protocol.values())
    if not isinstance(protocol, ProtocolConfig) and not (several and protocol):
        raise UserError(f'a protocol is a config, KNN(k=5), or several by name, {{"knn": KNN()}}, not {protocol!r}')
    for name in (*beside, *(protocol if isinstance(protocol, Mapping) else ())):
        if not name or "/" in name:
            raise UserError(f"{name!r} cannot name a row of a report", "give a name without /")


def _check_division(benchmark: BenchmarkConfig, division: Division) -> None:
    """Refuse folds that do not keep windows apart."""
    if division.folds is not None and benchmark_name(benchmark) == USUAL_BENCHMARK:
        raise UserError(
            f"{division.folds} folds of whole groups would leave windows that overlap on both sides",
            "labelled rasters have folds of their own{folds}",
            things=("folds",),
        )


def _check_tasks(benchmark: BenchmarkConfig, protocols: Mapping[str, ProtocolConfig]) -> None:
    """Refuse protocols that cannot predict what the benchmark asks for, before anything is read."""
    task = benchmark.predicts
    for name, config in protocols.items():
        if task not in config.tasks:
            able = [entry for entry in PROTOCOLS.names() if task in PROTOCOLS.get(entry).tasks]
            raise UserError(
                f"{name} predicts {listed(config.tasks)}, and {benchmark_name(benchmark)} asks for {task}",
                f"choose another protocol: {', '.join(able)}" if able else "choose another benchmark",
            )


def _subject(
    model: TrainedRun | EmbedderConfig | Path | str, device: torch.device | str
) -> tuple[TrainedRun | None, EmbedderConfig, str]:
    """The model, where there is one of ours, what embeds, and what its features are called."""
    if isinstance(model, EmbedderConfig):
        return None, model, embedder_name(model)
    run = model if isinstance(model, TrainedRun) else load_evaluated(model, device)
    return run, ModelEncoder(), PRETRAINED


def _opened(benchmark: BenchmarkConfig, run: TrainedRun | None, first: EmbedderConfig, patch_size: int) -> Benchmark:
    config = benchmark.for_run({} if run is None else run.experiment)
    takes = first.takes(run, patch_size)
    if takes is None:
        takes = ModelInputs(sensors=config.offers(), patch_size=patch_size)
    opened: Benchmark = build(config, takes)
    return opened


def _counted(told: Progress | None, total: int) -> Callable[[], None]:
    """A call that counts itself."""
    number = count(1)
    return lambda: told(next(number), total) if told is not None else None


def _named(name: str) -> dict[str, object]:
    return {} if name == USUAL_BENCHMARK else {"benchmark": name}


def _facts(benchmark: Benchmark, run: TrainedRun | None) -> dict[str, object]:
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
