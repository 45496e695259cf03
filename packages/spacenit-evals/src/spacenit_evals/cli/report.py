"""`spacenit-run evals report`: results beside published ones."""

from fnmatch import fnmatchcase
from pathlib import Path

import click

from spacenit_core.cli.paths import PATH
from spacenit_core.errors import DataError, UserError
from spacenit_core.text import did_you_mean

_FORMATS = ("markdown", "html", "latex")


@click.command("report")
@click.argument("folders", nargs=-1, type=PATH, metavar="[FOLDER]...")
@click.option(
    "--format", "form", type=click.Choice(_FORMATS), default="markdown", show_default=True, help="Of the text."
)
@click.option("--figure", type=PATH, metavar="FILE", help="Draw the tables, too: a png, pdf or svg.")
@click.option("--out", type=PATH, metavar="FILE", help="Write the text there, not to the terminal.")
@click.option("--benchmark", "benchmarks", multiple=True, metavar="NAME", help="No other benchmarks; repeatable.")
@click.option("--model", "models", multiple=True, metavar="PATTERN", help="No other models (*nano*); repeatable.")
def report(
    folders: tuple[Path, ...],
    form: str,
    figure: Path | None,
    out: Path | None,
    benchmarks: tuple[str, ...],
    models: tuple[str, ...],
) -> None:
    """Set the results in FOLDERs beside published ones, and say where those were made otherwise.

    Results are those that `spacenit-run evaluate` writes, of any number of runs; without any, the published numbers
    stand alone.

    \b
    Examples:
      spacenit-run evals report my_run/evaluation
      spacenit-run evals report my_run --format latex --out table.tex
      spacenit-run evals report --benchmark m_eurosat --model '*OlmoEarth*'
      spacenit-run evals report my_run --figure field.png
    """
    # Late, so that `evals list` stays fast.
    from spacenit_evals.results.published.beside import field_tables
    from spacenit_evals.results.published.own_rows import own_rows
    from spacenit_evals.results.published.rendering import FORMATS

    own = own_rows(folders)
    names = [_canonical(name, [row.benchmark for row in own]) for name in benchmarks]
    patterns = [pattern.lower() for pattern in models]

    def wanted(benchmark: str, model: str) -> bool:
        is_model = not patterns or any(fnmatchcase(model.lower(), pattern) for pattern in patterns)
        return is_model and (not names or benchmark in names)

    tables = [table for table in field_tables(own, wanted) if table.lines]
    if not tables:
        raise UserError(f"nothing is known of {', '.join(models or benchmarks)}", "leave --model or --benchmark out")
    if figure is not None:
        from spacenit_evals.results.published.figure import draw

        draw(tables, figure)
        click.echo(f"written: {figure}", err=True)
    text = FORMATS[form](tables)
    if out is None:
        click.echo(text, nl=False)
        return
    try:
        out.write_text(text, encoding="utf-8")
    except OSError as error:
        raise DataError(f"{out} cannot be written: {error.strerror or error}") from error
    click.echo(f"written: {out}", err=True)


def _canonical(name: str, own: list[str]) -> str:
    from spacenit_core.kinds.benchmarks import BENCHMARKS
    from spacenit_evals.results.published.table import published_rows

    known = dict.fromkeys([*own, *(row.benchmark for row in published_rows())])
    found = BENCHMARKS.canonical(name) if name not in known else name
    if found not in known:
        question = did_you_mean(name, list(known))
        raise UserError(f"no number is known of {name}{question and f'; {question}'}", f"known: {', '.join(known)}")
    return found
