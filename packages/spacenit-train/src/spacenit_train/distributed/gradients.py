"""Data parallelism: the mean of the gradients over all ranks, once per update."""

from collections.abc import Iterator, Sequence

import torch
from torch import nn
from torch._utils import _flatten_dense_tensors, _unflatten_dense_tensors

from spacenit_train.distributed.world import World

_BUCKET = 1 << 25


def average_gradients(parameters: Sequence[nn.Parameter], used: Sequence[int], world: World) -> None:
    """Replace every gradient by its mean over all ranks.

    One exchange after the last micro-batch, in buckets: simpler than hooks in the backward pass, and right where a
    view, a sensor or a micro-batch leaves parameters without a gradient. A parameter that no rank used keeps none, so
    that the optimizer treats it as one process would.

    Args:
        parameters: in one order on all ranks.
        used: for each, on how many ranks it has a gradient.
        world: the ranks.
    """
    if world.size == 1:
        return
    gradients = []
    for parameter, count in zip(parameters, used, strict=True):
        if count:
            if parameter.grad is None:
                parameter.grad = torch.zeros_like(parameter)
            gradients.append(parameter.grad)
    for bucket in _buckets(gradients):
        flat = _flatten_dense_tensors(bucket)
        world.average(flat)
        for gradient, mean in zip(bucket, _unflatten_dense_tensors(flat, bucket), strict=True):
            gradient.copy_(mean)


def _buckets(gradients: Sequence[torch.Tensor]) -> Iterator[list[torch.Tensor]]:
    bucket: list[torch.Tensor] = []
    for gradient in gradients:
        if bucket and (sum(map(torch.numel, bucket)) + gradient.numel() > _BUCKET or gradient.dtype != bucket[0].dtype):
            yield bucket
            bucket = []
        bucket.append(gradient)
    if bucket:
        yield bucket
