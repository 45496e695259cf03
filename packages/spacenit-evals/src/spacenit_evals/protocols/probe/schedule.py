"""The course of learning rates: a line up, half a cosine down (Loshchilov and Hutter 2017, arXiv:1608.03983)."""

import math

from torch import Tensor


def rates_at(peaks: Tensor, step: int, steps: int, *, warmup: float, lowest: float) -> Tensor:
    """Learning rates of an update, float ``[R]``.

    Args:
        peaks: highest rate of each head, float ``[R]``.
        step: the update, counted from 1.
        steps: updates of the whole training.
        warmup: share of them in which the rates rise from 0.
        lowest: where they end; a peak below that is kept.
    """
    rising = round(warmup * steps)
    if step < rising:
        return peaks * (step / rising)
    share = (step - rising) / max(steps - rising, 1)
    lowest_rates = peaks.clamp(max=lowest)
    return lowest_rates + (peaks - lowest_rates) * ((1 + math.cos(math.pi * share)) / 2)
