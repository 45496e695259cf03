"""What the host sends to a device without waiting for it."""

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import torch


def send(tensor: "torch.Tensor", device: "torch.device") -> "torch.Tensor":
    """A tensor on a device; neither side waits for the other.

    Args:
        tensor: of any shape, in host memory, or already there.
        device: where to.
    """
    if device.type == "cuda" and tensor.device.type == "cpu":
        # A copy from memory that the system may move makes the host wait.
        tensor = tensor.pin_memory()
    return tensor.to(device, non_blocking=True)
