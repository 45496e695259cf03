"""Parquet tables, column by column."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from spacenit_core.errors import DataError, UserError

SOURCE = "the repositories of the WorldCereal organisation"


def read_columns(path: Path, names: Sequence[str]) -> dict[str, np.ndarray]:
    """Some columns of a table.

    Raises:
        UserError: where pyarrow is not installed.
        DataError: where the table is absent, damaged, or lacks a column.
    """
    try:
        import pyarrow.parquet
    except ImportError as error:
        raise UserError(
            f"{path.name} is a Parquet table, which needs pyarrow", 'pip install "spacenit-evals[parquet]"'
        ) from error
    try:
        table = pyarrow.parquet.read_table(path, columns=list(names))
        return {name: table.column(name).to_numpy(zero_copy_only=False) for name in names}
    except (OSError, KeyError, ValueError, pyarrow.ArrowException) as error:
        raise DataError(f"{path} cannot be read: {error}", f"{SOURCE} hold it") from error
