"""`spacenit-run evals check`: whether labelled data are what they are said to be."""

import json
from typing import TYPE_CHECKING

import click
from attrs import frozen

from spacenit_core.cli.words import command_options, split_words
from spacenit_core.config.aliases import SettingAliases
from spacenit_core.config.fields import setting
from spacenit_core.config.resolve import resolve
from spacenit_core.errors import naming_options
from spacenit_core.kinds.benchmarks import BENCHMARKS, BenchmarkConfig
from spacenit_evals.cli.options import OPTIONS
from spacenit_evals.cli.variant import variant_option, with_variant
from spacenit_evals.defects import defects_of

if TYPE_CHECKING:
    from spacenit_core.kinds.benchmarks import Benchmark
    from spacenit_evals.checks import Finding

EPILOG = """\b
Examples:
  spacenit-run evals check m_eurosat
  spacenit-run evals check m_eurosat --variant as_published
  spacenit-run evals check worldcereal_points --benchmark.month_rule=middle
  spacenit-run evals check folder --benchmark.folder=images --json
  spacenit-run evals check m_eurosat --samples 200 --model my_run

Errors make scores wrong: numbers in other units, bands or polarisations that
are swapped, months that do not fit the temperatures, labels that are no class,
samples that are trained on and tested. Warnings may. Notes have to be known to
read the scores, such as a band that is missing everywhere. The exit status is 1
where there is an error, and 0 otherwise, also with warnings.
"""

_OPTIONS = {thing: text.replace("--", "--benchmark.") for thing, text in OPTIONS.items()}
"""Here every setting has its path alone."""

_CONTEXT = {"ignore_unknown_options": True, "help_option_names": ["-h", "--help"], "max_content_width": 100}


@frozen(kw_only=True)
class CheckSettings:
    """What is checked."""

    benchmark: BenchmarkConfig | None = setting("what is checked", None)


@click.command("check", epilog=EPILOG, context_settings=_CONTEXT, short_help="Check the data of a benchmark.")
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="NAME [--benchmark.SETTING=VALUE]...")
@variant_option
@click.option("--samples", type=click.IntRange(1), help="Most samples to read, evenly taken; all if unset.")
@click.option("--model", metavar="RUN", help="Also count test samples on ground that this run was pretrained on.")
@click.option(
    "--distance", default=0.0, show_default=True, type=click.FloatRange(0), help="Metres from that ground that count."
)
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
@naming_options(_OPTIONS)
def check(
    ctx: click.Context,
    words: tuple[str, ...],
    variant: str | None,
    samples: int | None,
    model: str | None,
    distance: float,
    as_json: bool,
) -> None:
    """Check the data of benchmark NAME: values against bands and units, dates, labels, splits, repeated samples.

    It is opened with all that it offers. The exit status is 1 where there is an error.
    """
    options = command_options(ctx.command)
    (name,), overrides = split_words(words, ("NAME",), root=CheckSettings, aliases=SettingAliases(), options=options)
    entry = BENCHMARKS.entry(name).name
    given = with_variant(variant, overrides)
    settings = resolve(CheckSettings(), plugins=[f"benchmark={name}"], overrides=given, source="default").value
    assert settings.benchmark is not None
    # Late, because this imports what reads data.
    from spacenit_evals.checks.report import check_survey
    from spacenit_evals.checks.survey import survey

    seen = survey(opened(settings.benchmark), samples)
    report = check_survey(seen, entry).with_findings(of_register(entry, settings.benchmark))
    if model is not None:
        from spacenit_evals.checks.pretraining_ground import ground_findings

        report = report.with_findings(ground_findings(model, seen, distance))
    click.echo(json.dumps(report.record(), indent=1, default=str) if as_json else report.text())
    ctx.exit(1 if report.failed else 0)


def opened(config: BenchmarkConfig) -> "Benchmark":
    """The benchmark with all that it offers, not held to the contract: what that refuses is what is looked for."""
    from spacenit_core.samples.model_inputs import ModelInputs

    return config.build(ModelInputs(sensors=config.offers(), patch_size=1))


def of_register(name: str, config: BenchmarkConfig) -> "list[Finding]":
    """What is known to be wrong, as notes."""
    from spacenit_evals.checks import Finding

    variant = getattr(config, "variant", "corrected")
    read = (
        "read right (--variant corrected)" if variant == "corrected" else "read as published (--variant as_published)"
    )
    return [
        Finding("defects", "note", f"{defect.id}: {defect.wrong}; {read}", expected=defect.reading)
        for defect in defects_of(name)
    ]
