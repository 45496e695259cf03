"""Numbers of sets whose publishers mark nothing by NaN."""

import numpy as np

from spacenit_core.errors import DataError


def check_finite(values: np.ndarray, where: str) -> None:
    """Refuse NaN and infinity.

    Args:
        values: of any shape.
        where: whose they are, for messages.

    Raises:
        DataError: where there is one.
    """
    wrong = ~np.isfinite(values)
    if wrong.any():
        raise DataError(
            f"{where} holds NaN or infinity in {int(wrong.sum()):,} of {wrong.size:,} numbers",
            "copy it again from its publisher",
        )
