"""`spacenit-run evals prepare`: where the data of a benchmark come from."""

import os
from pathlib import Path

import click

from spacenit_core.errors import UserError
from spacenit_core.kinds.benchmarks import BENCHMARKS
from spacenit_core.text import paragraph
from spacenit_evals.cli.listing import data_of
from spacenit_evals.defects import defects_of, sentences


@click.command("prepare")
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
