"""The network with the published weights gives what the authors' own code gave."""

import shutil

import numpy as np
import pytest
import torch

from spacenit_core.errors import DataError, UserError
from spacenit_galileo.bands import GROUPS
from spacenit_galileo.inputs import GalileoInputs
from spacenit_galileo.network import GalileoEncoder
from spacenit_galileo.weights import SIZES, load_encoder

from .conftest import GOLDEN, WEIGHTS, needs_real_data

CASES = ("s2_tile", "s1_s2_tile_5m", "pixel_series", "everything")
SHORT = {"space_time": "s_t", "space": "sp", "time": "t", "static": "st"}


def golden_inputs(case):
    """The inputs of a case by group; what is masked everywhere is absent."""
    patch = int(case("patch_size"))
    values, seen = {}, {}
    for axes, groups in GROUPS.items():
        pixels, mask = case(f"{SHORT[axes]}_x"), case(f"{SHORT[axes]}_m")
        first = 0
        for number, group in enumerate(groups):
            last = first + len(group.bands)
            there = mask[..., number] == 0
            if axes in ("space_time", "space"):
                there = there[:, ::patch, ::patch]
            if there.any():
                values[group.name], seen[group.name] = pixels[..., first:last], there
            first = last
    return GalileoInputs(
        values=values, seen=seen, months=case("months"), patch_size=patch, gsd=float(case("input_resolution_m"))
    )


@needs_real_data
@pytest.mark.parametrize("name", CASES)
def test_tokens_and_their_mean_are_those_of_the_authors_code(name):
    with np.load(GOLDEN / "galileo_nano.npz") as file:
        stored = {key: torch.from_numpy(file[key]) for key in file.files if key.startswith(f"{name}/")}
    inputs = golden_inputs(lambda key: stored[f"{name}/{key}"])
    with torch.inference_mode():
        tokens = load_encoder(str(WEIGHTS), "nano")(inputs)

    torch.testing.assert_close(tokens.pooled(), stored[f"{name}/average_tokens"], rtol=0, atol=1e-4)
    for axes, groups in GROUPS.items():
        expected = stored[f"{name}/out_{SHORT[axes]}"]
        for number, group in enumerate(groups):
            if group.name in inputs.seen:
                there = inputs.seen[group.name]
                found = tokens.of(group.name).reshape(*there.shape, -1)
                torch.testing.assert_close(found[there], expected[..., number, :][there], rtol=0, atol=1e-4)


@needs_real_data
def test_tables_that_are_computed_are_those_of_the_weights():
    trained, fresh = load_encoder(str(WEIGHTS), "nano"), GalileoEncoder(**SIZES["nano"])

    torch.testing.assert_close(fresh.pos_embed, trained.pos_embed, rtol=0, atol=1e-5)
    torch.testing.assert_close(fresh.month_embed.weight, trained.month_embed.weight, rtol=0, atol=1e-5)
    assert not any(name.startswith(("pos", "month")) for name, _ in trained.named_parameters())


@needs_real_data
@pytest.mark.parametrize("change", ["missing", "another", "shape"])
def test_weights_that_do_not_fit_exactly_are_refused(change, tmp_path):
    shutil.copy(WEIGHTS / "config.json", tmp_path)
    state = torch.load(WEIGHTS / "encoder.pt", map_location="cpu", weights_only=True)
    if change == "missing":
        del state["norm.bias"]
    elif change == "another":
        state["head.weight"] = torch.zeros(2)
    else:
        state["norm.bias"] = torch.zeros(64)
    torch.save(state, tmp_path / "encoder.pt")

    with pytest.raises(DataError, match="does not fit the model"):
        load_encoder(str(tmp_path), "nano")


@needs_real_data
def test_weights_are_found_by_the_variable_and_in_folders_of_sizes(tmp_path, monkeypatch):
    shutil.copytree(WEIGHTS, tmp_path / "models" / "nano")
    monkeypatch.setenv("GALILEO_DIR", str(tmp_path))

    assert load_encoder(None, "nano").embedding_size == 128
    with pytest.raises(UserError, match="holds no weights of galileo"):
        load_encoder(None, "tiny")


def test_absent_and_damaged_weights_are_one_sentence(tmp_path, monkeypatch):
    monkeypatch.delenv("GALILEO_DIR", raising=False)
    with pytest.raises(UserError, match=r"galileo needs its weights[^\n]*\n  get them from .*GALILEO_DIR$"):
        load_encoder(None, "nano")
    (tmp_path / "config.json").write_text("{}")
    (tmp_path / "encoder.pt").write_bytes(b"damaged")
    with pytest.raises(DataError, match="does not describe an encoder of galileo"):
        load_encoder(str(tmp_path), "nano")
    (tmp_path / "config.json").write_text(
        '{"model": {"encoder": {"embedding_size": 32, "depth": 1, "num_heads": 2, "mlp_ratio": 2,'
        ' "max_sequence_length": 24, "max_patch_size": 8}}}'
    )
    with pytest.raises(DataError, match="holds something else than tensors"):
        load_encoder(str(tmp_path), "nano")


@pytest.mark.parametrize("size", SIZES)
def test_the_published_sizes_are_built(size):
    with torch.device("meta"):
        encoder = GalileoEncoder(**SIZES[size])

    millions = sum(parameter.numel() for parameter in encoder.blocks.parameters()) / 1e6
    assert millions == pytest.approx({"nano": 0.8, "tiny": 5.3, "base": 85.0}[size], abs=0.1)
