"""What the command `evaluate` can be told, and how its options become settings."""

from collections.abc import Mapping, Sequence
from typing import Any

from attrs import frozen

from spacenit_core.config.fields import setting
from spacenit_core.config.resolve import resolve
from spacenit_core.errors import UserError
from spacenit_core.kinds.benchmarks import BENCHMARKS, BenchmarkConfig
from spacenit_core.kinds.embedders import EMBEDDERS, EmbedderConfig
from spacenit_core.kinds.protocols import PROTOCOLS, ProtocolConfig
from spacenit_core.plugins.registry import Registry
from spacenit_evals.benchmarks.labelled_rasters.config import LabelledRasters
from spacenit_evals.embedders.random_init import RandomInit
from spacenit_evals.embedders.raw_pixels import RawPixels
from spacenit_evals.protocols.knn import KNN
from spacenit_evals.protocols.linear_probe import LinearProbe


@frozen(kw_only=True)
class EvaluationSettings:
    """What a model is evaluated on, how, and beside what."""

    benchmark: BenchmarkConfig | None = setting("what it is evaluated on", factory=LabelledRasters)
    protocol: dict[str, ProtocolConfig] = setting(
        "how it is judged", factory=lambda: {"knn": KNN(), "linear_probe": LinearProbe()}
    )
    embedder: dict[str, EmbedderConfig] = setting(
        "what it is compared with", factory=lambda: {"random_init": RandomInit(), "raw_pixels": RawPixels()}
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
    if of_labels and not is_usual:
        options = ", ".join(option for option, _ in of_labels.values())
        raise UserError(
            f"{options}: for labelled rasters, and {benchmark} is evaluated on",
            f"`spacenit-run plugins info benchmarks {benchmark}` shows its settings, --benchmark.SETTING=VALUE",
        )
    _check_stated_once(of_labels, overrides)
    usual = EvaluationSettings()
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
    return settings


def _in_mapping(slot: str, registry: Registry[Any], name: str) -> str:
    return f"{slot}.{registry.entry(name).name}={name}"


def _check_stated_once(of_labels: Mapping[str, tuple[str, Any]], overrides: Sequence[str]) -> None:
    stated = {token.partition("=")[0].removeprefix("--").replace("-", "_"): token for token in overrides}
    for name, (option, _) in of_labels.items():
        if token := stated.get(f"benchmark.{name}"):
            raise UserError(f"{option} and {token} set the same", "keep one of them")
