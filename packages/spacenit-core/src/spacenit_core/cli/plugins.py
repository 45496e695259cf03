"""`spacenit-run plugins`: what is installed, what an entry can be told, whether all is well, and how to write one."""

import json
from pathlib import Path

import click

from spacenit_core.cli.group import SuggestingGroup
from spacenit_core.cli.paths import PATH
from spacenit_core.plugins import discovery
from spacenit_core.plugins.discovery import Entry
from spacenit_core.plugins.registry import kind_named, kinds, registry
from spacenit_core.text import columns, natural_key


@click.group(cls=SuggestingGroup)
def plugins() -> None:
    """List, explain, check and create plugins.

    Everything that can be swapped is an entry of a kind (masking, losses, sensors ...), declared by an installed
    distribution and found by its name.

    \b
    Examples:
      spacenit-run plugins list                  every entry that is installed
      spacenit-run plugins info masking random   its settings and their meanings
      spacenit-run plugins doctor                load and check everything
      spacenit-run plugins new my-mask --kind masking
    """


@plugins.command("list")
@click.argument("kind", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects: kind, name, distribution, version.")
def list_entries(kind: str | None, as_json: bool) -> None:
    """List the installed entries, of one KIND or of all; imports none of them.

    \b
    Examples:
      spacenit-run plugins list
      spacenit-run plugins list masking
      spacenit-run plugins list losses --json
    """
    declared = discovery.declared_kinds()
    chosen = declared if kind is None else [kind if kind in declared else kind_named(kind)]
    found = [entry for name in chosen for entry in discovery.entries(name)]
    found.sort(key=lambda entry: (entry.kind, natural_key(entry.name), entry.distribution))
    if as_json:
        click.echo(json.dumps([_record(entry) for entry in found], indent=2))
    elif found:
        click.echo(
            columns([tuple(_record(entry).values()) for entry in found], ("kind", "name", "distribution", "version"))
        )
    else:
        click.echo(f"no entry of kind {chosen[0]} is installed" if chosen else "no entry is installed", err=True)


@plugins.command()
@click.argument("kind")
@click.argument("name")
def info(kind: str, name: str) -> None:
    """Explain one entry: its settings with types, defaults and meanings, its file, and how to select it.

    \b
    Examples:
      spacenit-run plugins info masking random
      spacenit-run plugins info sensors sentinel2_l2a
      spacenit-run plugins info losses spacenit-train/info_nce
    """
    from spacenit_core.cli.info import describe

    found = registry(kind)
    entry = found.entry(name)
    found.check(entry)
    click.echo(describe(entry, found))


@plugins.command()
@click.argument("distributions", nargs=-1)
@click.option("--json", "as_json", is_flag=True, help="Print a list of objects: level, distribution, subject, message.")
@click.option("--deep", is_flag=True, help="Also try each entry with its defaults on a toy; imports torch.")
@click.pass_context
def doctor(ctx: click.Context, distributions: tuple[str, ...], as_json: bool, deep: bool) -> None:
    """Load and check every entry, of some DISTRIBUTIONS or of all; exit code 1 where there is an error.

    Each distribution is loaded in a process of its own, so that a broken one hides nothing about the others. --deep
    builds components too and holds what they return to the contract of their kind: masks, losses, optimizers ...

    \b
    Examples:
      spacenit-run plugins doctor
      spacenit-run plugins doctor my-mask --deep
    """
    from spacenit_core.cli.console import err_console
    from spacenit_core.cli.doctor import diagnose, report

    # Shown on a terminal alone.
    with err_console().status("loading what is installed") as status:
        findings, counts = diagnose(distributions, deep=deep, tell=status.update)
    if as_json:
        click.echo(json.dumps([finding._asdict() for finding in findings], indent=2))
    else:
        click.echo(report(findings, counts))
    ctx.exit(int(any(finding.level == "error" for finding in findings)))


class _KindsBelow(click.Command):
    """A command whose help ends with the kinds that are installed when it is asked for."""

    def format_epilog(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:
        """Write the kinds' names."""
        self.epilog = f"Kinds: {', '.join(kinds())}."
        super().format_epilog(ctx, formatter)


@plugins.command(cls=_KindsBelow)
@click.argument("name")
@click.option("--kind", required=True, help="What it is an entry of; the kinds are listed below.")
@click.option("--path", type=PATH, help="The folder to write; ./NAME by default.")
def new(name: str, kind: str, path: Path | None) -> None:
    """Write an installable package with one entry that works and a test that passes.

    \b
    Examples:
      spacenit-run plugins new my-mask --kind masking
      spacenit-run plugins new my-aster --kind sensors --path ~/code/my-aster
    """
    from spacenit_core.cli.new import create
    from spacenit_core.cli.next_steps import next_steps

    created = create(name, kind_named(kind), path)
    click.echo(f"wrote {created.folder}: {len(created.files)} files, {created.kind} entry {created.entry!r}")
    rows = [(f"  {what}", command) for what, command in next_steps(created.folder, created.kind, created.entry)]
    # Commands stay on one line, to be copied.
    width = max(len(what) for what, _ in rows)
    click.echo("\n".join(f"{what:{width}}  {command}" for what, command in rows))


def _record(entry: Entry) -> dict[str, str]:
    return {"kind": entry.kind, "name": entry.name, "distribution": entry.distribution, "version": entry.version}
