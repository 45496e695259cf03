"""Parquet tables, column by column."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from spacenit_core.errors import DataError, UserError

SOURCE = "the repositories of the WorldCereal organisation"


def read_columns(path: Path, names: Sequence[str], optional: Sequence[str] = ()) -> dict[str, np.ndarray]:
    """Some columns of a table, each ``[rows]``.

    Args:
        path: the table.
        names: columns that it has to have.
        optional: columns that are read where it has them.

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
        held = set(pyarrow.parquet.read_schema(path).names) if optional else set()
        wanted = [*names, *(name for name in optional if name in held)]
        table = pyarrow.parquet.read_table(path, columns=wanted)
        return {name: table.column(name).to_numpy(zero_copy_only=False) for name in wanted}
    except (OSError, KeyError, ValueError, pyarrow.ArrowException) as error:
        raise DataError(f"{path} cannot be read: {error}", f"{SOURCE} hold it") from error
