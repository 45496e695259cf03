"""`spacenit-run evals diagnose`: what a model's vectors are like."""

import json

import click

from spacenit_core.cli.words import command_options, split_words
from spacenit_core.config.aliases import SettingAliases
from spacenit_core.errors import naming_options
from spacenit_core.text import columns, paragraph
from spacenit_evals.cli.options import OPTIONS
from spacenit_evals.cli.settings import EvaluationSettings, settings_of
from spacenit_evals.cli.subjects import subjects

EPILOG = """\b
Examples:
  spacenit-run evals diagnose my_run --benchmark m_eurosat
  spacenit-run evals diagnose galileo --benchmark m_eurosat --patch-size 8
  spacenit-run evals diagnose raw_pixels --benchmark worldcereal_points --json

effective_rank is how many directions the vectors use, uniformity how evenly
they lie on the sphere (the lower, the more), cosine how alike two of them are.
global_ is about the patches of all samples, inter_ about the samples' means,
intra_ about the patches within a sample. A model whose vectors are all alike
has collapsed; numbers tell of that, not of how good a model is.
"""

_CONTEXT = {"ignore_unknown_options": True, "help_option_names": ["-h", "--help"], "max_content_width": 100}


@click.command("diagnose", epilog=EPILOG, context_settings=_CONTEXT, short_help="Show what a model's vectors are like.")
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="MODEL [--SETTING=VALUE]...")
@click.option("--benchmark", metavar="NAME", required=True, help="Whose training samples are embedded.")
@click.option("--patch-size", default=4, show_default=True, type=click.IntRange(1), help="Cells a side of a patch.")
@click.option("--device", default="cpu", show_default=True, help="Where to compute: cpu, cuda ...")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Of the draw of samples.")
@click.option("--json", "as_json", is_flag=True, help="One JSON object.")
@click.pass_context
@naming_options(OPTIONS)
def diagnose(
    ctx: click.Context,
    words: tuple[str, ...],
    benchmark: str,
    patch_size: int,
    device: str,
    seed: int,
    as_json: bool,
) -> None:
    """Embed training samples of a benchmark by MODEL, and show numbers about the vectors and those of patches."""
    options = command_options(ctx.command)
    (word,), overrides = split_words(
        words, ("MODEL",), root=EvaluationSettings, aliases=SettingAliases(), options=options
    )
    settings = settings_of(
        benchmark=benchmark, protocols=(), embedders=(), of_labels={}, plugins=(), overrides=overrides
    )
    assert settings.benchmark is not None
    (subject,) = subjects([word], settings)
    # Late, because this imports torch.
    from spacenit_evals.embedders.of_baselines import build_embedder
    from spacenit_evals.evaluation import opened_for, subject_of
    from spacenit_evals.vectors.diagnostics import diagnose as look_at

    run, config, name = subject_of(subject.load(device), device)
    opened = opened_for(settings.benchmark, run, config, patch_size)
    found = look_at(build_embedder(config, run, opened.inputs), opened, seed)
    if as_json:
        told = {"features": name, "benchmark": benchmark, "samples": found.samples}
        told |= {"left_out": found.left_out, "filled": found.filled}
        click.echo(json.dumps({**told, "remark": found.remark, "numbers": dict(found.numbers)}, indent=1))
        return
    click.echo(columns([(key, f"{value:.4f}") for key, value in found.numbers.items()], ("number", "value")))
    notes = [f"{name} on {benchmark}: {found.samples} training samples."]
    notes += [f"{found.left_out} of them have no vector, and are left out."] if found.left_out else []
    notes += [f"The mean stands for {found.filled:.1%} of the values, which are missing."] if found.filled else []
    notes += [f"Nothing of patches: {found.remark}."] if found.remark else []
    click.echo("\n" + paragraph("\n".join(notes)))
