"""Data parallelism by torch's `DistributedDataParallel`: one exchange per update, overlapped with the backward pass."""

import gc
from contextlib import AbstractContextManager
from datetime import timedelta

import torch.distributed as dist
from torch import Tensor, nn
from torch.nn.parallel import DistributedDataParallel

from spacenit_core.kinds.loaders import TrainingBatch
from spacenit_core.kinds.runners import StepLoss
from spacenit_core.kinds.strategies import LostRankError, RanksOfModel
from spacenit_train.distributed.strategies.single import Single

# All ranks begin the exchange together, so one that is this late does not come at all.
_PATIENCE = timedelta(minutes=10)


class DDP(Single):
    """A runner whose gradients are means over all ranks.

    Gradients have a process group of their own, so that a rank that fails within the backward pass can leave it, which
    ends the backward pass of the others, and all can still agree on what went wrong.

    Args:
        runner: from a micro-batch to its loss.
        ranks: those that share its model; torch's default process group joins them.
    """

    def __init__(self, runner: nn.Module, ranks: RanksOfModel) -> None:
        super().__init__(runner)
        backend = "nccl" if ranks.device.type == "cuda" else "gloo"
        self._group: dist.ProcessGroup | None = dist.new_group(backend=backend, timeout=_PATIENCE)
        self._replica: DistributedDataParallel | None = DistributedDataParallel(
            _PlainResults(runner),
            process_group=self._group,
            init_sync=False,
            broadcast_buffers=False,
            # A view, a sensor or a micro-batch may leave parameters out.
            find_unused_parameters=True,
            gradient_as_bucket_view=True,
        )

    def share_weights(self) -> None:
        """Overwrite weights and buffers with those of rank 0."""
        for tensor in (*self._runner.parameters(), *self._runner.buffers()):
            dist.broadcast(tensor.detach(), src=0)

    def forward(self, batch: TrainingBatch) -> StepLoss:
        """What the runner makes of a micro-batch."""
        loss, metrics = self._present(batch)
        return StepLoss(loss=loss, metrics=metrics)

    def accumulating(self) -> AbstractContextManager[object]:
        """While gradients are added up on this rank alone."""
        return self._present.no_sync()

    def backward(self, loss: Tensor) -> None:
        """Add the gradients of a loss, a scalar, to those of the parameters; outside of `accumulating` exchange them.

        Raises:
            LostRankError: where another rank left.
            Exception: what the backward pass raises; the other ranks are then let go.
        """
        try:
            loss.backward()
        except Exception as error:
            self._leave()
            if _is_of_exchange(error):
                raise LostRankError(f"the gradients of a step could not be exchanged: {error}") from error
            raise

    @property
    def _present(self) -> DistributedDataParallel:
        assert self._replica is not None, "this rank has left the others"
        return self._replica

    def _leave(self) -> None:
        """Close the connections that gradients travel by: all that refers to them goes."""
        group, self._group, self._replica = self._group, None, None
        if group is not None:
            dist.destroy_process_group(group)
            del group
            gc.collect()


class _PlainResults(nn.Module):
    """A runner that returns what `DistributedDataParallel` can look into, to find the parameters that took part."""

    def __init__(self, runner: nn.Module) -> None:
        super().__init__()
        self.runner = runner

    def forward(self, batch: TrainingBatch) -> tuple[Tensor, dict[str, Tensor]]:
        result: StepLoss = self.runner(batch)
        return result.loss, {name: value.detach() for name, value in result.metrics.items()}


def _is_of_exchange(error: Exception) -> bool:
    """Whether an error comes from the exchange between ranks."""
    # Gloo's have no class of their own, but name the file that they come from.
    return isinstance(error, dist.DistError) or (isinstance(error, RuntimeError) and "gloo/transport" in str(error))
