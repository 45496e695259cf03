"""Files that `torch.save` wrote, read as data: nothing in them runs."""

import zipfile
from pathlib import Path
from typing import Any

import torch

from spacenit_core.errors import DataError


def read_torch_file(path: Path, *, mapped: bool = False) -> Any:
    """What a file of torch holds, on the CPU: tensors, numbers, texts, lists and mappings of them, and nothing else.

    Args:
        path: the file.
        mapped: leave tensors on disk until they are looked at, where the file's format allows that.

    Raises:
        DataError: where it cannot be read, is damaged, or holds anything that would have to be run.
    """
    try:
        if mapped and zipfile.is_zipfile(path):
            return torch.load(path, map_location="cpu", weights_only=True, mmap=True)
        with path.open("rb") as file:
            return torch.load(file, map_location="cpu", weights_only=True)
    except OSError as error:
        what = f"{path} cannot be read: {error.strerror or error}"
        raise DataError(what, "get the file again from where it was released") from None
    except Exception as error:
        # What a damaged or hostile file raises depends on where it goes wrong.
        reason = str(error).strip().partition("\n")[0]
        raise DataError(
            f"{path} holds something else than tensors, or is damaged: {reason}",
            "nothing in it was executed; get the file again from where it was released",
        ) from None
