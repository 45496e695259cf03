"""`spacenit-run evals defects`: what is known to be wrong with published data."""

import json

import click
from attrs import asdict

from spacenit_core.text import paragraph
from spacenit_evals.defects import DEFECTS


@click.command("defects")
@click.option("--json", "as_json", is_flag=True, help="One JSON object per defect.")
def defects(as_json: bool) -> None:
    """Show what is known to be wrong with published data, and how they are read right.

    Benchmarks read these data corrected; --benchmark.variant=as_published repeats published numbers.

    \b
    Examples:
      spacenit-run evals defects
      spacenit-run evals defects --json
    """
    if as_json:
        click.echo(json.dumps([asdict(defect) for defect in DEFECTS], indent=1))
        return
    lines = []
    for defect in DEFECTS:
        lines += [f"{defect.id} ({', '.join(defect.benchmarks)})", f"  wrong: {defect.wrong}"]
        lines += [f"  evidence: {defect.evidence}", f"  right: {defect.reading}", ""]
    click.echo(paragraph("\n".join(lines[:-1])))
