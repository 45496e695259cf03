"""What the command `evaluate` can be told, and how its options become settings."""

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen

from spacenit_core.config.converter import is_default
from spacenit_core.config.fields import setting
from spacenit_core.config.resolve import Resolved, resolve
from spacenit_core.errors import UserError
from spacenit_core.kinds.base import EntryConfig
from spacenit_core.kinds.benchmarks import BENCHMARKS, BenchmarkConfig
from spacenit_core.kinds.embedders import EMBEDDERS, EmbedderConfig
from spacenit_core.kinds.protocols import PROTOCOLS, ProtocolConfig
from spacenit_core.plugins.registry import Registry
from spacenit_evals.benchmarks.labelled_rasters.config import LabelledRasters
from spacenit_evals.division import Division
from spacenit_evals.embedders.random_init import RandomInit
from spacenit_evals.embedders.raw_pixels import RawPixels
from spacenit_evals.protocols.knn import KNN
from spacenit_evals.protocols.logistic_blocks import LogisticBlocks

CONTROLS = ("random_init", "raw_pixels", "image_statistics", "random_convolutions")
"""Embedders that have learned nothing: what an encoder has to be better than."""


@frozen(kw_only=True)
class EvaluationSettings:
    """What a model is evaluated on, how, and beside what."""

    benchmark: BenchmarkConfig | None = setting("what it is evaluated on", factory=LabelledRasters)
    protocol: dict[str, ProtocolConfig] = setting(
        "how it is judged", factory=lambda: {"knn": KNN(), "logistic_blocks": LogisticBlocks()}
    )
    embedder: dict[str, EmbedderConfig] = setting(
        "what it is compared with", factory=lambda: {"random_init": RandomInit(), "raw_pixels": RawPixels()}
    )
    division: Division = setting("how samples are divided, where not as the benchmark does it", factory=Division)


def usual_settings(benchmark: type[BenchmarkConfig]) -> EvaluationSettings:
    """What is run unasked on a benchmark of published data: protocols that can predict its task, and all controls.

    Args:
        benchmark: its class; labelled rasters have `EvaluationSettings` themselves.
    """
    task = benchmark.predicts if isinstance(benchmark.predicts, str) else "classification"
    protocols = {"classification": ("knn", "logistic_blocks"), "multilabel": ("knn", "logistic_regression")}
    protocols |= {"regression": ("knn", "ridge")}
    return EvaluationSettings(
        benchmark=None,
        protocol={name: PROTOCOLS.get(name)() for name in protocols.get(task, ("linear_probe",))},
        embedder={name: EMBEDDERS.get(name)() for name in CONTROLS},
    )


def settings_of(
    *,
    benchmark: str | None,
    protocols: Sequence[str],
    embedders: Sequence[str],
    of_labels: Mapping[str, tuple[str, Any]],
    plugins: Sequence[str],
    overrides: Sequence[str],
) -> EvaluationSettings:
    """Resolve what the command line asks for.

    Args:
        benchmark: the name of the benchmark; None for labelled rasters.
        protocols: names; empty for the usual ones.
        embedders: names; empty for the usual ones.
        of_labels: settings of labelled rasters that options state, each with the option and the value.
        plugins: KIND=NAME.
        overrides: "--a.b=value" tokens.

    Raises:
        UserError: for what is not known, stated twice, or not a setting of the benchmark.
    """
    is_usual = benchmark is None or BENCHMARKS.canonical(benchmark) == "labelled_rasters"
    if not is_usual:
        _check_unused(of_labels, str(benchmark))
        BENCHMARKS.entry(str(benchmark))
    _check_stated_once(of_labels, overrides)
    usual = EvaluationSettings() if is_usual else usual_settings(BENCHMARKS.get(str(benchmark)))
    numbers = {name: value for name, (_, value) in of_labels.items() if isinstance(value, int | float)}
    texts = {name: value for name, (_, value) in of_labels.items() if name not in numbers}
    base = EvaluationSettings(
        benchmark=LabelledRasters(**texts) if is_usual else None,
        protocol={} if protocols else usual.protocol,
        embedder={} if embedders else usual.embedder,
    )
    chosen = [] if is_usual else [f"benchmark={benchmark}"]
    chosen += [_in_mapping("protocol", PROTOCOLS, name) for name in protocols]
    chosen += [_in_mapping("embedder", EMBEDDERS, name) for name in embedders]
    stated = [f"--benchmark.{name}={value}" for name, value in numbers.items()]
    resolved = resolve(base, plugins=[*chosen, *plugins], overrides=[*stated, *overrides], source="default")
    settings: EvaluationSettings = resolved.value
    if not isinstance(settings.benchmark, LabelledRasters):
        _check_unused(of_labels, BENCHMARKS.name_of(settings.benchmark))
    _check_read(resolved, of_labels)
    _check_names("protocol", PROTOCOLS, settings.protocol, base.protocol, protocols, plugins)
    _check_names("embedder", EMBEDDERS, settings.embedder, base.embedder, embedders, plugins)
    return settings


