"""Wall seconds on a device that works behind the host's back."""

import time
from collections.abc import Callable
from contextlib import AbstractContextManager
from typing import Any

import torch


def wait_for(device: torch.device) -> None:
    """Wait until a device has done what it was sent."""
    if device.type == "cuda":
        torch.cuda.synchronize(device)


def seconds_of(call: Callable[[], Any], device: torch.device, *, repeats: int, warmup: int = 1) -> list[float]:
    """Wall seconds of each of some calls, until the device has done them; the first ones are not counted."""
    seconds = []
    for _ in range(warmup + repeats):
        wait_for(device)
        began = time.perf_counter()
        call()
        wait_for(device)
        seconds.append(time.perf_counter() - began)
    return seconds[warmup:]


def computing_in(precision: str, device: torch.device) -> AbstractContextManager[Any]:
    """Matrix products in bfloat16, where that is the precision, as the trainer computes them."""
    return torch.autocast(device.type, torch.bfloat16, enabled=precision == "bfloat16")


def peak_gb(device: torch.device) -> float:
    """The most memory that tensors took on a GPU since the last reset, in GB; 0 elsewhere."""
    return torch.cuda.max_memory_allocated(device) / 1e9 if device.type == "cuda" else 0.0
