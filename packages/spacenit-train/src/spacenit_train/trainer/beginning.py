"""How a run begins in its folder: from which checkpoint, with which metrics, and what is said of it."""

from pathlib import Path

from attrs import frozen

from spacenit_core import checkpoint
from spacenit_core.cli.saying import say
from spacenit_core.errors import UserError
from spacenit_train.experiment import Experiment
from spacenit_train.remarks import known_steps, rate_jump, remarks, say_notes
from spacenit_train.trainer import resume, state
from spacenit_train.trainer.config import Duration
from spacenit_train.trainer.duration import Progress
from spacenit_train.trainer.metrics import MetricsFile
from spacenit_train.trainer.run_folder import writing


@frozen(kw_only=True)
class FormerPart:
    """The part of a run that another one goes on from.

    Attributes:
        duration: how long the run was to be.
        processes: how many trained it.
    """

    duration: Duration
    processes: int

    @classmethod
    def of(cls, saved: state.SavedState) -> "FormerPart":
        """What a checkpoint tells of it."""
        return cls(duration=Duration(**saved.config["trainer"]["max_duration"]), processes=saved.processes)


def find_checkpoint(folder: Path, experiment: Experiment, data: dict[str, str]) -> Path | None:
    """The checkpoint that a run goes on from; None where it begins.

    Args:
        folder: the run's folder.
        experiment: what is to be trained.
        data: the fingerprint of its data.

    Raises:
        UserError: where the run was begun with other settings, sensors or data, with the differences; or where another
            run lies where a checkpoint of this one would go.
    """
    if inside := checkpoint.run_folders(folder):
        raise UserError(
            f"{inside[0]} is a run's folder, and this run in {folder} would write its checkpoint of that step there",
            "move that run, or choose another folder for this one with --trainer.save_folder",
        )
    found = checkpoint.latest(folder, report=report)
    if found is not None:
        saved = state.read(found)
        resume.check_same(saved.config, experiment, folder)
        experiment.check_checkpoint(found)
        resume.check_same_data(saved.data, data, folder)
    return found


def begin_metrics(metrics: MetricsFile, folder: Path, step: int, *, resumed: bool) -> None:
    """Leave the rows up to a step. Those of a run whose checkpoints are all damaged are kept under another name.

    Raises:
        DataError: where the file cannot be written.
    """
    damaged = [] if resumed else checkpoint.checkpoints(folder)
    with writing(metrics.path):
        if damaged and (kept := metrics.set_aside()):
            report(f"no checkpoint is whole, so the run begins again; its former metrics are kept in {kept}")
        metrics.cut(step)


def say_remarks(
    experiment: Experiment, former: FormerPart | None, progress: Progress, *, steps_per_epoch: int, world_size: int
) -> None:
    """Say what the run does that its settings may not mean."""
    jump = [] if former is None else rate_jump(experiment, former.duration, progress, steps_per_epoch)
    steps = known_steps(experiment.trainer.max_duration, steps_per_epoch)
    before = None if former is None else former.processes
    say_notes([*jump, *remarks(experiment, steps=steps, world_size=world_size, before=before)])


def report(text: str) -> None:
    """Say something of the run to the person, on stderr."""
    say(text, err=True)
