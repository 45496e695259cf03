"""Which sample stands where: a pure function of (seed, epoch, step, position), whatever the ranks and workers."""

from functools import lru_cache

import numpy as np

from spacenit_core.errors import UserError
from spacenit_core.rng import generator


@lru_cache(maxsize=2)
def _permutation(seed: int, samples: int, number: int) -> np.ndarray:
    return generator(seed, "sample order", number).permutation(samples)


class SampleOrder:
    """The order of the samples over a whole run.

    A pass takes each sample at most once, in whole global batches (the rest of it is left out); an epoch is `repeats`
    passes, each in an order of its own.

    Args:
        samples: number of samples of the data set.
        batch_size: samples per step, over all ranks.
        seed: the loader's seed.
        shuffle: False for the order of the data set, again and again.
        repeats: passes per epoch.

    Raises:
        UserError: if there are fewer samples than one batch.
    """

    def __init__(self, samples: int, batch_size: int, *, seed: int, shuffle: bool = True, repeats: int = 1) -> None:
        self.samples, self.batch_size, self.seed, self.shuffle = samples, batch_size, seed, shuffle
        self._steps_per_pass = samples // batch_size
        if self._steps_per_pass == 0:
            raise UserError(
                f"data_loader.global_batch_size={batch_size} is more than the {samples} samples of the data set",
                f"lower it to {samples} or less, or use more of the set; the patch small_set (nano+small_set) has what "
                "small sets need",
            )
        self.steps_per_epoch = self._steps_per_pass * repeats

    def indices(self, step: int, positions: np.ndarray) -> np.ndarray:
        """The samples of a global step (from 0) at some positions of its global batch, int64 ``[len(positions)]``."""
        number, place = divmod(step, self._steps_per_pass)
        slots = place * self.batch_size + np.asarray(positions, dtype=np.int64)
        if self.shuffle:
            return _permutation(self.seed, self.samples, number)[slots]
        # A pass begins where the one before ended: samples that one leaves out are the first of the next.
        return (number * self._steps_per_pass * self.batch_size + slots) % self.samples

    def substitute(self, step: int, position: int, attempt: int) -> int:
        """The sample that is taken instead of an unreadable one, for attempt 1, 2, ...; ranks need not agree on it."""
        return int(generator(self.seed, "substitute sample", step, position, attempt).integers(self.samples))
