"""The processes of a run: what they agree on, and how they fail together."""

import json
import os
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import TypeVar

import torch
import torch.distributed as dist
from attrs import field, frozen

from spacenit_core.errors import SpaceNitError, UserError
from spacenit_core.kinds.strategies import LostRankError
from spacenit_train.distributed.rank_environment import started_as

T = TypeVar("T")

# Others wait this long while rank 0 writes a checkpoint or one rank reads a slow disk.
_PATIENCE = timedelta(minutes=30)


class PeerFailedError(SpaceNitError):
    """Another rank failed, and says why itself; this one ends with it, in silence."""

    def __init__(self, rank: int, exit_code: int) -> None:
        super().__init__(f"rank {rank} failed")
        self.rank = rank
        self.exit_code = exit_code


@frozen(kw_only=True)
class World:
    """One process's place among those that train one model. Alone, every exchange is the identity.

    Small decisions travel between CPUs (gloo), so that they never wait for a GPU; tensors travel where they lie.

    Attributes:
        rank: this process, from 0.
        size: how many there are.
        device: where this one computes.
    """

    rank: int = 0
    size: int = 1
    device: torch.device = field(factory=lambda: torch.device("cpu"))

    @classmethod
    def join(cls, device: str = "auto", *, single: bool = False) -> "World":
        """Meet the other processes that torchrun started (its environment variables), or be alone.

        Args:
            device: "auto", "cpu" or "cuda".
            single: to be alone all the same.

        Raises:
            UserError: where a GPU is asked for and there is none, or the environment names no place.
        """
        started = started_as()
        chosen = choose_device(device, 0 if started is None else started.local_rank)
        if single or started is None or started.size == 1:
            return cls(device=chosen)
        if chosen.type == "cuda":
            torch.cuda.set_device(chosen)
        backend = "cpu:gloo,cuda:nccl" if chosen.type == "cuda" else "gloo"
        try:
            dist.init_process_group(backend, timeout=_PATIENCE)
        except (dist.DistError, ValueError) as error:
            address = f"{os.environ.get('MASTER_ADDR')}:{os.environ.get('MASTER_PORT')}"
            reason = str(error).strip().partition("\n")[0]
            raise UserError(
                f"{started.size} processes cannot meet at {address}: {reason}",
                "MASTER_ADDR and MASTER_PORT are the address of machine 0 and a free port of it",
            ) from error
        return cls(rank=dist.get_rank(), size=dist.get_world_size(), device=chosen)

    def leave(self) -> None:
        """Part from the others; nothing can be exchanged afterwards."""
        if self.size > 1 and dist.is_initialized():
            dist.destroy_process_group()

    @property
    def is_main(self) -> bool:
        """Whether this process writes files and speaks to people."""
        return self.rank == 0

    def sum_and_check(self, values: Sequence[int] = (), failure: Exception | None = None) -> list[int]:
        """Add integers up over all ranks, and fail everywhere if one rank has failed.

        Args:
            values: as many on every rank.
            failure: what went wrong here since the last agreement.

        Raises:
            Exception: the failure of the lowest rank that has one, there; a `LostRankError` only where all have one.
            PeerFailedError: on all other ranks.
        """
        if self.size == 1:
            if failure is not None:
                raise failure
            return list(values)
        total = torch.tensor([failure is not None, *values], dtype=torch.int64)
        dist.all_reduce(total)
        if total[0]:
            code = getattr(failure, "exit_code", 1)
            # Who only lost another rank does not know why.
            turn = self.rank + self.size * isinstance(failure, LostRankError)
            first = torch.tensor([(2 * self.size if failure is None else turn) * 256 + code])
            dist.all_reduce(first, dist.ReduceOp.MIN)
            found, code = divmod(int(first), 256)
            if failure is not None and found == turn:
                raise failure
            raise PeerFailedError(found % self.size, code) from failure
        return total[1:].tolist()

    def on_every_rank(self, action: Callable[[], T]) -> T:
        """Do something on every rank; if it fails on one, all fail.

        Raises:
            Exception: as :meth:`sum_and_check`.
        """
        result, failure = _attempt(action)
        self.sum_and_check(failure=failure)
        return result  # type: ignore[return-value]

    def on_main_rank(self, action: Callable[[], T]) -> T:
        """Do something on rank 0 and give its result, made of JSON values, to every rank.

        Raises:
            Exception: as :meth:`sum_and_check`.
        """
        result, failure = _attempt(action) if self.is_main else (None, None)
        self.sum_and_check(failure=failure)
        return self._from_rank(0, result)  # type: ignore[return-value]

    def gather(self, items: Sequence[T]) -> list[T]:
        """Give every rank the items of all, made of JSON values, in the order of the ranks."""
        return [item for rank in range(self.size) for item in self._from_rank(rank, list(items))]

    def _from_rank(self, rank: int, value: T) -> T:
        if self.size == 1:
            return value
        content = torch.frombuffer(bytearray(json.dumps(value).encode()), dtype=torch.uint8)
        length = torch.tensor([len(content)])
        dist.broadcast(length, src=rank)
        if self.rank != rank:
            content = torch.zeros(int(length), dtype=torch.uint8)
        dist.broadcast(content, src=rank)
        return json.loads(bytes(content.tolist()))

    def average(self, tensor: torch.Tensor) -> None:
        """Replace a tensor by its mean over all ranks, the same bits on each."""
        if self.size > 1:
            dist.all_reduce(tensor)
            tensor /= self.size


def choose_device(device: str, local_rank: int = 0) -> torch.device:
    """The device that a setting means on this machine.

    Raises:
        UserError: where a GPU is asked for and there is none, or fewer than processes.
    """
    count = torch.cuda.device_count() if torch.cuda.is_available() else 0
    if device == "cpu" or (device == "auto" and count == 0):
        return torch.device("cpu")
    if local_rank >= count:
        raise UserError(
            f"process {local_rank} of this machine needs a GPU of its own, and there are {count}",
            f"give --nproc_per_node={count}" if count else "give --trainer.device=cpu",
        )
    return torch.device("cuda", local_rank)


def _attempt(action: Callable[[], T]) -> tuple[T | None, Exception | None]:
    try:
        return action(), None
    except Exception as error:
        return None, error
