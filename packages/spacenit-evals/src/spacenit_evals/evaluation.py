"""One evaluation: a model, and what it is compared with, on a benchmark by some protocols."""

from collections.abc import Callable, Mapping
from itertools import count
from pathlib import Path
from typing import TYPE_CHECKING

import torch
from attrs import evolve

from spacenit_core.contracts.build import build
from spacenit_core.contracts.embedders import identity_of
from spacenit_core.errors import UserError
from spacenit_core.kinds.benchmarks import Benchmark, BenchmarkConfig
from spacenit_core.kinds.embedders import EmbedderConfig
from spacenit_core.kinds.protocols import ProtocolConfig
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_evals.benchmarks.divided import divided
from spacenit_evals.checkpoint import TrainedRun, load_evaluated
from spacenit_evals.division import Division
from spacenit_evals.embedders.encoder import ModelEncoder
from spacenit_evals.embedders.of_baselines import build_embedder
from spacenit_evals.fitting_parts import check_configs, check_division, check_tasks, check_trainable
from spacenit_evals.ground_overlap import seen_ground
from spacenit_evals.names import embedder_name, protocol_name
from spacenit_evals.results.facts import facts_of, named
from spacenit_evals.results.found import Report
from spacenit_evals.results.origins import Origin, now, origin_of
from spacenit_evals.results.predictions import Predictions
from spacenit_evals.scores.judges.by_task import primary_of
from spacenit_evals.scoring import PRETRAINED, fits_of, predict, scores_of, tested_of
from spacenit_evals.vectors.cache import EmbeddingCache, usual_cache
from spacenit_evals.vectors.embeddings import Embeddings, Keeping, Progress

if TYPE_CHECKING:
    from spacenit_evals.results.store import ResultStore

PATCH_SIZE = 4
"""Cells along one side of a patch, where nothing else is said and a model leaves it open."""


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
    check_configs(benchmark, protocol, beside or {})
    protocols = {protocol_name(protocol): protocol} if isinstance(protocol, ProtocolConfig) else protocol
    check_tasks(benchmark, protocols)
    run, first, reference = subject_of(model, device)
    if reference in (beside or {}):
        raise UserError(
            f"the evaluated model's features are called {reference}, and so is something beside it",
            "give that another name",
        )
    division = division or Division()
    check_division(benchmark, division)
    whole = divided(opened_for(benchmark, run, first, patch_size), division)
    configs = {reference: first, **(beside or {})}
    origin = origin_of(benchmark, whole, protocols, configs, run, division)
    if store is not None and (finished := store.find(origin.key)) is not None:
        return finished
    embedders = {name: build_embedder(config, run, whole.inputs) for name, config in configs.items()}
    check_trainable(protocols, embedders)
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
        facts=named(origin.benchmark) | facts_of(settled, run),
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
    identities = {name: identity_of(config, run, benchmark.inputs) for name, config in configs.items()}
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


def subject_of(
    model: TrainedRun | EmbedderConfig | Path | str, device: torch.device | str
) -> tuple[TrainedRun | None, EmbedderConfig, str]:
    """The model, where there is one of ours, what embeds, and what its features are called."""
    if isinstance(model, EmbedderConfig):
        return None, model, embedder_name(model)
    run = model if isinstance(model, TrainedRun) else load_evaluated(model, device)
    return run, ModelEncoder(), PRETRAINED


def opened_for(benchmark: BenchmarkConfig, run: TrainedRun | None, first: EmbedderConfig, patch_size: int) -> Benchmark:
    """A benchmark for what a model takes, or with what it offers where that takes anything."""
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
