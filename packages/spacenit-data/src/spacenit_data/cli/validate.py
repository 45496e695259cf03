"""`spacenit-run data validate`: is a set what it claims to be?"""

import json
from pathlib import Path
from typing import Any

import click
from attrs import asdict

from spacenit_core.cli.console import console


@click.command("validate", short_help="Check a set of samples, file by file.")
@click.argument("folder", metavar="DIR", type=click.Path(path_type=Path))
@click.option("--quick", is_flag=True, help="Structure and metadata only: read neither pixels nor hashes.")
@click.option("--record", is_flag=True, help="Write a sidecar of hashes, which later runs compare the files with.")
@click.option("--sidecar", type=click.Path(path_type=Path), help="Where the hashes are kept; DIR/SHA256SUMS if unset.")
@click.option("--strict", is_flag=True, help="Let warnings count as errors.")
@click.option("--limit", default=5, show_default=True, help="Files shown for each kind of problem.")
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@click.option("--workers", type=click.IntRange(1), help="Processes; all cores if unset.")
@click.pass_context
def validate(
    context: click.Context,
    folder: Path,
    quick: bool,
    record: bool,
    sidecar: Path | None,
    strict: bool,
    limit: int,
    as_json: bool,
    workers: int | None,
) -> None:
    """Check the set of samples in DIR: files, checksums, shapes, dates, places, pixels and metadata.

    Sets written by SpaceNit carry checksums in every file. For sets without them, --record keeps a hash of each file
    in SHA256SUMS (which `sha256sum --check` reads, too), and later runs compare the files with it.

    The exit code is 1 where there are errors.
    """
    from spacenit_data.pool import cores
    from spacenit_data.validate import validate_set

    report = validate_set(
        folder,
        quick=quick,
        record=record,
        sidecar=sidecar,
        workers=workers or cores(),
        progress=not as_json,
        limit=limit,
    )
    if as_json:
        click.echo(json.dumps(_as_json(report), indent=2))
    else:
        _print(report, quick=quick)
    if not report.ok or (strict and report.problems.counts):
        context.exit(1)


def _as_json(report: Any) -> dict[str, Any]:
    sensors = {
        name: {
            "files": totals.files,
            "shapes": [[list(shape), count] for shape, count in totals.shapes.most_common()],
            "dtypes": dict(totals.dtypes),
            "values": totals.values,
            "missing": totals.missing,
            "outside_range": totals.outside,
            "low": totals.low,
            "high": totals.high,
        }
        for name, totals in sorted(report.sensors.items())
    }
    problems = [
        asdict(problem) | {"severity": problem.severity}
        for found in report.problems.examples.values()
        for problem in found
    ]
    return {
        "folder": str(report.folder),
        "ok": report.ok,
        "samples": report.samples,
        "checksummed": report.checksummed,
        "recorded": report.recorded,
        "sensors": sensors,
        "counts": report.problems.counts,
        "problems": problems,
    }


def _print(report: Any, *, quick: bool) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    out = console()
    out.print(f"{report.folder}: {report.samples} samples", soft_wrap=True, markup=False)
    table = Table(box=SIMPLE_HEAD, padding=(0, 1))
    for heading in ("sensor", "files", "shape", "type", "missing", "lowest", "highest", "outside"):
        table.add_column(heading, no_wrap=heading in ("sensor", "shape"))
    for name, totals in sorted(report.sensors.items()):
        shape = "x".join(map(str, totals.shapes.most_common(1)[0][0]))
        others = f" (+{len(totals.shapes) - 1} others)" * (len(totals.shapes) > 1)
        looked = totals.values > 0
        table.add_row(
            name,
            str(totals.files),
            shape + others,
            ", ".join(totals.dtypes),
            f"{totals.missing / totals.values:.1%}" if looked else "-",
            "-" if totals.low is None else f"{totals.low:g}",
            "-" if totals.high is None else f"{totals.high:g}",
            f"{totals.outside / totals.values:.2%}" if looked else "-",
        )
    out.print(table)
    _print_problems(report)
    if not quick and report.checksummed < report.samples and not report.recorded and report.sidecar is None:
        bare = report.samples - report.checksummed
        out.print(f"{bare} files carry no checksums: flipped bits in them show only against hashes (--record)")
    if report.recorded:
        out.print(f"{report.recorded} files compared with their recorded hashes")
    if report.sidecar is not None:
        out.print(f"hashes recorded in {report.sidecar}", soft_wrap=True, markup=False)


def _print_problems(report: Any) -> None:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    from spacenit_data.validate import CHECKS

    out, problems = console(), report.problems
    if not problems.counts:
        out.print("[green]no problems[/]")
        return
    table = Table(box=SIMPLE_HEAD, padding=(0, 1))
    for heading in ("check", "", "count", "file"):
        table.add_column(heading, no_wrap=True)
    table.add_column("what was found", overflow="fold")
    for check in sorted(problems.counts, key=lambda check: (CHECKS[check][0], check)):
        shown = problems.examples.get(check, [])
        for number, problem in enumerate(shown):
            head = (check, problem.severity, str(problems.counts[check])) if number == 0 else ("", "", "")
            table.add_row(*head, problem.file, problem.what, style="yellow" if problem.severity == "warning" else "red")
        rest = problems.counts[check] - len(shown)
        if rest:
            table.add_row("", "", "", f"... and {rest} more", "")
    out.print(table)
    for check in sorted(problems.counts):
        out.print(f"{check}: {CHECKS[check][1]}", soft_wrap=True, markup=False)
    errors, warnings = problems.total("error"), problems.total("warning")
    out.print(f"{errors} errors, {warnings} warnings")
