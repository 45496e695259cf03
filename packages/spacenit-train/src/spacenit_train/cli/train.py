"""`spacenit-run train`: pretrain, in one process or several."""

from spacenit_core.errors import UserError
from spacenit_train.cli.common import Processes, Request, run_command
from spacenit_train.distributed.torchrun import end_rank, is_rank, launch, register_rank
from spacenit_train.left_behind import say_left_behind


@run_command(
    "train",
    examples=[
        "train base my_run local --dataset.h5py_dir=DIR",
        "train nano my_run local --dataset.h5py_dir=DIR --data_loader.global_batch_size=64",
        "train base my_run local --dataset.h5py_dir=DIR --nproc_per_node=8",
        "train base+no_contrastive ablation local --dataset.h5py_dir=DIR",
    ],
)
def train(request: Request) -> int:
    """Pretrain a model, or resume where it stopped.

    Everything is written to the run's folder: ./local_output/checkpoints/<login name>/RUN_NAME, or the one that
    --common.save_folder names. The same command resumes from the newest checkpoint there.

    A signal (Ctrl-C, SIGTERM) ends the run after its step, with its state saved and exit code 75: "run me again".

    --nproc_per_node=N starts N processes with torchrun, once the settings are checked; `torchrun -m spacenit_core train
    ...` by hand does the same.
    """
    if request.processes.wanted and not is_rank():
        check_gpus(request.processes)
        request.experiment.check_data()
        return launch(request.processes.options(), ["train", *request.words])
    return fit(request)


def check_gpus(processes: Processes) -> None:
    """Refuse one process for each GPU where there is none.

    Raises:
        UserError: with what to give instead.
    """
    if processes.nproc_per_node == "gpu":
        import torch

        if not torch.cuda.is_available():
            raise UserError("--nproc_per_node=gpu: there is no GPU", "give a number of processes, or cpu")


def fit(request: Request, *, single: bool = False) -> int:
    """Train in this process.

    Args:
        request: what to train.
        single: never to join other processes.

    Returns:
        The exit code.
    """
    # Late, because this imports torch, and most mistakes are found before.
    from spacenit_train.trainer.exit_code import fit_and_report
    from spacenit_train.trainer.trainer import Trainer

    if is_rank():
        register_rank()
    say_left_behind(request.run.resolved.dropped)
    code = fit_and_report(
        Trainer(request.experiment, header=request.run.header(), single=single, trusted=request.trusted)
    )
    if is_rank():
        end_rank(code)
    return code
