"""Results as rows, one for each benchmark, protocol, kind of features and metric."""

import csv
import io
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from attrs import asdict, fields, frozen

from spacenit_core.checkpoint.files import replace_file

if TYPE_CHECKING:
    from spacenit_evals.results.found import Report

TIMES = ("seconds_embedding", "seconds_protocol", "time")
"""Columns that differ each time the same is computed."""


@frozen(kw_only=True)
class Row:
    """One number, with what it depends on.

    Attributes:
        benchmark: its name.
        benchmark_version: of data and labels.
        variant: "corrected" or "as_published"; empty where the data have no known defect.
        task: what is predicted.
        model: the run's or model's name.
        step: updates that a run was trained for; None for others.
        features: the evaluated model's, or what they are compared with.
        protocol: its name.
        protocol_version: of how it predicts.
        metric: the score's name.
        primary: whether it is the one that differences are of.
        value: the score, the mean over the draws.
        low: lower end of the 95 % interval; None where there is none.
        high: upper end.
        reason: why there is no interval.
        group: what the groups are that the interval is of; empty where each sample is one.
        groups: how many are tested.
        n_train: samples, the mean over the draws.
        n_test: samples.
        draws: how many splits and seeds.
        draws_low: the lowest primary score of them; None for other metrics.
        draws_high: the highest.
        dates_invented: whether a constant date stands for all.
        patch_size: grid cells along one side of a patch.
        seen: whether the model saw the benchmark in pretraining.
        parameters: how many numbers it learned.
        weights: SHA-256.
        licence: of the data.
        weights_licence: of the weights.
        key: of the evaluation.
        settings: of benchmark and protocol, as JSON.
        commit: of the code.
        software: versions, as JSON.
        seconds_embedding: that the vectors took.
        seconds_protocol: that all fits and predictions took.
        time: when it ended, UTC.
    """

    benchmark: str
    benchmark_version: str
    variant: str
    task: str
    model: str
    step: int | None
    features: str
    protocol: str
    protocol_version: int
    metric: str
    primary: bool
    value: float
    low: float | None
    high: float | None
    reason: str
    group: str
    groups: int
    n_train: int
    n_test: int
    draws: int
    draws_low: float | None
    draws_high: float | None
    dates_invented: bool
    patch_size: int
    seen: str
    parameters: int | None
    weights: str
    licence: str
    weights_licence: str
    key: str
    settings: str
    commit: str
    software: str
    seconds_embedding: float
    seconds_protocol: float
    time: str


def rows_of(report: "Report") -> list[Row]:
    """All numbers of a report."""
    origin, facts, rows = report.origin, report.facts, []
    for score in report.scores:
        model, protocol = origin.models[score.features], origin.protocols[score.probe]
        for metric, interval in score.metrics.items():
            primary = metric == report.primary
            rows.append(
                Row(
                    benchmark=origin.benchmark,
                    benchmark_version=origin.version,
                    variant=origin.variant,
                    task=report.task,
                    model=report.run,
                    step=report.step,
                    features=score.features,
                    protocol=score.probe,
                    protocol_version=int(protocol["version"]),
                    metric=metric,
                    primary=primary,
                    value=interval.value,
                    low=interval.low,
                    high=interval.high,
                    reason=interval.reason,
                    group=origin.group,
                    groups=_number(facts["test_blocks"]),
                    n_train=_number(facts["train_points"]),
                    n_test=_number(facts["test_points"]),
                    draws=len(score.draws),
                    draws_low=min(score.draws) if primary else None,
                    draws_high=max(score.draws) if primary else None,
                    dates_invented=origin.dates_invented,
                    patch_size=origin.patch_size,
                    seen=model.seen,
                    parameters=model.parameters,
                    weights=model.sha256,
                    licence=origin.licence,
                    weights_licence=model.weights_licence,
                    key=origin.key,
                    settings=_json({"benchmark": origin.settings, "protocol": protocol["settings"]}),
                    commit=origin.commit,
                    software=_json(origin.software),
                    seconds_embedding=round(model.seconds, 3),
                    seconds_protocol=round(origin.seconds[score.probe][score.features], 3),
                    time=origin.time,
                )
            )
    return rows


def write_rows(rows: Sequence[Row], folder: Path) -> list[Path]:
    """Write rows as ``rows.csv``, ``rows.json`` and ``rows.md``, and as ``rows.parquet`` where pyarrow is installed.

    Each file appears whole or not at all; the same rows give the same bytes.
    """
    plain = [asdict(row) for row in rows]
    content = {
        "rows.csv": _csv(plain).encode(),
        "rows.json": (json.dumps(plain, indent=1) + "\n").encode(),
        "rows.md": _markdown(rows).encode(),
    }
    parquet = _parquet(plain)
    if parquet is not None:
        content["rows.parquet"] = parquet
    for name, data in content.items():
        replace_file(folder / name, data)
    return [folder / name for name in content]


def _csv(plain: list[dict[str, Any]]) -> str:
    text = io.StringIO(newline="")
    writer = csv.DictWriter(text, [each.name for each in fields(Row)], lineterminator="\n")
    writer.writeheader()
    writer.writerows(plain)
    return text.getvalue()


def _markdown(rows: Sequence[Row]) -> str:
    header = (
        "benchmark",
        "model",
        "features",
        "protocol",
        "metric",
        "value [95 %]",
        "draws",
        "groups",
        "seen",
        "variant",
    )
    lines = ["| " + " | ".join(header) + " |", "|" + "---|" * len(header)]
    for row in rows:
        if row.primary:
            ends = "(no interval)" if row.low is None else f"[{row.low:.3f}, {row.high:.3f}]"
            spread = f"{row.draws_low:.3f}-{row.draws_high:.3f}" if row.draws > 1 else ""
            groups = f"{row.groups} ({row.group or 'each its own'})"
            cells = [row.benchmark, row.model, row.features, f"{row.protocol} v{row.protocol_version}", row.metric]
            cells += [f"{row.value:.3f} {ends}", spread, groups, row.seen, row.variant]
            lines.append("| " + " | ".join(cells) + " |")
    return "\n".join(lines) + "\n"


def _parquet(plain: list[dict[str, Any]]) -> bytes | None:
    try:
        import pyarrow as arrow
        from pyarrow import parquet
    except ImportError:
        return None
    types = {str: arrow.string(), int: arrow.int64(), float: arrow.float64(), bool: arrow.bool_()}
    columns = [(each.name, types[_plain_type(each.type)]) for each in fields(Row)]
    buffer = io.BytesIO()
    parquet.write_table(arrow.Table.from_pylist(plain, schema=arrow.schema(columns)), buffer)
    return buffer.getvalue()


def _plain_type(stated: Any) -> Any:
    """What a column holds where it holds something."""
    return next((one for one in getattr(stated, "__args__", ()) if one is not type(None)), stated)


def _number(value: object) -> int:
    assert isinstance(value, int)
    return value


def _json(value: object) -> str:
    return json.dumps(value, sort_keys=True)
