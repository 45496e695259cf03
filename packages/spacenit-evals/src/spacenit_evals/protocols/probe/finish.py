"""From what heads give to what is predicted."""

from collections.abc import Callable

import numpy as np
from torch import Tensor

from spacenit_core.kinds.protocols import Prediction
from spacenit_evals.protocols.probe.side import Target


def finished(outputs: Tensor, target: Target) -> Prediction:
    """Classes with their shares, labels with theirs, or numbers in the units of the training labels.

    Args:
        outputs: float ``[B, C]`` or ``[B, C, H, W]``.
        target: what they stand for.
    """
    return _FINISH[target.task](outputs, target)


def _classes(outputs: Tensor, target: Target) -> Prediction:
    scores = outputs.softmax(dim=1)
    return Prediction(values=outputs.argmax(dim=1).numpy(), scores=scores.numpy())


def _several(outputs: Tensor, target: Target) -> Prediction:
    return Prediction(values=(outputs > 0).numpy(), scores=outputs.sigmoid().numpy())


def _numbers(outputs: Tensor, target: Target) -> Prediction:
    return Prediction(values=(outputs[:, 0].double() * target.deviation + target.mean).numpy())


def _maps_of_numbers(outputs: Tensor, target: Target) -> Prediction:
    return Prediction(values=_numbers(outputs, target).values.astype(np.float32))


_FINISH: dict[str, Callable[[Tensor, Target], Prediction]] = {
    "classification": _classes,
    "segmentation": _classes,
    "multilabel": _several,
    "regression": _numbers,
    "pixel_regression": _maps_of_numbers,
}
