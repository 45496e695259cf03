"""Whether benchmark, protocols and division fit each other, asked before anything is read."""

from collections.abc import Mapping

from spacenit_core.errors import UserError
from spacenit_core.kinds.benchmarks import BenchmarkConfig
from spacenit_core.kinds.embedders import Embedder, EmbedderConfig, Trainable
from spacenit_core.kinds.protocols import PROTOCOLS, ProtocolConfig
from spacenit_core.text import listed
from spacenit_evals.division import Division
from spacenit_evals.names import benchmark_name
from spacenit_evals.results.facts import USUAL_BENCHMARK


def check_configs(benchmark: object, protocol: object, beside: Mapping[str, EmbedderConfig]) -> None:
    """Refuse what is no config, and names that a file of predictions cannot hold.

    Raises:
        UserError: for such a thing.
    """
    if not isinstance(benchmark, BenchmarkConfig):
        raise UserError(f"a benchmark is a config, LabelledRasters(labels=...), not {benchmark!r}")
    several = isinstance(protocol, Mapping) and all(isinstance(one, ProtocolConfig) for one in protocol.values())
    if not isinstance(protocol, ProtocolConfig) and not (several and protocol):
        raise UserError(f'a protocol is a config, KNN(k=5), or several by name, {{"knn": KNN()}}, not {protocol!r}')
    for name in (*beside, *(protocol if isinstance(protocol, Mapping) else ())):
        if not name or "/" in name:
            raise UserError(f"{name!r} cannot name a row of a report", "give a name without /")


def check_division(benchmark: BenchmarkConfig, division: Division) -> None:
    """Refuse folds that do not keep windows apart.

    Raises:
        UserError: for folds of labelled rasters.
    """
    if division.folds is not None and benchmark_name(benchmark) == USUAL_BENCHMARK:
        raise UserError(
            f"{division.folds} folds of whole groups would leave windows that overlap on both sides",
            "labelled rasters have folds of their own{folds}",
            things=("folds",),
        )


def check_tasks(benchmark: BenchmarkConfig, protocols: Mapping[str, ProtocolConfig]) -> None:
    """Refuse protocols that cannot predict what the benchmark asks for, before anything is read.

    Raises:
        UserError: for such a protocol, with those that can.
    """
    task = benchmark.predicts
    for name, config in protocols.items():
        if task not in config.tasks:
            stated = {entry: PROTOCOLS.get(entry).tasks for entry in PROTOCOLS.names()}
            able = [entry for entry, tasks in stated.items() if isinstance(tasks, tuple) and task in tasks]
            raise UserError(
                f"{name} predicts {listed(config.tasks)}, and {benchmark_name(benchmark)} asks for {task}",
                f"choose another protocol: {', '.join(able)}" if able else "choose another benchmark",
            )


def check_trainable(protocols: Mapping[str, ProtocolConfig], embedders: Mapping[str, Embedder]) -> None:
    """Refuse to train what has no model, before hours go into what has one.

    Raises:
        UserError: where a protocol trains, and an embedder cannot be trained.
    """
    training = [name for name, config in protocols.items() if config.needs_samples]
    lacking = [name for name, embedder in embedders.items() if not isinstance(embedder, Trainable)]
    if training and lacking:
        raise UserError(
            f"{listed(training)} trains a model further, and {listed(lacking)} has none that can be trained",
            "leave it out, or judge it by linear_probe",
        )
