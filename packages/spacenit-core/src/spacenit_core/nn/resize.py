"""Bicubic resizing with antialiasing, as a matrix for each axis."""

from functools import lru_cache

import torch
from torch import Tensor
from torch.nn.functional import interpolate

from spacenit_core.samples.transfer import send


@lru_cache(maxsize=256)
def resize_matrix(size: int, new_size: int) -> Tensor:
    """The matrix of torch's antialiased bicubic interpolation along one axis, float32 ``[new_size, size]``."""
    # What is kept for later must not be a tensor of inference alone, whoever asks for it first.
    with torch.inference_mode(False), torch.no_grad():
        identity = torch.eye(size, dtype=torch.float64)[None, None]
        return interpolate(identity, size=(new_size, size), mode="bicubic", antialias=True)[0, 0].float()


def resize(images: Tensor, height: int, width: int) -> Tensor:
    """Resize images ``[B, H, W, ...]`` to ``[B, height, width, ...]``; borders weigh only the pixels that exist."""
    trailing = images.shape[3:]
    down = send(resize_matrix(images.shape[1], height), images.device).to(images.dtype)
    across = send(resize_matrix(images.shape[2], width), images.device).to(images.dtype)
    rows = (down @ images.flatten(2)).unflatten(2, images.shape[2:])
    columns = across @ rows.flatten(0, 1).flatten(2)
    return columns.reshape(len(images), height, width, *trailing)
