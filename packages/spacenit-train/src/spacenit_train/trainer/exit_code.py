"""How a run ends: what is said, by whom, and with which exit code."""

from torch.distributed.elastic.multiprocessing.errors import record

from spacenit_core.cli.saying import say, say_error
from spacenit_core.errors import SpaceNitError
from spacenit_train.distributed.torchrun import is_rank
from spacenit_train.distributed.world import PeerFailedError
from spacenit_train.trainer.signals import EXIT_AGAIN, InterruptedRunError
from spacenit_train.trainer.trainer import Trainer


def fit_and_report(trainer: Trainer) -> int:
    """Train, and tell the person how it went.

    Returns:
        The exit code: 0 finished, 75 interrupted, else what the error says.

    Raises:
        SpaceNitError: in a run of one process; several are told apart here, because one of them speaks for all.
    """
    # torchrun's summary of failures shows tracebacks only of what is recorded.
    fit = record(trainer.fit) if is_rank() else trainer.fit
    try:
        fit()
    except InterruptedRunError as stop:
        saved = f"the state is saved in {trainer.run_folder}" if trainer.has_saved else "nothing is saved"
        _say(trainer, f"{stop.message}; {saved}; give the same command again to go on")
        return EXIT_AGAIN
    except PeerFailedError as failure:
        return failure.exit_code
    except SpaceNitError as error:
        if not is_rank():
            raise
        say_error(error)
        return error.exit_code
    _say(trainer, f"finished after {trainer.progress.step} steps: {trainer.run_folder}")
    return 0


def _say(trainer: Trainer, text: str) -> None:
    if not trainer.world.is_main:
        return
    if trainer.corrupt_samples:
        text += f"\nsamples that could not be read and were replaced by others: {trainer.corrupt_samples}"
    say(text, err=True)
