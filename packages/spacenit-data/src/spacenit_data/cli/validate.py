"""`spacenit-run data validate`: is a set what it claims to be?"""

import json
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from spacenit_core.cli.paths import PATH
from spacenit_core.cli.saying import say
from spacenit_core.errors import naming_options
from spacenit_data.cli.options import MONTHS, months_option

if TYPE_CHECKING:
    from spacenit_data.validate import ProblemTable, ValidationReport


EXAMPLES = """\b
Examples:
  spacenit-run data validate DIR                every file, every checksum
  spacenit-run data validate DIR --quick        structure and metadata alone
  spacenit-run data validate DIR --record       keep hashes of the files
  spacenit-run data validate DIR --strict --json > findings.json
"""


@click.command("validate", short_help="Check a set of samples, file by file.", epilog=EXAMPLES)
@click.argument("folder", metavar="DIR", type=PATH)
@click.option("--quick", is_flag=True, help="Structure and metadata only: read neither pixels nor hashes.")
@click.option("--record", is_flag=True, help="Write a sidecar of hashes, which later runs compare the files with.")
@click.option("--sidecar", type=PATH, help="Where the hashes are kept; DIR/SHA256SUMS if unset.")
@click.option("--strict", is_flag=True, help="Let warnings count as errors.")
@click.option(
    "--limit", default=5, show_default=True, type=click.IntRange(0), help="Files shown for each kind of problem."
)
@months_option
@click.option("--json", "as_json", is_flag=True, help="Print the findings as JSON.")
@click.option("--workers", type=click.IntRange(1), help="Processes; all cores if unset.")
@click.pass_context
@naming_options(MONTHS)
def validate(
    context: click.Context,
    folder: Path,
    quick: bool,
    record: bool,
    sidecar: Path | None,
    strict: bool,
    limit: int,
    months_from: int,
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
        months_from=months_from,
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


def _as_json(report: "ValidationReport") -> dict[str, Any]:
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
        {"check": problem.check, "severity": problem.severity, "file": problem.file, "what": problem.what}
        for found in report.problems.examples.values()
        for problem in found
    ]
    return {
        "folder": str(report.folder),
        "ok": report.ok,
        "samples": report.samples,
        "checksummed": report.checksummed,
        "recorded": report.recorded,
        "months_from": report.months.counted_from,
        "sensors": sensors,
        "counts": report.problems.counts,
        "problems": problems,
    }


def _print(report: "ValidationReport", *, quick: bool) -> None:
    from spacenit_core.text import columns

    click.echo(f"{report.folder}: {report.samples} samples\n")
    rows = []
    for name, totals in sorted(report.sensors.items()):
        shape = "x".join(map(str, totals.shapes.most_common(1)[0][0]))
        others = f" (+{len(totals.shapes) - 1} others)" * (len(totals.shapes) > 1)
        shares = ("-", "-")
        if totals.values:
            shares = (f"{totals.missing / totals.values:.1%}", f"{totals.outside / totals.values:.2%}")
        ends = ("-", "-") if totals.low is None else (f"{totals.low:g}", f"{totals.high:g}")
        rows.append((name, str(totals.files), shape + others, ", ".join(totals.dtypes), shares[0], *ends, shares[1]))
    heading = ("sensor", "files", "shape", "type", "missing", "lowest", "highest", "out of range")
    click.echo(f"{columns(rows, heading=heading)}\n")
    say(f"dates: {report.months.sentence(report.months_from)}\n")
    _print_problems(report.problems)
    if not quick and report.checksummed < report.samples and not report.recorded and report.sidecar is None:
        bare = report.samples - report.checksummed
        say(f"{bare} files carry no checksums: flipped bits in them show only against hashes (--record)")
    if report.recorded:
        click.echo(f"{report.recorded} files compared with their recorded hashes")
    if report.sidecar is not None:
        click.echo(f"hashes recorded in {report.sidecar}")


def _print_problems(problems: "ProblemTable") -> None:
    from spacenit_core.text import columns
    from spacenit_data.validate import CHECKS

    if not problems.counts:
        click.echo("no problems")
        return
    for check in sorted(problems.counts, key=lambda check: (CHECKS[check][0], check)):
        severity, meaning = CHECKS[check]
        shown = problems.examples.get(check, [])
        say(f"{severity}: {check} ({problems.counts[check]}): {meaning}")
        click.echo(columns([(f"     {problem.file}", problem.what) for problem in shown]))
        rest = problems.counts[check] - len(shown)
        if rest:
            click.echo(f"     ... and {rest} more (--limit)")
    click.echo(f"\n{problems.total('error')} errors, {problems.total('warning')} warnings")
