"""`spacenit-run demo`: all of SpaceNit in minutes, on a world that is generated on the spot."""

from pathlib import Path

import click

from spacenit_core.cli.paths import PATH
from spacenit_core.errors import naming_options
from spacenit_train.tile_options import OPTIONS

EPILOG = """\b
Examples:
  spacenit-run demo
  spacenit-run demo --plugin masking=random        another masking policy
  spacenit-run demo --seed 1 --steps 2000          another world, more steps
  spacenit-run demo --train_module.optim.lr=5e-4   any setting of the recipe

The world, the pretraining, the evaluation and the pictures are deterministic: the same command gives the same
numbers on the same machine. The world is kept and used again, and so is a finished training with the same
settings. Ctrl-C saves the state; the same command goes on from there.
"""


@click.command(
    "demo",
    epilog=EPILOG,
    short_help="Pretrain and evaluate on a generated world, in minutes.",
    context_settings={"ignore_unknown_options": True, "max_content_width": 100},
)
@click.argument("words", nargs=-1, type=click.UNPROCESSED, metavar="[--SETTING=VALUE]...")
@click.option("--plugin", "plugins", multiple=True, metavar="KIND=NAME", help="Set a slot, e.g. masking=random.")
@click.option("--patch", "patches", multiple=True, metavar="NAME", help="Lay an installed patch upon the recipe.")
@click.option("--seed", default=0, show_default=True, type=click.IntRange(0), help="Of the world and the training.")
@click.option("--steps", type=click.IntRange(1), help="Updates of the pretraining.")
@click.option("--out", default=Path("local_output/demo"), show_default=True, type=PATH, help="Where everything goes.")
@naming_options({**OPTIONS, "out": " with --out"})
def demo(
    words: tuple[str, ...], plugins: tuple[str, ...], patches: tuple[str, ...], seed: int, steps: int | None, out: Path
) -> int:
    """Pretrain a small encoder on a generated world and evaluate it beside raw pixels and random weights.

    Makes a world (relief, fields, seasons, clouds, Sentinel-1 and Sentinel-2 images), pretrains the recipe `nano` on it
    without labels, and classifies land cover from few labels. Takes minutes on two cores, and no network.
    """
    from spacenit_demo.resolution import resolve_demo
    from spacenit_demo.world.generate import WorldSize
    from spacenit_train.left_behind import say_left_behind

    options = [option for parameter in demo.params for option in parameter.opts if option.startswith("--")]
    size = WorldSize()
    run = resolve_demo(
        words, plugins=plugins, patches=patches, seed=seed, steps=steps, out=out, size=size, options=options
    )
    say_left_behind(run.resolved.dropped)

    # Late, because this imports torch, and most mistakes are found before.
    from spacenit_demo.stages import Demo

    return Demo(run=run, out=out, seed=seed, size=size).run_stages()
