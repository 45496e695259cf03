"""What numbers depend on: data, models, protocols, software; the key that tells one evaluation from another."""

import hashlib
import json
import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

import attrs
from attrs import field, frozen

from spacenit_core.config import unstructure
from spacenit_core.contracts.embedders import facts_of, identity_of
from spacenit_core.errors import SpaceNitError
from spacenit_core.kinds.benchmarks import Benchmark, BenchmarkConfig
from spacenit_core.kinds.embedders import EmbedderConfig, EvaluatedModel
from spacenit_core.kinds.protocols import ProtocolConfig
from spacenit_evals.division import Division
from spacenit_evals.names import benchmark_name, protocol_name

KEY_FORMAT = 1
"""Rises when keys of before mean something else."""

_PACKAGES = ("spacenit-evals", "spacenit-core", "torch", "numpy", "scikit-learn")


@frozen(kw_only=True)
class ModelOrigin:
    """Where the vectors of one row come from.

    Attributes:
        identity: short hash of all that decides on its vectors; empty where that is not known.
        weights: where the weights come from; empty where none are read.
        sha256: of the weights.
        code_licence: of the code.
        weights_licence: of the weights.
        parameters: how many numbers it learned; None where unknown.
        seen: whether it saw the benchmark in pretraining: "yes", "no", "unknown", or the share of test samples on
            ground that it was pretrained on.
        seconds: that the vectors took when they were made.
    """

    identity: str = ""
    weights: str = ""
    sha256: str = ""
    code_licence: str = ""
    weights_licence: str = ""
    parameters: int | None = None
    seen: str = "unknown"
    seconds: float = 0.0


@frozen(kw_only=True)
class Origin:
    """What a report's numbers depend on.

    Attributes:
        key: tells this evaluation from others; empty where something that decides is not known.
        benchmark: name of the benchmark.
        version: of its data and labels.
        variant: "corrected" or "as_published"; empty where its data have no known defect.
        licence: of its data.
        group: what the samples of one group share; intervals are of such groups.
        dates_invented: whether a constant date stands for all.
        settings: of the benchmark, by name.
        protocols: name -> entry, version and settings of the protocol.
        patch_size: grid cells along one side of a patch.
        models: features -> where their vectors come from.
        seconds: protocol -> features -> seconds of all fits and predictions.
        software: version of each package that computes.
        commit: of the working copy that the code lies in; empty where it is installed.
        time: when it ended, UTC.
    """

    key: str = ""
    benchmark: str = ""
    version: str = ""
    variant: str = ""
    licence: str = ""
    group: str = ""
    dates_invented: bool = False
    settings: dict[str, Any] = field(factory=dict)
    protocols: dict[str, dict[str, Any]] = field(factory=dict)
    patch_size: int = 0
    models: dict[str, ModelOrigin] = field(factory=dict)
    seconds: dict[str, dict[str, float]] = field(factory=dict)
    software: dict[str, str] = field(factory=dict)
    commit: str = ""
    time: str = ""


def origin_of(
    config: BenchmarkConfig,
    benchmark: Benchmark,
    protocols: Mapping[str, ProtocolConfig],
    embedders: Mapping[str, EmbedderConfig],
    model: EvaluatedModel | None,
    division: Division | None = None,
) -> Origin:
    """All that is known before anything is embedded.

    Args:
        config: the benchmark's settings.
        benchmark: it, opened.
        protocols: by name.
        embedders: by the name of their features, the evaluated one first.
        model: the evaluated model, where there is one.
        division: of the samples, where not as the benchmark does it.
    """
    facts, settings = benchmark.facts, _settings(config)
    if division is not None and division.asks:
        settings["division"] = _settings(division)
    described = {
        name: {"entry": protocol_name(one), "version": one.version, "settings": _settings(one)}
        for name, one in protocols.items()
    }
    identities = {name: identity_of(one, model, benchmark.inputs) for name, one in embedders.items()}
    name = benchmark_name(config)
    record = {
        "format": KEY_FORMAT,
        "benchmark": name,
        "version": facts.version,
        "settings": settings,
        "protocols": described,
        "evaluated": next(iter(identities)),
        "embedders": identities,
    }
    known = all(identity is not None for identity in identities.values())
    return Origin(
        key=_short(json.dumps(record, sort_keys=True)) if known else "",
        benchmark=name,
        version=facts.version,
        variant=str(getattr(config, "variant", "")),
        licence=config.licence,
        group=facts.group,
        dates_invented=facts.dates_invented,
        settings=settings,
        protocols=described,
        patch_size=benchmark.inputs.patch_size,
        models={
            label: _model_origin(one, identities[label], name, benchmark, model) for label, one in embedders.items()
        },
        software=_software(),
        commit=_commit(),
    )


def now() -> str:
    """UTC, to the second."""
    return datetime.now(UTC).isoformat(timespec="seconds")


def _model_origin(
    config: EmbedderConfig, identity: str | None, name: str, benchmark: Benchmark, model: EvaluatedModel | None
) -> ModelOrigin:
    facts = facts_of(config, model, benchmark.inputs)
    return ModelOrigin(
        identity="" if identity is None else _short(identity),
        weights=facts.weights,
        sha256=facts.sha256,
        code_licence=facts.code_licence,
        weights_licence=facts.weights_licence,
        parameters=facts.parameters,
        seen="unknown" if facts.seen is None else "yes" if name in facts.seen else "no",
    )


def _settings(config: Any) -> dict[str, Any]:
    """The settings of an entry that numbers can depend on: where data lie is not among them, what they hold is."""
    places = {each.name for each in attrs.fields(type(config)) if isinstance(getattr(config, each.name), Path)}
    try:
        plain = unstructure(config)
    except (SpaceNitError, TypeError):
        plain = {each.name: repr(getattr(config, each.name)) for each in attrs.fields(type(config))}
    return {name: value for name, value in plain.items() if name not in places and name != "type"}


def _short(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:24]


def _software() -> dict[str, str]:
    found = {}
    for package in _PACKAGES:
        try:
            found[package] = version(package)
        except PackageNotFoundError:
            continue
    return found


def _commit() -> str:
    """The commit of the working copy that this file lies in, with a + where something is changed."""
    here = Path(__file__).parent
    try:
        found = subprocess.run(
            ["git", "describe", "--always", "--dirty=+", "--abbrev=12", "--exclude=*"],
            cwd=here,
            capture_output=True,
            text=True,
            timeout=10,
            check=False,
        )
        tracked = subprocess.run(
            ["git", "ls-files", "--error-unmatch", Path(__file__).name],
            cwd=here,
            capture_output=True,
            timeout=10,
            check=False,
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    return found.stdout.strip() if found.returncode == 0 and tracked.returncode == 0 else ""
