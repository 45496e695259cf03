"""`spacenit-run evals list`: the benchmarks that are installed, and what of their data is here."""

import json
import os
from pathlib import Path
from typing import TYPE_CHECKING

import click

from spacenit_core.text import columns
from spacenit_evals.benchmarks.index import Listed, installed
from spacenit_evals.defects import defects_of

if TYPE_CHECKING:
    from spacenit_core.kinds.benchmarks import BenchmarkConfig

ABSENT = ("set ", "add to ")
"""What is to be done about data that are not here, and the variable of their folder behind it."""


@click.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per benchmark.")
def list_(as_json: bool) -> None:
    """Show the installed benchmarks, and whether their data are here.

    \b
    Examples:
      spacenit-run evals list
      spacenit-run evals list --json
    """
    rows = [(one.name, data_of(one), one.summary) for one in installed()]
    known = {name: [defect.id for defect in defects_of(name)] for name, _, _ in rows}
    if as_json:
        records = [{"name": name, "data": data, "summary": text, "defects": known[name]} for name, data, text in rows]
        click.echo(json.dumps(records, indent=1))
        return
    told = [_line(name, data, text, known[name]) for name, data, text in rows]
    click.echo(columns(told, ("benchmark", "data", "what it holds (known defects)")))


def _line(name: str, data: str, text: str, defects: list[str]) -> tuple[str, str, str]:
    """A row of the table; the variable to set stands where there is room for it."""
    is_absent = data.startswith(ABSENT)
    to_do = [f"{data[0].upper()}{data[1:]}."] if is_absent else []
    return name, "absent" if is_absent else data, " ".join([text, *(f"({one})" for one in defects), *to_do])


def data_of(benchmark: "Listed | type[BenchmarkConfig]") -> str:
    """Where data are: "here", "yours" where a setting names them, "refused", or what to do (`ABSENT`)."""
    if benchmark.refused:
        return "refused"
    if not benchmark.variable:
        return "yours"
    folder = Path(os.environ.get(benchmark.variable, "")).expanduser()
    if not os.environ.get(benchmark.variable) or not folder.is_dir():
        return f"set {benchmark.variable}"
    is_here = not benchmark.places or any(True for pattern in benchmark.places for _ in folder.glob(pattern))
    return "here" if is_here else f"add to {benchmark.variable}"
