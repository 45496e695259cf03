"""`spacenit-run evals`: benchmarks, their data, and results."""

import click

from spacenit_core.cli.group import LazyGroup

_HOMES = {
    "check": "spacenit_evals.cli.check:check",
    "checkpoints": "spacenit_evals.cli.checkpoints:checkpoints",
    "compare": "spacenit_evals.cli.compare:compare",
    "defects": "spacenit_evals.cli.defects:defects",
    "diagnose": "spacenit_evals.cli.diagnose:diagnose",
    "list": "spacenit_evals.cli.listing:list_",
    "model": "spacenit_evals.cli.model_facts:model_facts",
    "prepare": "spacenit_evals.cli.prepare:prepare",
    "report": "spacenit_evals.cli.report:report",
    "sweep": "spacenit_evals.cli.sweep:sweep",
}
"""Sub-command -> where it is; imported when it is called."""

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


@click.group(cls=LazyGroup, homes=_HOMES, epilog=EXAMPLES)
def evals() -> None:
    """List benchmarks, say where their data come from, and check them; `spacenit-run evaluate` evaluates on them."""
