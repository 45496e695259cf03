"""Published rows beside our own, and where the two were not made the same way."""

from collections.abc import Callable, Sequence

from attrs import frozen

from spacenit_core.text import listed
from spacenit_evals.results.published.own_rows import OwnRow
from spacenit_evals.results.published.table import PROTOCOLS, PublishedRow, published_rows, sources

LOWER_IS_BETTER = ("RMSE", "MAE")


@frozen(kw_only=True)
class Line:
    """One line of a table.

    Attributes:
        ours: whether it is a result of ours.
        model: its name.
        value: the score.
        low: of its interval, or None.
        high: likewise.
        protocol: how it was judged.
        variant: of the data.
        inputs: sensors.
        parameters: of the model, or None.
        seconds: that it took, or None.
        source: key of a published row's source; empty for ours.
        note: what a published row's source says, and where it was made otherwise than ours.
    """

    ours: bool
    model: str
    value: float
    low: float | None
    high: float | None
    protocol: str
    variant: str
    inputs: str
    parameters: float | None
    seconds: float | None
    source: str
    note: str


@frozen(kw_only=True)
class FieldTable:
    """All rows of one benchmark and metric, the best first.

    Attributes:
        benchmark: its name.
        metric: its name.
        lines: the rows.
    """

    benchmark: str
    metric: str
    lines: tuple[Line, ...]


def field_tables(own: Sequence[OwnRow], wanted: Callable[[str, str], bool] = lambda *_: True) -> list[FieldTable]:
    """Tables of all benchmarks, or of those alone that we have results of.

    A metric that nobody published for a benchmark is left out where others were; of a benchmark without published rows
    all metrics are told.

    Args:
        own: our results; none for the published table alone.
        wanted: whether rows of a benchmark and a model are asked for.
    """
    published = [row for row in published_rows() if wanted(row.benchmark, row.model)]
    ours = [row for row in own if wanted(row.benchmark, row.model)]
    benchmarks = list(dict.fromkeys(row.benchmark for row in (ours if own else published)))
    tables = []
    for benchmark in sorted(benchmarks):
        theirs = [row for row in published if row.benchmark == benchmark]
        here = [row for row in ours if row.benchmark == benchmark]
        metrics = dict.fromkeys(row.metric for row in theirs) or dict.fromkeys(row.metric for row in here)
        tables += [_table(benchmark, metric, here, theirs) for metric in metrics]
    return tables


def _table(benchmark: str, metric: str, own: Sequence[OwnRow], published: Sequence[PublishedRow]) -> FieldTable:
    ours = [row for row in own if row.metric == metric]
    lines = [_of_ours(row) for row in ours] + [_of_theirs(row, ours) for row in published if row.metric == metric]
    order = sorted(lines, key=lambda line: line.value, reverse=metric not in LOWER_IS_BETTER)
    return FieldTable(benchmark=benchmark, metric=metric, lines=tuple(order))


def _of_ours(row: OwnRow) -> Line:
    return Line(
        ours=True,
        model=row.model,
        value=row.value,
        low=row.low,
        high=row.high,
        protocol=row.protocol,
        variant=row.variant,
        inputs="+".join(row.inputs),
        parameters=row.parameters,
        seconds=row.seconds,
        source="",
        note="; ".join(part for part in (row.settings, "" if row.split == "default" else row.split) if part),
    )


def _of_theirs(row: PublishedRow, ours: Sequence[OwnRow]) -> Line:
    # Against the row of ours that is most like it: several protocols of ours stand in one table.
    told = min((differences(row, own) for own in ours), key=len, default=[])
    unlike = [f"other than ours: {', '.join(told)}"] if told else []
    note = "; ".join([*([row.note] if row.note else []), *unlike])
    return Line(
        ours=False,
        model=row.model,
        value=row.value,
        low=row.low,
        high=row.high,
        protocol=row.protocol,
        variant=row.variant,
        inputs=row.inputs,
        parameters=row.parameters,
        seconds=None,
        source=row.source,
        note=note,
    )


def differences(published: PublishedRow, own: OwnRow) -> list[str]:
    """In what a published row was made otherwise than one of ours: protocol, variant, split, inputs."""
    found = []
    if published.protocol != own.protocol:
        found.append(f"protocol ({published.protocol}, not {own.protocol})")
    if own.variant and published.variant != own.variant:
        found.append(f"variant ({published.variant}, not {own.variant})")
    split = sources()[published.source].split
    if split != own.split:
        found.append(f"split ({split}, not {own.split})")
    if not _same_inputs(published.inputs, own.inputs):
        found.append(f"inputs ({published.inputs}, not {listed(own.inputs)})")
    return found


def protocols_of(tables: Sequence[FieldTable]) -> dict[str, str]:
    """What the names of published protocols mean, of those that occur."""
    used = {line.protocol for table in tables for line in table.lines if not line.ours}
    return {name: text for name, text in PROTOCOLS.items() if name in used}


def _same_inputs(published: str, own: Sequence[str]) -> bool:
    """Whether our sensors are those that are published; "all" leaves open which."""
    if published == "all" or not own:
        return True
    named = published.split("+")
    return len(named) == len(own) and all(any(ours.startswith(name) for ours in own) for name in named)
