"""`spacenit-run export`: write a trained model for others to load."""

from pathlib import Path

import click
from attrs import frozen

from spacenit_core.cli.paths import PATH
from spacenit_core.cli.words import command_options, split_words
from spacenit_core.config.aliases import SettingAliases
from spacenit_core.config.fields import setting
from spacenit_core.config.resolve import resolve
from spacenit_core.contracts.build import build
from spacenit_core.errors import UserError
from spacenit_core.exporters.safetensors import SafetensorsConfig
from spacenit_core.kinds.exporters import EXPORTERS, ExporterConfig

EPILOG = """\b
Examples:
  spacenit-run export local_output/checkpoints/me/my_run
  spacenit-run export local_output/checkpoints/me/my_run \\
    --plugin exporter=olmoearth --out released
  spacenit-run export allenai/OlmoEarth-v1_2-Nano --plugin exporter=onnx \\
    --exporter.sensors=[sentinel2_l2a]
"""

_CONTEXT = {"ignore_unknown_options": True, "help_option_names": ["-h", "--help"], "max_content_width": 100}


@frozen(kw_only=True)
class ExportSettings:
    """What the command `export` can be told."""

    exporter: ExporterConfig = setting("what is written", factory=SafetensorsConfig)


@click.command("export", epilog=EPILOG, context_settings=_CONTEXT, short_help="Write a trained model for others.")
@click.option("--plugin", "plugins", metavar="exporter=NAME", multiple=True, help="What to write; see below.")
@click.option("--out", type=PATH, help="Folder to write; RUN/export/NAME if unset.")
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="RUN [--exporter.SETTING=VALUE]...")
@click.pass_context
def export(ctx: click.Context, words: tuple[str, ...], plugins: tuple[str, ...], out: Path | None) -> None:
    """Write the model of RUN: a run's folder, one of its checkpoints, or whatever `load_model` takes.

    Exporters: safetensors (the encoder, for load_model), olmoearth (config.json and weights.pth, for OlmoEarth
    Pretrain), torch_export and onnx (the encoder as a graph of one shape; `spacenit-run plugins info exporters onnx`
    shows their settings; onnx needs the extra spacenit-core[onnx]).
    """
    options = command_options(ctx.command)
    arguments, overrides = split_words(words, ("RUN",), root=ExportSettings, aliases=SettingAliases(), options=options)
    resolved = resolve(ExportSettings(), plugins=plugins, overrides=overrides, source="default")
    config = resolved.value.exporter
    from spacenit_core.cli.console import console
    from spacenit_core.pretrained.load import load_model

    exporter = build(config)
    folder = _folder(out, arguments[0], EXPORTERS.name_of(config))
    model = load_model(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    for path in exporter(model, folder):
        console().print(f"written: {path}", markup=False, soft_wrap=True)


def _folder(out: Path | None, run: str, name: str) -> Path:
    if out is None:
        source = Path(run).expanduser()
        out = source / "export" / name if source.is_dir() else Path("export") / run.replace("/", "-") / name
    if out.exists() and (not out.is_dir() or any(out.iterdir())):
        raise UserError(f"{out} is there already", "give another folder with --out, or remove it")
    return out
