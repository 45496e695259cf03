"""The losses of the tasks, of several heads at once; what is ignored has no part in them."""

import torch
from torch import Tensor
from torch.nn import functional

from spacenit_core.kinds.tasks import IGNORED, Task


def loss_of(task: Task, outputs: Tensor, labels: Tensor, *, dice: bool = False) -> Tensor:
    """The mean loss of each of R heads, float ``[R]``; 0 where nothing counts.

    Args:
        task: classification and segmentation have cross-entropy, multilabel the binary one of each class, regressions
            the squared error.
        outputs: float ``[R, B, C]``, of maps ``[R, B, C, H, W]``; C is 1 for a regression.
        labels: int64 ``[B]`` or ``[B, H, W]`` with `IGNORED`; float ``[B, K]`` of 0 and 1; float ``[B]`` or
            ``[B, H, W]`` with NaN where there is none.
        dice: whether the dice loss is added to that of a segmentation.
    """
    if task == "multilabel":
        each = functional.binary_cross_entropy_with_logits(outputs, labels.expand_as(outputs), reduction="none")
        return each.flatten(1).mean(dim=1)
    if task in ("regression", "pixel_regression"):
        return _squared_error(outputs[:, :, 0], labels)
    loss = _cross_entropy(outputs, labels)
    return loss + _dice(outputs, labels) if dice and task == "segmentation" else loss


def _cross_entropy(outputs: Tensor, labels: Tensor) -> Tensor:
    heads = len(outputs)
    truth = labels.expand(heads, *labels.shape).flatten(0, 1)
    each = functional.cross_entropy(outputs.flatten(0, 1), truth, ignore_index=IGNORED, reduction="none")
    return each.view(heads, -1).sum(dim=1) / (labels != IGNORED).sum().clamp(min=1)


def _squared_error(outputs: Tensor, labels: Tensor) -> Tensor:
    known = labels.isfinite()
    # A product with 0 would leave the gradient of NaN as it is.
    error = torch.where(known, outputs - torch.where(known, labels, 0.0), 0.0)
    return error.square().flatten(1).sum(dim=1) / known.sum().clamp(min=1)


def _dice(outputs: Tensor, labels: Tensor) -> Tensor:
    """One minus the weighted dice coefficients (Sudre et al. 2017, arXiv:1707.03237), smoothed by 1.

    A class weighs by the inverse of its pixels in the batch; one without pixels there has no weight.
    """
    heads, classes = outputs.shape[0], outputs.shape[2]
    known = labels != IGNORED
    shares = outputs.softmax(dim=2).transpose(1, 2).flatten(2)[..., known.flatten()]
    truth = functional.one_hot(labels[known], classes).T.to(shares)
    count = truth.sum(dim=1)
    weight = torch.where(count > 0, 1 / count.clamp(min=1), 0.0)
    weight = weight / weight.sum().clamp(min=1e-12)
    overlap = (shares * truth).sum(dim=2)
    coefficient = (2 * overlap + 1) / (shares.sum(dim=2) + count + 1)
    return known.any() * (1 - (weight * coefficient).sum(dim=1)).view(heads)
