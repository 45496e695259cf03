"""Our own results as rows that stand beside published ones."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from attrs import evolve, frozen

from spacenit_core.errors import DataError, UserError
from spacenit_evals.results.former_names import protocol_meant

RESULTS = "results.json"

_USUAL_BENCHMARK, _PRETRAINED = "labelled_rasters", "pretrained"


@frozen(kw_only=True)
class OwnRow:
    """One number of ours.

    Attributes:
        model: run and step, or the embedder.
        benchmark: its name.
        inputs: sensors.
        protocol: its name.
        variant: of the data; empty where there is one alone.
        split: "default", or how samples were divided.
        settings: what tells it from other rows of one protocol: learning rates, whose statistics.
        metric: its name.
        value: the score.
        low: of its 95 % interval; None where there is none.
        high: likewise.
        parameters: of the model, where they are known.
        seconds: that it took, where they are known.
    """

    model: str
    benchmark: str
    inputs: tuple[str, ...]
    protocol: str
    variant: str
    split: str
    settings: str
    metric: str
    value: float
    low: float | None
    high: float | None
    parameters: float | None = None
    seconds: float | None = None


def own_rows(folders: Sequence[Path]) -> list[OwnRow]:
    """The rows of all results in some folders, and below them.

    Raises:
        UserError: where a folder holds no results.
        DataError: where results cannot be read.
    """
    rows: list[OwnRow] = []
    for folder in folders:
        files = sorted(folder.expanduser().rglob(RESULTS)) if folder.expanduser().is_dir() else []
        # What begins with a dot is being written.
        files = [
            file
            for file in files
            if not any(part.startswith(".") for part in file.relative_to(folder.expanduser()).parts)
        ]
        found = [row for file in files for row in _rows_of(file)]
        if not found:
            raise UserError(
                f"{folder} holds no results of an evaluation",
                f"name a folder with {RESULTS}, as `spacenit-run evaluate MODEL --benchmark NAME` writes it",
            )
        rows += found
    # Reports of several models hold the same controls, which took other times.
    first: dict[OwnRow, OwnRow] = {}
    for row in rows:
        first.setdefault(evolve(row, seconds=None), row)
    return list(first.values())


def _rows_of(file: Path) -> Iterator[OwnRow]:
    try:
        report = json.loads(file.read_bytes())
    except (OSError, ValueError) as error:
        raise DataError(f"{file} cannot be read: {error}", "evaluate again") from error
    # Other commands keep tables of other kinds under this name.
    if not isinstance(report, dict) or not {"run", "scores", "facts"} <= report.keys():
        return
    try:
        for score in report["scores"]:
            yield from _rows_of_score(report, score)
    except (KeyError, TypeError, AttributeError) as error:
        raise DataError(f"{file} is no result of an evaluation: {error!r}", "evaluate again") from error


def _rows_of_score(report: dict[str, Any], score: dict[str, Any]) -> Iterator[OwnRow]:
    facts, origin = report["facts"], report.get("origin") or {}
    model = (origin.get("models") or {}).get(score["features"]) or {}
    for metric, interval in score["metrics"].items():
        if interval["value"] is None:
            continue
        yield OwnRow(
            model=_model(report, score["features"]),
            benchmark=str(facts.get("benchmark", _USUAL_BENCHMARK)),
            inputs=tuple(facts.get("sensors", ())),
            protocol=protocol_meant(score["probe"], report.get("format", 1)),
            variant=str(origin.get("variant") or facts.get("variant", "")),
            split=_split(facts),
            settings=_settings(origin, score["probe"]),
            metric=metric,
            value=float(interval["value"]),
            low=interval["low"],
            high=interval["high"],
            parameters=model.get("parameters"),
            seconds=_seconds(origin, model, score),
        )


def _settings(origin: dict[str, Any], protocol: str) -> str:
    """Settings that sweeps vary, where they are not the only ones that there are."""
    trained = ((origin.get("protocols") or {}).get(protocol) or {}).get("settings") or {}
    rates = trained.get("learning_rates") or trained.get("learning_rate")
    statistics = (origin.get("settings") or {}).get("statistics")
    told = [f"learning rate {', '.join(map(str, rates)) if isinstance(rates, list) else rates}"] if rates else []
    return "; ".join([*told, *([f"statistics of the {statistics}"] if statistics else [])])


def _seconds(origin: dict[str, Any], model: dict[str, Any], score: dict[str, Any]) -> float | None:
    """What vectors, fits and predictions took together; None of results that do not say."""
    own = (origin.get("seconds") or {}).get(score["probe"], {}).get(score["features"])
    return None if own is None else float(own) + float(model.get("seconds", 0.0))


def _model(report: dict[str, Any], features: str) -> str:
    name, _, settings = features.partition(" (")
    if name != _PRETRAINED:
        return features
    step = report.get("step")
    run = report["run"] if step is None else f"{report['run']}, step {step:,}"
    return f"{run} ({settings}" if settings else str(run)


def _split(facts: dict[str, Any]) -> str:
    parts = []
    if facts.get("scored"):
        parts.append(str(facts["scored"]))
    if facts.get("partition", "default") != "default":
        parts.append(f"partition {facts['partition']}")
    if facts.get("folds"):
        parts.append(f"{facts['folds']} folds")
    if facts.get("draws", 1) != 1:
        parts.append(f"{facts['draws']} draws")
    return ", ".join(parts) or "default"
