"""`spacenit-run evals model`: what a model takes, and where it comes from."""

import json
from pathlib import Path

import click
from attrs import asdict

from spacenit_core.cli.words import command_options, split_words
from spacenit_core.config.aliases import SettingAliases
from spacenit_core.contracts.embedders import facts_of
from spacenit_core.errors import UserError
from spacenit_core.kinds.embedders import EMBEDDERS, EmbedderConfig, ModelFacts
from spacenit_core.pretrained.olmoearth.hub import is_hub_id
from spacenit_core.text import columns, did_you_mean
from spacenit_evals.cli.named_embedder import named_embedder
from spacenit_evals.cli.settings import EvaluationSettings, settings_of

EXAMPLES = """\b
Examples:
  spacenit-run evals model galileo
  spacenit-run evals model galileo --embedder.galileo.size=tiny
  spacenit-run evals model my_run --json
"""

_UNKNOWN = "not known"


@click.command("model", epilog=EXAMPLES, context_settings={"ignore_unknown_options": True})
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="MODEL [--SETTING=VALUE]...")
@click.option("--json", "as_json", is_flag=True, help="As one JSON object.")
@click.pass_context
def model_facts(ctx: click.Context, words: tuple[str, ...], as_json: bool) -> None:
    """Say what MODEL takes, and where its weights come from: a run, a released model, or an embedder's name."""
    (model,), overrides = split_words(
        words, ("MODEL",), root=EvaluationSettings, aliases=SettingAliases(), options=command_options(ctx.command)
    )
    facts = _facts(model, overrides)
    click.echo(json.dumps(asdict(facts), indent=1) if as_json else columns(rows(facts), ("fact", "value")))


def _facts(model: str, overrides: list[str]) -> ModelFacts:
    if Path(model).expanduser().exists() or is_hub_id(model):
        from spacenit_evals.checkpoint import load_evaluated
        from spacenit_evals.embedders.encoder import ModelEncoder

        return ModelEncoder().facts(load_evaluated(model), None)
    name = EMBEDDERS.canonical(model)
    if name not in EMBEDDERS.names():
        raise UserError(
            f"there is no model {model}{_question(model)}", "give a run's folder, a model, or an embedder's name"
        )
    settings = settings_of(
        benchmark=None, protocols=(), embedders=(name,), of_labels={}, plugins=(), overrides=overrides
    )
    config = named_embedder(model, settings)
    assert isinstance(config, EmbedderConfig)
    return facts_of(config, None, None)


def _question(model: str) -> str:
    question = did_you_mean(model, EMBEDDERS.names())
    return f"; {question}" if question else ""


def rows(facts: ModelFacts) -> list[tuple[str, str]]:
    """The facts for people, one a row."""
    taken = [
        f"{each.name} in {each.units or 'units that nothing states'}: {' '.join(each.bands)}" for each in facts.sensors
    ]
    sizes = facts.patch_sizes
    return [
        *([("takes", text) for text in taken] or [("takes", "whatever there is")]),
        ("normalisation", facts.normalisation or _UNKNOWN),
        ("patches", "none" if sizes is None else f"{sizes[0]} to {sizes[1]} cells"),
        ("windows", facts.input_size or _UNKNOWN),
        ("time", facts.time or _UNKNOWN),
        ("weights", facts.weights or "none are read"),
        ("sha256", facts.sha256 or ("not here" if facts.weights else "none")),
        ("licence", f"code {facts.code_licence or _UNKNOWN}, weights {facts.weights_licence or _UNKNOWN}"),
        ("parameters", _UNKNOWN if facts.parameters is None else f"{facts.parameters:,}"),
        ("pretrained on", facts.pretrained_on or "nothing"),
        ("benchmarks seen", _UNKNOWN if facts.seen is None else ", ".join(facts.seen) or "none"),
    ]
