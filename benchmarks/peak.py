"""How many FLOP per second does the device reach in one large matrix product?

    python benchmarks/peak.py [--device cuda] [--size 8192]

Prints one JSON line per precision; beside what was measured stands what the maker states for dense products, where the
device is known. Utilisations are shares of these.
"""

import argparse
import json

import torch
from device_clock import seconds_of

STATED = {
    "H200": {"bfloat16": 989.0, "tfloat32": 494.0, "float32": 67.0},
    "H100": {"bfloat16": 989.0, "tfloat32": 494.0, "float32": 67.0},
    "A100": {"bfloat16": 312.0, "tfloat32": 156.0, "float32": 19.5},
    "L40S": {"bfloat16": 362.0, "tfloat32": 183.0, "float32": 91.6},
}
"""TFLOP per second by what a device's name holds (SXM where there are several)."""


def stated(device: torch.device, precision: str) -> float | None:
    """What the maker states, in TFLOP per second; None for a device that is not in the table."""
    name = torch.cuda.get_device_name(device) if device.type == "cuda" else ""
    return next((row[precision] for model, row in STATED.items() if model in name), None)


def measure(device: torch.device, precision: str, size: int) -> float:
    """TFLOP per second of the best of some products of square matrices."""
    dtype = torch.bfloat16 if precision == "bfloat16" else torch.float32
    torch.set_float32_matmul_precision("high" if precision == "tfloat32" else "highest")
    left, right = (torch.randn(size, size, device=device, dtype=dtype) for _ in range(2))
    seconds = min(seconds_of(lambda: left @ right, device, repeats=10, warmup=3))
    return 2 * size**3 / seconds / 1e12


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("--device", default="cuda")
    parser.add_argument("--size", type=int, default=8192)
    options = parser.parse_args()
    device = torch.device(options.device)
    for precision in ("bfloat16", "tfloat32", "float32") if device.type == "cuda" else ("float32",):
        line = {"precision": precision, "measured_tflop_per_s": measure(device, precision, options.size)}
        print(json.dumps({**line, "stated_tflop_per_s": stated(device, precision)}), flush=True)


if __name__ == "__main__":
    main()
