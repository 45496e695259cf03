"""The cells of a sweep: what is evaluated, on what, by which settings. None of them is refused for its settings."""

from collections.abc import Iterator, Sequence

from attrs import evolve, field, frozen

from spacenit_core.config.parsing import spelled
from spacenit_core.errors import UserError
from spacenit_core.kinds.benchmarks import BENCHMARKS, BenchmarkConfig
from spacenit_core.kinds.embedders import EmbedderConfig
from spacenit_core.kinds.protocols import ProtocolConfig
from spacenit_core.text import did_you_mean
from spacenit_evals.sweep.fitting import fitting, inputs_of
from spacenit_evals.sweep.judging import changed
from spacenit_evals.sweep.rates import SEVERAL, is_trained, rates_of, usual_rate, with_rates
from spacenit_evals.sweep.request import SweepRequest, SweptModel
from spacenit_evals.sweep.settings import choices, has, with_settings

POOLINGS = ("mean", "max")
_POOLING_FIELDS = ("pooling", "over_time")

EVALUATION_INTERVAL = 5
"""Epochs between two looks at the validation samples, where those choose."""


@frozen(kw_only=True)
class Cell:
    """One evaluation.

    Attributes:
        model: what is evaluated, with this cell's settings.
        task: the benchmark's name.
        benchmark: its settings.
        protocol: the protocol's name.
        judge: its settings.
        patch_size: cells along one side of a patch.
        label_fraction: share of the training samples.
        swept: what this cell sets, by name, as it is typed.
    """

    model: SweptModel
    task: str
    benchmark: BenchmarkConfig
    protocol: str
    judge: ProtocolConfig
    patch_size: int
    label_fraction: float = 1.0
    swept: dict[str, str] = field(factory=dict)


@frozen(kw_only=True)
class LeftOut:
    """A task that has no cells, and why."""

    model: str
    task: str
    why: str


def cells_of(request: SweepRequest) -> tuple[list[Cell], list[LeftOut]]:
    """All cells of a sweep, task by task, and the tasks that have none.

    Raises:
        UserError: for a task that is not installed.
    """
    cells: list[Cell] = []
    left: list[LeftOut] = []
    tasks = _tasks(request)
    for model in request.models:
        for task in tasks:
            benchmark = BENCHMARKS.get(task)()
            try:
                fit = fitting(model, _offered(benchmark, request), request.patch_size)
                cells += _cells(request, fit, task, _normalised(benchmark, fit, request))
            except UserError as error:
                left.append(LeftOut(model=model.name, task=task, why=error.message))
    return cells, left


def _tasks(request: SweepRequest) -> list[str]:
    """The names of the benchmarks, as they are installed."""
    for name in (*(request.tasks or ()), *request.skipped):
        if BENCHMARKS.canonical(name) not in BENCHMARKS.names():
            question = did_you_mean(name, BENCHMARKS.names())
            raise UserError(f"no task is called {name}{question and f'; {question}'}", "`spacenit-run evals list`")
    skipped = {BENCHMARKS.canonical(name) for name in request.skipped}
    if request.tasks is not None:
        names = [BENCHMARKS.canonical(name) for name in request.tasks]
    else:
        # What has no variable is for data of one's own, and needs settings.
        names = [name for name in BENCHMARKS.names() if BENCHMARKS.get(name).variable]
    return [name for name in dict.fromkeys(names) if name not in skipped]


def _offered(benchmark: BenchmarkConfig, request: SweepRequest) -> tuple[str, ...]:
    """The sensors that a benchmark holds.

    Raises:
        UserError: where nothing can be evaluated on it, or none of the protocols predicts what it asks for.
    """
    if not any(benchmark.predicts in protocol.tasks for protocol in request.protocols.values()):
        raise UserError(f"none of {', '.join(request.protocols)} predicts what it asks for, {benchmark.predicts}")
    return benchmark.handed_on()


def _cells(
    request: SweepRequest, model: SweptModel, task: str, benchmarks: Sequence[tuple[BenchmarkConfig, dict[str, str]]]
) -> Iterator[Cell]:
    for data, of_data in benchmarks:
        for embedder, of_embedder in _pooled(model.embedder, request.fixed):
            for protocol, judge in request.protocols.items():
                for rated, of_rate in _rated(judge, task, request) if data.predicts in judge.tasks else ():
                    name, whole = changed(protocol, rated, request.change)
                    yield Cell(
                        model=evolve(model, embedder=embedder),
                        task=task,
                        benchmark=data,
                        protocol=name,
                        judge=whole,
                        patch_size=request.patch_size,
                        label_fraction=request.label_fraction,
                        swept={**of_data, **of_embedder, **of_rate},
                    )


def _normalised(
    benchmark: BenchmarkConfig, model: SweptModel, request: SweepRequest
) -> list[tuple[BenchmarkConfig, dict[str, str]]]:
    """The benchmark with each of the statistics that images may be normalised by, where it leaves the choice.

    Raises:
        UserError: where the model can be evaluated on it by none of them.
    """
    chosen = [value for value in model.statistics if value in choices(benchmark, "statistics")]
    found: list[tuple[BenchmarkConfig, dict[str, str]]] = [(benchmark, {})]
    if chosen:
        found = [(with_settings(benchmark, statistics=value), {"statistics": value}) for value in chosen]
    fit, refusal = [], None
    for config, swept in found:
        try:
            if (takes := inputs_of(model, request.patch_size)) is not None:
                config.suits(takes)
            fit.append((config, swept))
        except UserError as error:
            refusal = error
    if refusal is not None and not fit:
        raise refusal
    return fit[:1] if request.fixed else fit


def _pooled(embedder: EmbedderConfig, fixed: bool) -> Iterator[tuple[EmbedderConfig, dict[str, str]]]:
    """The embedder with each way of pooling that it has."""
    name = next((name for name in _POOLING_FIELDS if has(embedder, name)), "")
    found = [value for value in POOLINGS if value in choices(embedder, name)]
    if not found:
        yield embedder, {}
    for value in [getattr(embedder, name)] if found and fixed else found:
        yield with_settings(embedder, **{name: value}), {name: value}


def _rated(judge: ProtocolConfig, task: str, request: SweepRequest) -> Iterator[tuple[ProtocolConfig, dict[str, str]]]:
    """The protocol with each learning rate, where it has any."""
    if not is_trained(judge):
        yield judge, {}
        return
    rates = (usual_rate(judge, task),) if request.defaults_only else rates_of(judge)
    if request.select_by_validation and has(judge, "evaluation_interval"):
        judge = with_settings(judge, evaluation_interval=EVALUATION_INTERVAL)
    together = request.select_by_validation and has(judge, SEVERAL)
    for chosen in [rates] if together else [(rate,) for rate in rates]:
        yield with_rates(judge, chosen), {"learning_rate": spelled(list(chosen) if len(chosen) > 1 else chosen[0])}
