"""`spacenit-run evals compare`: paired differences of finished evaluations."""

from pathlib import Path

import click

from spacenit_core.cli.paths import PATH
from spacenit_core.errors import UserError
from spacenit_core.text import did_you_mean


@click.command("compare")
@click.argument("folders", nargs=-1, type=PATH, metavar="FOLDER FOLDER...", required=True)
@click.option("--features", metavar="NAME", help="Compare these features, not those of the evaluated models.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per difference.")
def compare(folders: tuple[Path, ...], features: str | None, as_json: bool) -> None:
    """Compare finished evaluations sample by sample: the first FOLDER against each of the others.

    FOLDER is one that `spacenit-run evaluate` wrote. Both have to be of the same benchmark, variant, splits and
    protocol; no model runs again.

    \b
    Examples:
      spacenit-run evals compare runs/a/evaluation runs/b/evaluation
      spacenit-run evals compare a/evaluation b/evaluation --features raw_pixels
    """
    if len(folders) < 2:
        raise UserError("one folder is given, and two are compared", "name another: FOLDER FOLDER")
    names = _names(folders)
    for folder in folders:
        if not (folder / "results.json").is_file():
            raise UserError(
                f"{folder} holds no results of an evaluation",
                "name a folder with results.json, as `spacenit-run evaluate MODEL --benchmark NAME` writes it",
            )
    # Late, so that `evals list` stays fast.
    import json

    from attrs import asdict

    from spacenit_evals.results.comparison import differences, told
    from spacenit_evals.results.report import read_report

    reports = dict(zip(names, map(read_report, folders), strict=True))
    for name, report in reports.items():
        known = list(dict.fromkeys(score.features for score in report.scores))
        if features is not None and features not in known:
            question = did_you_mean(features, known) or f"it has {', '.join(known)}"
            raise UserError(f"{name} has no features {features}; {question}", "choose others, or leave --features out")
    found = differences(reports, None if features is None else dict.fromkeys(reports, features))
    click.echo(json.dumps([asdict(one) for one in found], indent=1) if as_json else told(found))


def _names(folders: tuple[Path, ...]) -> list[str]:
    """Short names that tell folders apart: the parts in which their paths differ."""
    parts = [folder.expanduser().resolve().parts for folder in folders]
    for length in range(1, max(map(len, parts)) + 1):
        ends = ["/".join(part[-length:]) for part in parts]
        if len(set(ends)) == len(ends):
            return ["/".join(part[-length:]).removesuffix("/evaluation") for part in parts]
    raise UserError(f"{folders[0]} is named twice", "name each folder once")
