"""The demo's run: the recipe `nano` with the patch `demo`, and what the command line says."""

from collections.abc import Sequence
from pathlib import Path

from attrs import evolve

from spacenit_core.cli.words import split_words
from spacenit_core.errors import UserError
from spacenit_core.text import listed
from spacenit_demo.settings import NATURAL_COLOUR
from spacenit_demo.world.generate import SENSORS as WORLD_SENSORS
from spacenit_demo.world.generate import WorldSize, world_at
from spacenit_train.aliases import ALIASES
from spacenit_train.run import Run, resolve_run
from spacenit_train.tile_experiment import TileExperiment
from spacenit_train.trainer.resume import config_digest, plain

RECIPE = "nano"


def resolve_demo(
    words: Sequence[str],
    *,
    plugins: Sequence[str],
    patches: Sequence[str],
    seed: int,
    steps: int | None,
    out: Path,
    size: WorldSize,
    options: Sequence[str] = (),
) -> Run:
    """Resolve and check the run; nothing is made yet.

    The run's folder is named by its settings, so that the same command finds what it has trained before.

    Args:
        words: the "--a.b=value" words of the command line.
        plugins: "KIND=NAME".
        patches: names of further patches.
        seed: of the world and the training.
        steps: updates, if the patch's number is not wanted.
        out: where everything goes.
        size: of the world.
        options: the command's own options, for suggestions.

    Raises:
        UserError: with everything that is wrong.
    """
    _, settings = split_words(words, (), root=TileExperiment, aliases=ALIASES, options=options)
    own = {
        "dataset.h5py_dir": str(world_at(out, seed, size).h5py_dir),
        "seed": str(seed),
        "data_loader.seed": str(seed),
    }
    if steps is not None:
        own |= {"trainer.max_duration.value": str(steps), "trainer.max_duration.unit": "steps"}
    stated = {word.partition("=")[0].lstrip("-") for word in settings}
    overrides = [f"--{path}={value}" for path, value in own.items() if path not in stated]
    run = resolve_run(
        RECIPE, "demo", "local", patches=("demo", *patches), plugins=plugins, overrides=[*overrides, *settings]
    )
    assert isinstance(run.experiment, TileExperiment)
    _check(run.experiment, world=Path(own["dataset.h5py_dir"]), size=size)
    return _in_own_folder(run, out)


def _check(experiment: TileExperiment, *, world: Path, size: WorldSize) -> None:
    """Refuse what could only fail after minutes: data that are not the world's, and sensors that show no ground."""
    data = getattr(experiment.dataset, "h5py_dir", None)
    if data != world:
        raise UserError(
            f"the demo trains on the world that it makes, not on {data}",
            "`spacenit-run train nano+demo RUN_NAME local --dataset.h5py_dir=DIR` trains on other data",
        )
    absent = [name for name in experiment.sensors if name not in WORLD_SENSORS]
    if absent:
        raise UserError(f"the demo's world has no {listed(absent)}", f"it has {listed(WORLD_SENSORS)}")
    if NATURAL_COLOUR not in experiment.sensors:
        raise UserError(
            f"the demo's maps and pictures need {NATURAL_COLOUR}, which is not among the sensors",
            f"add it: --sensors=[{', '.join([NATURAL_COLOUR, *experiment.sensors])}]",
        )
    if experiment.data_loader.global_batch_size > size.samples:
        raise UserError(
            f"a global batch of {experiment.data_loader.global_batch_size} samples is more than the world's "
            f"{size.samples}",
            f"--data_loader.global_batch_size={size.samples} is the most",
        )


def _in_own_folder(run: Run, out: Path) -> Run:
    experiment = run.experiment
    source = run.resolved.sources.get("trainer.save_folder")
    if source not in (None, "derived"):
        return run
    unplaced = evolve(experiment, trainer=evolve(experiment.trainer, save_folder=None))
    name = f"demo_{config_digest(plain(unplaced))[:8]}"
    placed = evolve(experiment, run_name=name, trainer=evolve(experiment.trainer, save_folder=out / name))
    return evolve(run, resolved=run.resolved.derived(placed, "demo"))
