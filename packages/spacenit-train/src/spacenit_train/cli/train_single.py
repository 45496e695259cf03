"""`spacenit-run train_single`: pretrain in this process alone."""

from spacenit_core.errors import UserError
from spacenit_train.cli.common import Request, run_command
from spacenit_train.cli.train import fit


@run_command(
    "train_single",
    examples=["train_single nano debug local --dataset.h5py_dir=DIR --data_loader.num_workers=0"],
    single=True,
)
def train_single(request: Request) -> int:
    """Pretrain in this process alone, e.g. in a debugger.

    The same as train, but it never starts or joins other processes.
    """
    asked = request.processes.options()
    if asked or request.processes.world_size() > 1:
        raise UserError("train_single is one process", f"use train for {' '.join(asked) or 'several'}")
    return fit(request, single=True)
