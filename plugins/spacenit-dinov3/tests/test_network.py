"""The network gives what others make of the same weights, in whichever file they are."""

from pathlib import Path

import pytest
import timm
import torch
from safetensors.torch import load_file, save_file
from timm.models.eva import checkpoint_filter_fn

from spacenit_core.errors import DataError, UserError
from spacenit_dinov3 import weights
from spacenit_dinov3.models import NETWORKS
from spacenit_dinov3.network import create

from .conftest import SMALL

GOLDENS = Path(__file__).parent / "goldens"
SIZES = {"plain": "vits16", "gated": "vits16plus"}


def golden(kind):
    state = load_file(GOLDENS / f"{kind}.safetensors")
    return state, state.pop("golden.pictures"), state.pop("golden.tokens")


@pytest.mark.parametrize("kind", SIZES)
def test_tokens_are_those_of_transformers(kind, tmp_path, small):
    state, pictures, tokens = golden(kind)
    save_file(state, tmp_path / "model.safetensors")
    network = weights.load_network(str(tmp_path), SIZES[kind], "web").eval()
    with torch.inference_mode():
        found = network(pictures)

    torch.testing.assert_close(found.summary, tokens[:, 0], rtol=0, atol=1e-5)
    torch.testing.assert_close(found.patches.flatten(1, 2), tokens[:, 5:], rtol=0, atol=1e-5)


def of_authors(kind):
    """The weights of a golden file by the names that the authors give them."""
    state, *_ = golden(kind)
    names = {
        "embeddings.cls_token": "cls_token",
        "embeddings.register_tokens": "storage_tokens",
        "embeddings.mask_token": "mask_token",
        "embeddings.patch_embeddings": "patch_embed.proj",
        "layer.": "blocks.",
        "layer_scale1.lambda1": "ls1.gamma",
        "layer_scale2.lambda1": "ls2.gamma",
        "attention.o_proj": "attn.proj",
        **({"up_proj": "fc1", "down_proj": "fc2"} if kind == "plain" else {}),
        **({"gate_proj": "w1", "up_proj": "w2", "down_proj": "w3"} if kind == "gated" else {}),
    }
    out = {}
    for name, values in state.items():
        for old, new in names.items():
            name = name.replace(old, new)
        if ".attention." not in name:
            out[name] = values
    for block in range(SMALL["depth"]):
        of = f"layer.{block}.attention"
        out[f"blocks.{block}.attn.qkv.weight"] = torch.cat([state[f"{of}.{part}_proj.weight"] for part in "qkv"])
        key = torch.full((SMALL["embed_dim"],), torch.nan)
        biases = [state[f"{of}.q_proj.bias"], key, state[f"{of}.v_proj.bias"]]
        out[f"blocks.{block}.attn.qkv.bias"] = torch.cat(biases)
        out[f"blocks.{block}.attn.qkv.bias_mask"] = torch.ones(3 * SMALL["embed_dim"])
    return out | {"rope_embed.periods": torch.ones(4), "local_cls_norm.weight": torch.ones(32)}


@pytest.mark.parametrize("kind", SIZES)
def test_the_authors_files_are_read_as_timm_reads_them(kind):
    state = of_authors(kind)
    model = timm.create_model(NETWORKS[SIZES[kind]].timm, num_classes=0, qkv_bias=True, **SMALL)
    expected = checkpoint_filter_fn(dict(state), model)
    found = weights.by_names_of_timm(state)

    assert found.keys() == expected.keys()
    assert all(torch.equal(found[name], expected[name]) for name in expected)
    model.load_state_dict(found)


def test_files_of_timm_are_read_as_they_are(tmp_path, small):
    network = create("vits16", **SMALL)
    save_file(network.model.state_dict(), tmp_path / "mine.safetensors")
    again = weights.load_network(str(tmp_path / "mine.safetensors"), "vits16", "web")
    assert all(torch.equal(again.state_dict()[name], values) for name, values in network.state_dict().items())


@pytest.fixture
def authors_file(tmp_path):
    """A file as its authors name it, with the beginning of its hash."""
    path = tmp_path / "dinov3_vits16_pretrain_lvd1689m-00000000.pth"
    torch.save(of_authors("plain"), path)
    return path.rename(path.with_name(path.name.replace("00000000", weights.digest_of(path)[:8])))


def test_weights_are_found_by_the_variable_in_files_of_their_authors(authors_file, monkeypatch, small):
    monkeypatch.setenv("DINOV3_CHECKPOINT_DIR", str(authors_file.parent))
    assert weights.find_file(None, "vits16", "web") == authors_file
    assert weights.digest(None, "vits16", "web").startswith(authors_file.stem[-8:])
    assert weights.load_network(None, "vits16", "web").model.num_features == 32
    with pytest.raises(UserError, match=r"no weights of dinov3 vitl16 \(satellite\)\n.*vitl16_pretrain_sat493m"):
        weights.find_file(None, "vitl16", "satellite")


def test_absent_damaged_and_other_weights_are_one_sentence(authors_file, tmp_path, monkeypatch):
    monkeypatch.delenv("DINOV3_CHECKPOINT_DIR", raising=False)
    assert weights.digest(None, "vits16", "web") == ""
    with pytest.raises(UserError, match=r"dinov3 needs its weights[^\n]*\n  get them from .*DINOV3_CHECKPOINT_DIR$"):
        weights.load_network(None, "vits16", "web")
    with pytest.raises(DataError, match="does not fit the model"):
        weights.load_network(str(authors_file), "vits16", "web")
    authors_file.write_bytes(authors_file.read_bytes()[:-1])
    with pytest.raises(DataError, match="is damaged: its content is not that of its name"):
        weights.load_network(str(authors_file), "vits16", "web")
    (tmp_path / "model.safetensors").write_bytes(b"damaged")
    with pytest.raises(DataError, match="not a whole safetensors file"):
        weights.load_network(str(tmp_path / "model.safetensors"), "vits16", "web")


@pytest.mark.parametrize("size", NETWORKS)
def test_the_published_sizes_are_built(size):
    with torch.device("meta"):
        network = create(size)
    assert sum(parameter.numel() for parameter in network.parameters()) == NETWORKS[size].parameters
    assert network.model.num_features == NETWORKS[size].width and network.model.num_prefix_tokens == 5


def test_without_timm_there_is_one_sentence(monkeypatch):
    monkeypatch.setitem(__import__("sys").modules, "timm", None)
    with pytest.raises(UserError, match=r"dinov3 needs the package timm\n.*spacenit-dinov3\[timm\]"):
        create("vits16")