def _check_unused(of_labels: Mapping[str, tuple[str, Any]], benchmark: str) -> None:
    """Refuse options of labelled rasters where something else is evaluated on."""
    if of_labels:
        options = ", ".join(option for option, _ in of_labels.values())
        raise UserError(
            f"{options}: for labelled rasters, and {benchmark} is evaluated on",
            f"`spacenit-run plugins info benchmarks {benchmark}` shows its settings, --benchmark.SETTING=VALUE",
        )


def _check_read(resolved: Resolved, of_labels: Mapping[str, tuple[str, Any]]) -> None:
    """Refuse what was asked for and is switched off by another setting."""
    settings: EvaluationSettings = resolved.value
    asked = {path for path, _, source in resolved.rows() if source.startswith("--")}
    configs: dict[str, EntryConfig | None] = {"benchmark": settings.benchmark}
    configs |= {f"protocol.{name}": config for name, config in settings.protocol.items()}
    configs |= {f"embedder.{name}": config for name, config in settings.embedder.items()}
    for path, config in configs.items():
        for name, switch in ({} if config is None else config.inactive()).items():
            if f"{path}.{name}" in asked and not is_default(config, name):
                option = of_labels[name][0] if path == "benchmark" and name in of_labels else f"--{path}.{name}"
                raise UserError(f"{option}: nothing reads this with {switch}", f"leave it out, or {switch} out")


def _check_names(
    slot: str,
    registry: Registry[Any],
    found: Mapping[str, Any],
    usual: Mapping[str, Any],
    chosen: Sequence[str],
    plugins: Sequence[str],
) -> None:
    """Refuse entries that nobody chose beside those that were, and those that bear the name of another."""
    added = {word.partition("=")[2].replace("-", "_").lower() for word in plugins}
    wanted = {*usual, *(registry.canonical(name) for name in chosen), *added}
    for name, config in found.items():
        entry = registry.name_of(config)
        if name != entry and name in registry.names():
            raise UserError(
                f"{slot}.{name} is {entry}, and {name} is another {slot}",
                f"choose another name: --plugin {slot}.my_{entry}={entry}",
            )
        if chosen and name == entry and name not in wanted:
            raise UserError(
                f"--{slot}.{name} sets what is not used: --{slot} chooses {', '.join(chosen)}",
                f"add --{slot} {name}, or leave its settings out",
            )


def _in_mapping(slot: str, registry: Registry[Any], name: str) -> str:
    return f"{slot}.{registry.entry(name).name}={name}"


def _check_stated_once(of_labels: Mapping[str, tuple[str, Any]], overrides: Sequence[str]) -> None:
    stated = {token.partition("=")[0].removeprefix("--").replace("-", "_"): token for token in overrides}
    for name, (option, _) in of_labels.items():
        if token := stated.get(f"benchmark.{name}"):
            raise UserError(f"{option} and {token} set the same", "keep one of them")
