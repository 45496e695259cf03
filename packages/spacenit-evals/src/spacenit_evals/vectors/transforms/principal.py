"""Principal components (Pearson 1901)."""

import numpy as np

from spacenit_core.errors import UserError
from spacenit_evals.principal_axes import principal_axes
from spacenit_evals.protocols.scaling import filling


class PrincipalComponents:
    """Projects on the directions in which the training vectors vary most; a missing value counts as the mean.

    Args:
        vectors: float ``[n, D]``, of the training samples.
        dimensions: how many directions.

    Raises:
        UserError: where there are not so many.
    """

    def __init__(self, vectors: np.ndarray, dimensions: int) -> None:
        most = min(len(vectors) - 1, vectors.shape[1])
        if dimensions > most:
            raise UserError(
                f"{len(vectors)} training vectors of {vectors.shape[1]} numbers vary in {most} directions at most, and "
                f"{dimensions} are asked for",
                "ask for fewer dimensions, or more training samples",
            )
        self._filled = filling(vectors)
        known = self._filled(vectors).astype(np.float64)
        self._mean = known.mean(axis=0)
        variances, axes = principal_axes(known - self._mean)
        self._axes = axes[:, :dimensions]
        share = variances[:dimensions].sum() / variances.sum() if variances.sum() > 0 else 1.0
        self.remark = f"{dimensions} of {vectors.shape[1]} dimensions hold {share:.1%} of the variance"

    def __call__(self, vectors: np.ndarray) -> np.ndarray:
        """From float ``[n, D]`` to float32 ``[n, dimensions]``."""
        return ((self._filled(vectors) - self._mean) @ self._axes).astype(np.float32)
