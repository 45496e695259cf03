"""Nothing in a file of torch runs."""

import os
import re
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torch

from spacenit_core.errors import DataError
from spacenit_core.torch_files import read_torch_file


class Runs:
    def __reduce__(self) -> Any:
        return os.system, ("touch trace",)


class SetsState:
    def __reduce__(self) -> Any:
        return Exception, (), {"trace": Runs()}


def test_tensors_and_plain_values_are_read(tmp_path: Path) -> None:
    content = {"images": torch.arange(6).reshape(2, 3), "months": [201809, 201810], "name": "set"}
    torch.save(content, tmp_path / "set.pt")
    found = read_torch_file(tmp_path / "set.pt")
    assert torch.equal(found.pop("images"), content.pop("images")) and found == content


@pytest.mark.parametrize(
    "content", [{"x": Runs()}, [SetsState()], np.array([Runs()], dtype=object), {"labels": torch.ones(2), "x": Runs()}]
)
def test_what_would_run_is_refused_and_leaves_no_trace(
    content: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    torch.save(content, tmp_path / "set.pt")
    with pytest.raises(DataError, match=r"set.pt holds something else than tensors.*\n  nothing in it was executed"):
        read_torch_file(tmp_path / "set.pt")
    assert not (tmp_path / "trace").exists()
    torch.load(tmp_path / "set.pt", weights_only=False)
    assert (tmp_path / "trace").exists(), "the file would have run"


def test_absent_and_damaged_files_are_named(tmp_path: Path) -> None:
    with pytest.raises(DataError, match=r"absent.pt cannot be read: No such file"):
        read_torch_file(tmp_path / "absent.pt")
    (tmp_path / "damaged.pt").write_bytes(b"PK\x03\x04 and no more")
    with pytest.raises(DataError, match=r"damaged.pt holds something else"):
        read_torch_file(tmp_path / "damaged.pt")


def test_files_of_others_are_read_in_one_place_and_never_with_pickles() -> None:
    members = Path(__file__).parents[3]
    sources = [path for folder in ("packages", "plugins") for path in members.glob(f"{folder}/*/src/**/*.py")]
    assert len(sources) > 300
    assert [path.name for path in sources if re.search(r"torch\.load\(", path.read_text())] == ["torch_files.py"]
    assert not [path for path in sources if "allow_pickle=True" in path.read_text()]
