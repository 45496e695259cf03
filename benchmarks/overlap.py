"""Do gradients travel while the backward pass goes on?

    python benchmarks/overlap.py [--recipe base] [--batch 1] [--rounds 9] [--gbit 4]

Two ranks on this machine, a thread each, exchange the gradients of one micro-batch by strategy `ddp`. Timed in turn:
forward and backward pass as in a step, the same without exchange, and the exchange alone, in the same buckets. Prints
a line of JSON with the medians of rank 0, wall and CPU seconds, and `hidden`: the share of the exchange that the step
does not wait for. `--gbit` holds every bucket back as long as a link of so many Gbit/s would take, because the link
between two processes of one machine is the processor that both compute with. Windows are small, so that the model's
size and not the samples' makes the step.
"""

import argparse
import json
import os
import socket
import statistics
import threading
import time
from collections.abc import Callable

import torch
import torch.distributed as dist
import torch.multiprocessing as mp
from torch import Tensor, nn
from train_step import build, chosen, random_batch

from spacenit_core.samples.batch import Batch
from spacenit_train.distributed.strategies.ddp.strategy import DDP
from spacenit_train.distributed.torchrun import end_rank
from spacenit_train.distributed.world import World

PARTS = ("compute", "exchange", "step")


class Watched(DDP):
    """Strategy `ddp`, seen bucket by bucket.

    Args:
        runner: from a micro-batch to its loss.
        world: the ranks.
        gbit: how fast the link between them is, in Gbit/s; None: as it is.
    """

    def __init__(self, runner: nn.Module, world: World, gbit: float | None) -> None:
        super().__init__(runner, world)
        self.buckets: dict[int, int] = {}
        self._gbit, self._link, self._ranks = gbit, threading.Lock(), world.size
        self._present.register_comm_hook(None, self._watch)

    def exchange(self) -> None:
        """Send what the last update sent, without a backward pass beside it."""
        for mean in [self._mean(torch.ones(size)) for size in self.buckets.values()]:
            mean.wait()

    def _watch(self, _: object, bucket: dist.GradBucket) -> torch.futures.Future[Tensor]:
        self.buckets[bucket.index()] = bucket.buffer().numel()
        return self._mean(bucket.buffer())

    def _mean(self, buffer: Tensor) -> torch.futures.Future[Tensor]:
        buffer.div_(self._ranks)
        return dist.all_reduce(buffer, group=self._group, async_op=True).get_future().then(self._arrived)

    def _arrived(self, sums: torch.futures.Future[list[Tensor]]) -> Tensor:
        (total,) = sums.value()
        if self._gbit is not None:
            with self._link:
                time.sleep(total.numel() * 32 / self._gbit / 1e9)
        return total


def timed(action: Callable[[], None]) -> tuple[float, float]:
    """Wall and CPU seconds of what both ranks begin together."""
    dist.barrier()
    began, began_cpu = time.perf_counter(), time.process_time()
    action()
    return time.perf_counter() - began, time.process_time() - began_cpu


def measure(runner: nn.Module, batch: Batch, world: World, options: argparse.Namespace) -> dict[str, object]:
    """The medians of some rounds, after one that does not count."""
    strategy = Watched(runner, world, options.gbit)

    def backward() -> None:
        torch.manual_seed(world.rank)
        strategy.backward(strategy.forward(batch).loss)

    def compute() -> None:
        with strategy.accumulating():
            backward()

    found: dict[str, list[tuple[float, float]]] = {part: [] for part in PARTS}
    for number in range(options.rounds + 1):
        for part, action in (("step", backward), ("compute", compute), ("exchange", strategy.exchange)):
            seconds = timed(action)
            runner.zero_grad(set_to_none=True)
            if number:
                found[part].append(seconds)
    wall, cpu = ({part: statistics.median(row[which] for row in found[part]) for part in PARTS} for which in (0, 1))
    rounds = zip(*found.values(), strict=True)
    hidden = [(compute[0] + exchange[0] - step[0]) / exchange[0] for compute, exchange, step in rounds]
    return {
        "megabytes": round(sum(strategy.buckets.values()) * 4 / 1e6),
        "buckets": len(strategy.buckets),
        **{f"{part}_s": round(wall[part], 3) for part in PARTS},
        **{f"{part}_cpu_s": round(cpu[part], 3) for part in PARTS},
        "hidden": round((wall["compute"] + wall["exchange"] - wall["step"]) / wall["exchange"], 2),
        "hidden_in_rounds": [round(share, 2) for share in hidden],
    }


def rank(number: int, port: int, options: argparse.Namespace) -> None:
    """One of the two processes."""
    torch.set_num_threads(1)
    place = {"RANK": number, "LOCAL_RANK": number, "WORLD_SIZE": 2, "MASTER_ADDR": "127.0.0.1", "MASTER_PORT": port}
    os.environ.update({key: str(value) for key, value in place.items()})
    world = World.join("cpu")
    torch.manual_seed(0)
    experiment = chosen(options)
    runner = build(experiment, None).train()
    policy = experiment.train_module.masking.build()
    batch = random_batch(experiment.sensor_set, policy, options.batch, options.patches, options.timesteps)
    result = measure(runner, batch, world, options)
    if world.is_main:
        print(json.dumps({"recipe": options.recipe, "batch": options.batch, "gbit": options.gbit, **result}))
    world.leave()
    end_rank(0)


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--recipe", default="base")
    parser.add_argument("--batch", type=int, default=1, help="samples of a rank")
    parser.add_argument("--patches", type=int, default=2, help="of a window's side")
    parser.add_argument("--timesteps", type=int, default=2)
    parser.add_argument("--rounds", type=int, default=9)
    parser.add_argument("--gbit", type=float, help="Gbit/s of the link; as it is if unset")
    options = parser.parse_args()
    options.attention, options.inputs, options.memory = "packed", None, None
    with socket.socket() as server:
        server.bind(("127.0.0.1", 0))
        port = server.getsockname()[1]
    mp.spawn(rank, args=(port, options), nprocs=2)


if __name__ == "__main__":
    main()
