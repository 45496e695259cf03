"""Out of memory, answered with the settings to lower."""

import torch

from spacenit_core.errors import UserError
from spacenit_train.experiment import Experiment, configs_in
from spacenit_train.remarks import compares_samples


def explain(error: Exception, experiment: Experiment, device: torch.device) -> Exception:
    """The message for a person whose run does not fit; other errors stay what they are.

    Args:
        error: what was raised.
        experiment: the experiment, for the present values of the settings.
        device: where the memory ran out.
    """
    if not is_out_of_memory(error):
        return error
    first = str(error).strip().splitlines()[0] if str(error).strip() else type(error).__name__
    loader, module = experiment.data_loader, experiment.train_module
    cheaper = "--train_module.memory=checkpoint costs nothing but time; or " if hasattr(module, "memory") else ""
    bounds = (f"    {f'--data_loader.{name}':<37}(now {getattr(loader, name)})" for name in loader.bounds_memory)
    return UserError(
        f"out of memory on {device}: {first}",
        f"{cheaper}lower one of these:\n{_about_micro_batches(experiment, module.rank_microbatch_size)}"
        + "\n".join(bounds),
    )


def _about_micro_batches(experiment: Experiment, size: int) -> str:
    """The line on micro-batches, and what smaller ones change beside the memory; none where they cannot be smaller."""
    compared = any(compares_samples(config) for _, config in configs_in(experiment.train_module))
    if size <= (2 if compared else 1):
        return ""
    note = (
        ": another loss, as samples are compared within a micro-batch, and none with fewer than 2" if compared else ""
    )
    return f"    --train_module.rank_microbatch_size  (now {size}){note}\n"


def is_out_of_memory(error: Exception) -> bool:
    """Whether an error means that memory ran out, on a GPU or in the machine."""
    if isinstance(error, MemoryError | torch.OutOfMemoryError):
        return True
    return isinstance(error, RuntimeError) and "can't allocate memory" in str(error)
