"""How fast are the attention backends, and which of them run here?

    python benchmarks/attention.py [--device cuda] [--sequences 64] [--longest 2048]

Forward and backward of self-attention over ragged sequences whose lengths are spread evenly from a quarter of the
longest to the longest, for heads as the recipes have them. Prints one JSON line per backend, precision and shape; where
a backend cannot run, the line says why.
"""

import argparse
import json
import statistics
from typing import Any

import torch
from device_clock import peak_gb, seconds_of

from spacenit_core.nn.attention.fallback import KernelSpec
from spacenit_core.nn.attention.packed import Packed
from spacenit_core.nn.attention.sdpa import Sdpa
from spacenit_core.nn.attention.varlen import Varlen
from spacenit_core.nn.attention.xformers import Xformers
from spacenit_core.nn.sequences import Sequences

BACKENDS = {"varlen": Varlen, "xformers": Xformers, "packed": Packed, "sdpa": Sdpa}
HEADS = {"nano": (8, 16), "tiny": (3, 64), "base": (12, 64)}
"""Size -> heads and their width."""


def spread(sequences: int, longest: int) -> list[int]:
    """Lengths from a quarter of the longest to the longest."""
    shortest = max(longest // 4, 1)
    return torch.linspace(shortest, longest, sequences).round().int().tolist()


def measure(backend: Any, heads: tuple[int, int], dtype: torch.dtype, options: argparse.Namespace) -> dict[str, float]:
    """Median milliseconds of forward and backward, TFLOP per second of the two, and memory."""
    device = torch.device(options.device)
    lengths = spread(options.sequences, options.longest)
    sequences = Sequences(torch.tensor(lengths), device)
    tokens = [torch.randn(sum(lengths), *heads, device=device, dtype=dtype, requires_grad=True) for _ in range(3)]
    upwards = torch.randn_like(tokens[0])

    def both() -> None:
        torch.autograd.grad(backend(*tokens, sequences, sequences), tokens, upwards)

    if device.type == "cuda":
        torch.cuda.reset_peak_memory_stats(device)
    seconds = statistics.median(seconds_of(both, device, repeats=options.repeats))
    flop = 3 * 4 * sum(length**2 for length in lengths) * heads[0] * heads[1]
    return {"ms": 1e3 * seconds, "model_tflop_per_s": flop / seconds / 1e12, "peak_gb": peak_gb(device)}


def case(name: str, size: str, dtype: torch.dtype, options: argparse.Namespace) -> dict[str, Any]:
    """A backend's line."""
    precision = str(dtype).removeprefix("torch.")
    line: dict[str, Any] = {"backend": name, "heads": size, "precision": precision}
    backend = BACKENDS[name]()
    if isinstance(backend, Varlen | Xformers | Packed):
        reason = backend.unsupported_reason(KernelSpec(torch.device(options.device), dtype, HEADS[size][1]))
        if reason is not None:
            return {**line, "skipped": reason}
    try:
        return {**line, **measure(backend, HEADS[size], dtype, options)}
    except (RuntimeError, NotImplementedError) as error:
        return {**line, "error": str(error).splitlines()[0]}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--sequences", type=int, default=64)
    parser.add_argument("--longest", type=int, default=2048)
    parser.add_argument("--repeats", type=int, default=10)
    options = parser.parse_args()
    torch.manual_seed(0)
    types = (torch.bfloat16, torch.float32) if options.device == "cuda" else (torch.float32,)
    for size in HEADS:
        for dtype in types:
            for name in BACKENDS:
                print(json.dumps(case(name, size, dtype, options)), flush=True)


if __name__ == "__main__":
    main()
