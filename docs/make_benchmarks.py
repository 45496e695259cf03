"""Write the table of benchmarks from the code: `uv run python docs/make_benchmarks.py`.

It makes docs/benchmarks.md, and the index from which `spacenit-run evals list` answers without importing them.
"""

import json
from collections.abc import Iterator
from pathlib import Path

from attrs import asdict

from spacenit_core.plugins import discovery
from spacenit_evals.benchmarks.index import INDEX, Listed, described, is_ours
from spacenit_evals.defects import defects_of

PAGE = Path(__file__).parent / "benchmarks.md"

INTRODUCTION = """\
# Benchmarks

Made from the code by `uv run python docs/make_benchmarks.py`; a test holds it up to date.

`spacenit-run evals list` says whose data are here, `evals prepare NAME` where they come from, `evals check NAME`
whether they are what they are said to be, and `evaluate MODEL --benchmark NAME` evaluates. A benchmark of your own is
one file: [add a benchmark](add_a_benchmark.md).

"""


def listed() -> list[Listed]:
    """Our benchmarks by name."""
    return [described(entry.name) for entry in discovery.entries("benchmarks") if is_ours(entry)]


def index(found: list[Listed]) -> str:
    """The text of index.json."""
    return json.dumps({one.name: _without_name(one) for one in found}, indent=1) + "\n"


def _without_name(one: Listed) -> dict[str, object]:
    return {name: value for name, value in asdict(one).items() if name != "name"}


def page(found: list[Listed]) -> str:
    """The text of the page."""
    return INTRODUCTION + "\n".join(_lines(found)) + "\n"


def _lines(found: list[Listed]) -> Iterator[str]:
    yield "| name | task | what it holds | data | licence | known defects |"
    yield "|---|---|---|---|---|---|"
    for one in found:
        data = f"`{one.variable}`: {one.source}" if one.variable else one.source or "your own"
        task = "refused" if one.refused else one.predicts
        defects = ", ".join(defect.id for defect in defects_of(one.name))
        yield f"| `{one.name}` | {task} | {one.summary} | {data} | {one.licence} | {defects} |"


if __name__ == "__main__":
    benchmarks = listed()
    INDEX.write_text(index(benchmarks), encoding="utf-8")
    PAGE.write_text(page(benchmarks), encoding="utf-8")
