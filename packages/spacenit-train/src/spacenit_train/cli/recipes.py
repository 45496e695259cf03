"""`spacenit-run recipes`: what can be trained, and how recipes and patches differ."""

import inspect
import json

import click

from spacenit_core.cli.group import SuggestingGroup
from spacenit_core.config import diff as config_diff
from spacenit_core.config import dump_yaml
from spacenit_core.config.parsing import spelled
from spacenit_core.errors import UserError
from spacenit_core.kinds.patches import PATCHES
from spacenit_core.kinds.recipes import RECIPES
from spacenit_core.text import columns
from spacenit_train.run import resolve_experiment

EXAMPLES = """\b
Examples:
  spacenit-run recipes list
  spacenit-run recipes show nano > nano.yaml
  spacenit-run recipes diff base base+s2_only
"""


@click.group(cls=SuggestingGroup, epilog=EXAMPLES)
def recipes() -> None:
    """List, show and compare recipes. A recipe takes patches behind plus signs: base+s2_only."""


@recipes.command("list")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per entry.")
def list_(as_json: bool) -> None:
    """Show the installed recipes and the patches that can be laid upon them.

    \b
    Examples:
      spacenit-run recipes list
      spacenit-run recipes list --json
    """
    rows = [("recipe", name, _summary(name)) for name in RECIPES.names()]
    rows += [("patch", name, _patch_summary(name)) for name in PATCHES.names()]
    if as_json:
        click.echo(json.dumps([{"kind": kind, "name": name, "summary": text} for kind, name, text in rows], indent=1))
    else:
        click.echo(columns(rows, ("kind", "name", "summary")))


@recipes.command()
@click.argument("recipe")
def show(recipe: str) -> None:
    """Print a recipe as YAML, as --set-from reads it.

    \b
    Examples:
      spacenit-run recipes show nano > nano.yaml
      spacenit-run recipes show base+s2_only
    """
    click.echo(dump_yaml(resolve_experiment(recipe).value.derived()), nl=False)


@recipes.command()
@click.argument("first")
@click.argument("second")
def diff(first: str, second: str) -> None:
    """Show the settings in which two recipes differ.

    \b
    Examples:
      spacenit-run recipes diff base base+no_contrastive
      spacenit-run recipes diff base large
    """
    experiments = [resolve_experiment(name).value.derived() for name in (first, second)]
    rows = [(path, spelled(old), spelled(new)) for path, old, new in config_diff(*experiments)]
    click.echo(columns(rows, ("setting", first, second)) if rows else f"{first} and {second} are the same")


def _summary(name: str) -> str:
    try:
        return (inspect.getdoc(RECIPES.get(name)) or "").partition("\n")[0]
    except UserError as error:
        return f"broken: {error.message}"


def _patch_summary(name: str) -> str:
    try:
        return PATCHES.get(name).summary
    except UserError as error:
        return f"broken: {error.message}"
