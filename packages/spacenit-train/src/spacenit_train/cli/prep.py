"""`spacenit-run prep`: the data of a run, checked before it begins."""

from spacenit_core.cli.saying import say
from spacenit_core.text import listed
from spacenit_train.cli.common import Request, run_command
from spacenit_train.experiment import Experiment
from spacenit_train.left_behind import say_left_behind
from spacenit_train.remarks import known_steps, remarks, say_notes


@run_command("prep", examples=["prep base my_run local --dataset.h5py_dir=DIR"])
def prep(request: Request) -> None:
    """Check the data of a run, and say what a step and an epoch will be.

    Opens the data set, reads a corner of up to 64 samples and one whole batch, and prints what is there, the sizes of
    windows that the token budget allows, and how long the run is. Entries of other packages than SpaceNit's are tried
    in one step on two samples. Nothing is written. `spacenit-run data validate`
    reads everything.
    """
    # Late, because this imports torch.
    from spacenit_train.preview import open_loader
    from spacenit_train.trial_step import foreign_entries, try_step

    say_left_behind(request.run.resolved.dropped)
    experiment = request.experiment
    experiment.say_data()
    loader = open_loader(experiment)
    experiment.say_loader(loader)
    _say_length(experiment, loader.steps_per_epoch)
    steps = known_steps(experiment.trainer.max_duration, loader.steps_per_epoch)
    say_notes(remarks(experiment, steps=steps, world_size=request.processes.world_size()))
    batch = next(loader.batches())
    for remark in experiment.check_first_batch(batch, request.trusted):
        say(remark, err=True)
    experiment.say_batch(batch)
    if tried := foreign_entries(experiment):
        loss = try_step(experiment, batch)
        say(f"one step on two samples with {listed(tried)}: loss {loss:.4g}")


def _say_length(experiment: Experiment, steps_per_epoch: int) -> None:
    duration = experiment.trainer.max_duration
    total = {"steps": duration.value, "epochs": duration.value * steps_per_epoch}.get(duration.unit)
    length = f"{duration}" if total is None else f"{duration} = {total:,} steps"
    size = experiment.data_loader.global_batch_size
    say(f"{steps_per_epoch:,} steps per epoch of {size} samples; the run: {length}")
