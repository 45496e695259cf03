"""Other people's weights: found, read without running anything, and fitted exactly."""

import os

import pytest
import torch
from torch import nn

from spacenit_core.errors import DataError, UserError
from spacenit_core.foreign_weights import ForeignWeights, fit_exactly, read_state

FILES = ForeignWeights(
    model="acme", files=("a.json", "b.pt"), variable="ACME_DIR", page="https://acme.example", folders=("small",)
)


def test_a_folder_is_found_by_name_or_variable_itself_or_within(tmp_path, monkeypatch):
    monkeypatch.delenv("ACME_DIR", raising=False)
    with pytest.raises(UserError, match=r"acme needs its weights.*\n.*https://acme\.example.*`weights`.*ACME_DIR"):
        FILES.find(None)
    with pytest.raises(UserError, match=r"holds no weights of acme\n  they are a\.json and b\.pt"):
        FILES.find(str(tmp_path))
    (tmp_path / "small").mkdir()
    for name in FILES.files:
        (tmp_path / "small" / name).touch()
    assert FILES.find(str(tmp_path)) == FILES.find(str(tmp_path / "small")) == tmp_path / "small"
    monkeypatch.setenv("ACME_DIR", str(tmp_path))
    assert FILES.find(None) == tmp_path / "small"
    with pytest.raises(UserError, match="nowhere holds no weights"):
        FILES.find("nowhere")


class Danger:
    """What would leave a file if it were run."""

    def __init__(self, path):
        self.path = path

    def __reduce__(self):
        return os.mkdir, (self.path,)


def test_nothing_in_a_file_is_run(tmp_path):
    trace = tmp_path / "trace"
    torch.save({"weight": Danger(str(trace))}, tmp_path / "b.pt")
    with pytest.raises(DataError, match="holds something else than tensors"):
        read_state(tmp_path / "b.pt")
    assert not trace.exists()
    torch.save([torch.zeros(2)], tmp_path / "b.pt")
    with pytest.raises(DataError, match="something else than named weights"):
        read_state(tmp_path / "b.pt")


def test_names_and_shapes_fit_exactly(tmp_path):
    path, layer = tmp_path / "b.pt", nn.Linear(2, 3)
    torch.save(nn.Linear(2, 3).state_dict(), path)
    fit_exactly(layer, read_state(path), path)
    assert torch.equal(layer.weight, read_state(path)["weight"])
    for state in ({"weight": torch.zeros(3, 2)}, {**layer.state_dict(), "more": torch.zeros(1)}):
        with pytest.raises(DataError, match="does not fit the model"):
            fit_exactly(layer, state, path)
