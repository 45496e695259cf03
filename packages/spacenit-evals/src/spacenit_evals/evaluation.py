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
from spacenit_core.kinds.embedders import Embedder, EmbedderConfig
from spacenit_core.kinds.protocols import ProtocolConfig
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_evals.benchmarks.divided import divided
from spacenit_evals.checkpoint import TrainedRun, load_evaluated, usable_device
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
    embedder: EmbedderConfig | None = None,
    features: str | None = None,
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
        embedder: what embeds with a model of ours; its encoder as it was trained if unset.
        features: what the model's features are called in the report; "pretrained", or the embedder's name if unset.
        division: folds of groups, or fewer labels, in place of the benchmark's own division.
        patch_size: cells along one side of a patch, for models that leave it open.
        device: where to compute; a `TrainedRun` stays where it is, and an embedder where its own setting says.
        progress: told how many samples are embedded.
        fits: told how often a protocol was fitted.
        cache: where vectors are kept; the folder that SPACENIT_EMBEDDING_CACHE names if unset, or nowhere.
        store: finished evaluations; one that is in there is not computed again, a new one is put there.

    Raises:
        UserError: where model, benchmark and protocols do not fit each other.
        DataError: where data or labels cannot be read.
    """
    division = division or Division()
    protocols = _checked(benchmark, protocol, beside or {}, division)
    run, first, reference = subject_of(model, device, embedder, features)
    configs = _compared(reference, first, beside or {}, None if run is not None else device)
    whole = divided(opened_for(benchmark, run, first, patch_size), division)
    origin = origin_of(benchmark, whole, protocols, configs, run, division)
    if store is not None and (finished := store.find(origin.key)) is not None:
        return finished
    embedders = _built(configs, run, whole, protocols)
    embeddings = Embeddings(whole, embedders, progress, _keeping(cache or usual_cache(), origin, configs, whole, run))
    settled = whole.settled(embeddings.held)
    facts = settled.facts
    predictions = _predictions(protocols, embedders, settled, embeddings, fits, origin.benchmark)
    scores = [score for name, found in predictions.items() for score in scores_of(name, found, facts.codes, reference)]
    report = Report(
        run=reference if run is None else run.name,
        step=None if run is None else run.step,
        scores=tuple(scores),
        task=facts.task,
        primary=primary_of(facts.task),
        origin=_finished(origin, settled, embeddings, predictions, run, reference),
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
    reference: str,
) -> Origin:
    """An origin with what is known at the end: what it took, and what test ground the model was pretrained on."""
    models = {name: evolve(model, seconds=embeddings.seconds[name]) for name, model in origin.models.items()}
    if run is not None:
        near = seen_ground(run.experiment, embeddings.latlon(benchmark.numbers[tested_of(benchmark)]))
        models[reference] = evolve(models[reference], seen=near or models[reference].seen)
    seconds = {name: dict(found.seconds) for name, found in predictions.items()}
    return evolve(origin, models=models, seconds=seconds, time=now())


def _built(
    configs: Mapping[str, EmbedderConfig],
    run: TrainedRun | None,
    benchmark: Benchmark,
    protocols: Mapping[str, ProtocolConfig],
) -> dict[str, Embedder]:
    """All embedders, once they give what the protocols need."""
    embedders = {name: build_embedder(config, run, benchmark.inputs) for name, config in configs.items()}
    check_trainable(protocols, embedders)
    return embedders


def _predictions(
    protocols: Mapping[str, ProtocolConfig],
    embedders: Mapping[str, Embedder],
    benchmark: Benchmark,
    embeddings: Embeddings,
    fits: Progress | None,
    name: str,
) -> dict[str, Predictions]:
    """What each protocol predicts."""
    facts, splits = benchmark.facts, sum(len(draw) for draw in benchmark.draws)
    fitted = _counted(fits, fits_of(protocols) * len(embedders) * splits)
    told = {"benchmark": name, "version": facts.version, "codes": list(facts.codes)}
    return {key: predict(config, embedders, benchmark, embeddings, fitted, told) for key, config in protocols.items()}


def _placed(config: EmbedderConfig, device: torch.device | str) -> EmbedderConfig:
    """An embedder that computes where it is asked to, unless a setting of its own says where."""
    usable = usable_device(device)
    is_unset = getattr(config, "device", "") is None
    return evolve(config, device=str(usable)) if is_unset else config  # type: ignore[misc]


def _compared(
    reference: str,
    first: EmbedderConfig,
    beside: Mapping[str, EmbedderConfig],
    device: torch.device | str | None,
) -> dict[str, EmbedderConfig]:
    """All embedders by the names of their features, the evaluated one first; on a device, where one is named."""
    if reference in beside:
        raise UserError(
            f"the evaluated model's features are called {reference}, and so is something beside it",
            "give that another name",
        )
    configs = {reference: first, **beside}
    return configs if device is None else {name: _placed(config, device) for name, config in configs.items()}


def _checked(
    benchmark: BenchmarkConfig,
    protocol: ProtocolConfig | Mapping[str, ProtocolConfig],
    beside: Mapping[str, EmbedderConfig],
    division: Division,
) -> Mapping[str, ProtocolConfig]:
    """The protocols by name, once all fit together."""
    check_configs(benchmark, protocol, beside)
    protocols = {protocol_name(protocol): protocol} if isinstance(protocol, ProtocolConfig) else protocol
    check_tasks(benchmark, protocols)
    check_division(benchmark, division)
    return protocols


def subject_of(
    model: TrainedRun | EmbedderConfig | Path | str,
    device: torch.device | str,
    embedder: EmbedderConfig | None = None,
    features: str | None = None,
) -> tuple[TrainedRun | None, EmbedderConfig, str]:
    """The model, where there is one of ours, what embeds, and what its features are called.

    Raises:
        UserError: where two embedders are named, or there is no such model.
        DataError: where its files are damaged.
    """
    if isinstance(model, EmbedderConfig):
        if embedder is not None:
            raise UserError("an embedder is evaluated, and another one is to embed", "give one of the two")
        return None, model, features or embedder_name(model)
    run = model if isinstance(model, TrainedRun) else load_evaluated(model, device)
    return run, embedder or ModelEncoder(), features or PRETRAINED


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
    if told is not None:
        told(0, total)
    number = count(1)
    return lambda: told(next(number), total) if told is not None else None
