"""Where does the host wait for the device in a train step?

    python benchmarks/host_waits.py [--recipe nano] [--batch 4] [--attention packed]

Counts, in forward and backward of one micro-batch that is already on the device, the operations whose result's size
or value the host must know: on a GPU each one stops the queue. Runs on a CPU, where the same operations are called.
Prints one line per place in our code, the most frequent first, and their sum.
"""

import argparse
import traceback
from collections import Counter
from typing import Any

import torch
from torch.utils._python_dispatch import TorchDispatchMode
from train_step import build, chosen, random_batch

WAITING = frozenset(
    f"aten::{name}"
    for name in ("nonzero", "_local_scalar_dense", "masked_select", "_unique2", "unique_dim", "bincount")
)
"""Operations that always wait."""


class HostWaits(TorchDispatchMode):
    """Counts waiting operations by the line of our code that asks for them.

    Attributes:
        found: (operation, place) -> how often.
    """

    def __init__(self) -> None:
        super().__init__()
        self.found: Counter[tuple[str, str]] = Counter()

    def __torch_dispatch__(self, func: Any, types: Any, args: Any = (), kwargs: Any = None) -> Any:
        """Count, then do it."""
        name, kwargs = func._schema.name, kwargs or {}
        if name in WAITING or _waits(name, args, kwargs):
            self.found[name, _place()] += 1
        return func(*args, **kwargs)


def _waits(name: str, args: Any, kwargs: Any) -> bool:
    if name == "aten::repeat_interleave":
        return kwargs.get("output_size") is None
    if name in ("aten::index", "aten::index_put", "aten::index_put_"):
        return any(index is not None and index.dtype in (torch.bool, torch.uint8) for index in args[1])
    return False


def _place() -> str:
    ours = [frame for frame in traceback.extract_stack() if "/src/spacenit_" in frame.filename]
    if not ours:
        return "backward"
    return f"{ours[-1].filename.partition('/src/')[2]}:{ours[-1].lineno} {ours[-1].line}"


def main() -> None:
    """Count and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--recipe", default="nano")
    parser.add_argument("--batch", type=int, default=4)
    parser.add_argument("--attention", default="packed")
    options = parser.parse_args()
    options.inputs, options.memory = None, None

    torch.manual_seed(0)
    experiment = chosen(options)
    runner = build(experiment, None).train()
    batch = random_batch(experiment.sensor_set, experiment.train_module.masking.build(), options.batch)
    # What is made once per layout and kept does not count.
    runner(batch).loss.backward()
    with HostWaits() as waits:
        runner(batch).loss.backward()
    for (name, place), count in waits.found.most_common():
        print(f"{count:3} {name.partition('::')[2]:20} {place}")
    print(f"{waits.found.total():3} in all")


if __name__ == "__main__":
    main()
