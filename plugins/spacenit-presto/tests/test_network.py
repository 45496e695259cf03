"""The network with the published weights gives what the authors' own code gave."""

import numpy as np
import pytest
import torch

from spacenit_core.errors import DataError, UserError
from spacenit_presto.bands import CLASSES, DYNAMIC_WORLD, GROUPS
from spacenit_presto.inputs import PrestoInputs
from spacenit_presto.network import PrestoEncoder
from spacenit_presto.weights import load_encoder

from .conftest import GOLDEN, WEIGHTS, needs_real_data


def golden_inputs(stored, masked):
    """The inputs by group; what is masked everywhere is absent."""
    values, seen, first = {}, {}, 0
    for name, bands in GROUPS.items():
        last = first + len(bands)
        there = torch.from_numpy(~(masked & (stored["mask"][..., first:last] > 0)).any(axis=2))
        if there.any():
            values[name], seen[name] = torch.from_numpy(stored["x"][..., first:last]), there
        first = last
    values[DYNAMIC_WORLD] = torch.from_numpy(stored["dynamic_world"])
    seen[DYNAMIC_WORLD] = values[DYNAMIC_WORLD] != CLASSES
    months = (torch.from_numpy(stored["month"])[:, None] + torch.arange(12)) % 12
    return PrestoInputs(values=values, seen=seen, months=months, latlon=torch.from_numpy(stored["latlons"]))


@needs_real_data
@pytest.mark.parametrize(("key", "masked"), [("embedding", False), ("embedding_masked", True)])
def test_vectors_are_those_of_the_authors_code(key, masked):
    with np.load(GOLDEN / "presto.npz") as file:
        stored = {name: file[name] for name in file.files}
    with torch.inference_mode():
        found = load_encoder(str(WEIGHTS))(golden_inputs(stored, masked))

    torch.testing.assert_close(found, torch.from_numpy(stored[key]), rtol=0, atol=1e-4)


@needs_real_data
def test_tables_that_are_computed_are_those_of_the_weights():
    trained, fresh = load_encoder(str(WEIGHTS)), PrestoEncoder()

    torch.testing.assert_close(fresh.pos_embed, trained.pos_embed, rtol=0, atol=1e-5)
    torch.testing.assert_close(fresh.month_embed.weight, trained.month_embed.weight, rtol=0, atol=1e-5)
    assert not any(name.startswith(("pos", "month")) for name, _ in trained.named_parameters())


@needs_real_data
@pytest.mark.parametrize("change", ["missing", "another", "foreign", "shape"])
def test_weights_that_do_not_fit_exactly_are_refused(change, tmp_path):
    state = torch.load(WEIGHTS / "default_model.pt", map_location="cpu", weights_only=True)
    if change == "missing":
        del state["encoder.norm.bias"]
    elif change == "shape":
        state["encoder.norm.bias"] = torch.zeros(64)
    else:
        state["encoder.more" if change == "another" else "head.weight"] = torch.zeros(2)
    torch.save(state, tmp_path / "default_model.pt")

    with pytest.raises(DataError, match="does not fit"):
        load_encoder(str(tmp_path))


def test_absent_and_damaged_weights_are_one_sentence(tmp_path, monkeypatch):
    monkeypatch.delenv("PRESTO_DIR", raising=False)
    with pytest.raises(UserError, match=r"presto needs its weights[^\n]*\n  get them from .*PRESTO_DIR$"):
        load_encoder(None)
    monkeypatch.setenv("PRESTO_DIR", str(tmp_path))
    with pytest.raises(UserError, match="holds no weights of presto"):
        load_encoder(None)
    (tmp_path / "default_model.pt").write_bytes(b"damaged")
    with pytest.raises(DataError, match="holds something else than tensors"):
        load_encoder(None)
