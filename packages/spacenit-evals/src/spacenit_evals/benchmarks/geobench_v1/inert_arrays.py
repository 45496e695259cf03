"""Arrays and numbers of numpy in pickles that were read as inert records."""

import re
from typing import Any

import numpy as np

from spacenit_evals.benchmarks.geobench_v1.inert_pickle import Record

_TYPE = re.compile(r"[<>|=]?[biuf][1248]")
"""Whole numbers, booleans and floats: no objects, and nothing that holds any."""


def plain(value: Any) -> Any:
    """An array or a number of numpy in place of the record that stands for it; anything else as it is.

    Bytes are looked at as numbers, and nothing is called that the pickle names. An array of objects stays a record.
    """
    if not isinstance(value, Record):
        return value
    if value.name.endswith("multiarray.scalar") and len(value.arguments) == 2:
        found = _array(value.arguments[0], value.arguments[1], ())
        return value if found is None else found[()].item()
    if value.name.endswith("multiarray._reconstruct") and isinstance(value.state, tuple) and len(value.state) == 5:
        _, shape, kind, by_columns, content = value.state
        if by_columns is False:
            found = _array(kind, content, shape)
            return value if found is None else found
    return value


def _array(kind: Any, content: Any, shape: Any) -> np.ndarray | None:
    if not (isinstance(kind, Record) and kind.name == "numpy.dtype" and kind.arguments and isinstance(content, bytes)):
        return None
    order = kind.state[1] if isinstance(kind.state, tuple) and len(kind.state) > 1 else "<"
    text = f"{order}{kind.arguments[0]}"
    whole = isinstance(shape, tuple) and all(isinstance(side, int) and side >= 0 for side in shape)
    if not whole or not _TYPE.fullmatch(text):
        return None
    array = np.frombuffer(content, dtype=np.dtype(text))
    return array.reshape(shape) if array.size == int(np.prod(shape)) else None
