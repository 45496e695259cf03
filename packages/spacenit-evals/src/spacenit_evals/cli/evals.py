"""`spacenit-run evals`: the benchmarks that are installed, and what of their data is here."""

import inspect
import json
import os
from pathlib import Path

import click

from spacenit_core.cli.group import SuggestingGroup
from spacenit_core.errors import UserError
from spacenit_core.kinds.benchmarks import BENCHMARKS, BenchmarkConfig
from spacenit_core.text import columns, paragraph
from spacenit_evals.cli.check import check
from spacenit_evals.cli.checkpoints import checkpoints
from spacenit_evals.cli.compare import compare
from spacenit_evals.cli.defects import defects
from spacenit_evals.cli.diagnose import diagnose
from spacenit_evals.cli.model_facts import model_facts
from spacenit_evals.cli.report import report
from spacenit_evals.cli.sweep import sweep
from spacenit_evals.defects import defects_of, sentences

EXAMPLES = """\b
Examples:
  spacenit-run evals list
  spacenit-run evals prepare m_eurosat
  spacenit-run evals model galileo
  spacenit-run evals check m_eurosat
  spacenit-run evals diagnose galileo --benchmark m_eurosat
  spacenit-run evaluate my_run --benchmark m_eurosat
  spacenit-run evals report my_run/evaluation
"""


ABSENT = ("set ", "add to ")
"""What is to be done about data that are not here, and the variable of their folder behind it."""


@click.group(cls=SuggestingGroup, epilog=EXAMPLES)
def evals() -> None:
    """List benchmarks, say where their data come from, and check them; `spacenit-run evaluate` evaluates on them."""


evals.add_command(check)
evals.add_command(checkpoints)
evals.add_command(compare)
evals.add_command(defects)
evals.add_command(diagnose)
evals.add_command(model_facts)
evals.add_command(report)
evals.add_command(sweep)


@evals.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per benchmark.")
def list_(as_json: bool) -> None:
    """Show the installed benchmarks, and whether their data are here.

    \b
    Examples:
      spacenit-run evals list
      spacenit-run evals list --json
    """
    rows = [(name, data_of(BENCHMARKS.get(name)), summary(BENCHMARKS.get(name))) for name in BENCHMARKS.names()]
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


@evals.command()
@click.argument("name")
@click.option("--unpack", type=click.Path(path_type=Path), help="A tar or zip file of the publisher's.")
@click.option("--into", type=click.Path(path_type=Path), help="The folder that it is unpacked into.")
def prepare(name: str, unpack: Path | None, into: Path | None) -> None:
    """Say where the data of benchmark NAME come from, and how to say where they are.

    An archive that its publisher gives away is unpacked for you: nothing of it lands outside of the folder.

    \b
    Examples:
      spacenit-run evals prepare worldcereal_points
      spacenit-run evals prepare m_eurosat
      spacenit-run evals prepare m_eurosat --unpack m-eurosat.zip --into sets
    """
    config, entry = BENCHMARKS.get(name), BENCHMARKS.entry(name).name
    if unpack is not None or into is not None:
        unpack_data(unpack, into)
    if config.refused:
        text = f"{entry} is listed and cannot be evaluated on: {config.refused}."
    elif not config.variable:
        text = f"{entry} is for data of your own; `spacenit-run plugins info benchmarks {entry}` shows its settings."
    elif data_of(config) == "here":
        text = f"The data of {entry} are in {os.environ[config.variable]}."
    else:
        is_set = data_of(config).startswith("add")
        to_do = f"put them into {os.environ[config.variable]}" if is_set else f"set {config.variable} to their folder"
        text = f"{config.source} has the data of {entry}; get them, and {to_do}."
    click.echo(paragraph("\n".join([text, *sentences(defects_of(entry))])))


def unpack_data(archive: Path | None, folder: Path | None) -> None:
    """Unpack an archive of a benchmark's data.

    Raises:
        UserError: where only one of the two is named.
        DataError: where the archive is damaged, or would write outside of the folder.
    """
    from spacenit_evals.benchmarks.archives import unpack

    if archive is None or folder is None:
        raise UserError("an archive is unpacked into a folder", "name both: --unpack FILE --into FOLDER")
    click.echo(f"{len(unpack(archive, folder)):,} files of {archive} are in {folder}.")


def data_of(config: type[BenchmarkConfig]) -> str:
    """Where the data are: "here", "yours" where a setting names them, "refused", or what to do (`ABSENT`)."""
    if config.refused:
        return "refused"
    if not config.variable:
        return "yours"
    folder = Path(os.environ.get(config.variable, "")).expanduser()
    if not os.environ.get(config.variable) or not folder.is_dir():
        return f"set {config.variable}"
    is_here = not config.places or any(True for pattern in config.places for _ in folder.glob(pattern))
    return "here" if is_here else f"add to {config.variable}"


def summary(config: type[BenchmarkConfig]) -> str:
    """The first line of an entry's docstring."""
    return (inspect.getdoc(config) or "").partition("\n")[0]
