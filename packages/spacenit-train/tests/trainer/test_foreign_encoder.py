"""An encoder of another family trains where it can do what the model needs, and is refused before the run if not."""

import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType

import pytest
import torch
from attrs import evolve
from click.testing import CliRunner, Result

from spacenit_core import GeoSample, load_model
from spacenit_core.contracts.trial import try_out
from spacenit_core.errors import UserError
from spacenit_core.nn.base_encoder import BaseEncoder
from spacenit_core.nn.patch_embedding import PatchEmbedding
from spacenit_core.plugins import discovery
from spacenit_train.cli.dry_run import dry_run

from .runs import fit, rows_of, weights

SOURCE = Path(__file__).with_name("acme_means.py").read_text()


@pytest.fixture
def acme(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[ModuleType]:
    """The installed plugin."""
    site = tmp_path / "site"
    info = site / "acme_means-1.0.dist-info"
    info.mkdir(parents=True)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: acme-means\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text("[spacenit.encoders]\nmeans = acme_means:Means\nbare = acme_means:Bare\n")
    (site / "acme_means.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(site)
    monkeypatch.delenv("WORLD_SIZE", raising=False)
    discovery.refresh()
    __import__("acme_means")
    yield sys.modules["acme_means"]
    monkeypatch.undo()
    sys.modules.pop("acme_means", None)
    discovery.refresh()


def asked(encoder: str, *settings: str) -> Result:
    """What `dry_run` says to the nano model with another encoder."""
    sizes = ("--model.encoder.embedding_size=16", "--model.decoder.embedding_size=16", "--model.decoder.num_heads=2")
    return CliRunner().invoke(dry_run, ["nano", "r", "local", "--plugin", f"encoder={encoder}", *sizes, *settings])


@pytest.mark.parametrize("reinit", [False, True])
def test_a_foreign_patch_embedding_trains_with_two_views(acme, data, tiny, tmp_path, reinit):
    begun = tiny.experiment(data, tmp_path / "run", value=3, module={"reinit_targets": reinit})
    encoder = acme.Means(embedding_size=16, max_patch_size=2)

    trainer = fit(evolve(begun, model=evolve(begun.model, encoder=encoder)))

    model = trainer.model
    assert not isinstance(model.encoder, BaseEncoder)
    assert not any(isinstance(module, PatchEmbedding) for module in model.modules())
    assert all("InfoNCE" in row and row["loss"] > 0 for row in rows_of(tmp_path / "run"))
    kept = weights(tmp_path / "run", 3)
    assert any(name.startswith("target.means.sentinel1") for name in kept)
    # What the target holds stays as it was; the online embedding has moved away from it.
    moved = "means.sentinel2_l2a.weight"
    assert not torch.equal(kept[f"target.{moved}"], kept[f"encoder.embedding.{moved}"])
    sample = GeoSample(
        bands={"sentinel1": torch.randn(2, 4, 4, 3, 2) - 12}, timestamps=torch.tensor([[[1, 0, 2020]] * 3] * 2)
    )
    tokens = load_model(tmp_path / "run").encoder(sample, patch_size=2).tokens
    assert tokens["sentinel1"].shape == (2, 2, 2, 3, 1, 16)


def test_the_doctor_takes_it(acme):
    for config in (acme.Means(), acme.Bare()):
        try_out("encoders", config)


def test_what_it_cannot_do_is_told_before_the_run(acme):
    assert asked("means").exit_code == 0
    lacking = asked("bare").exception
    assert isinstance(lacking, UserError)
    for ability in ("vectors that views are compared by", "targets made of patches alone"):
        assert f"model.encoder: the encoder bare provides no {ability}, which the model latent_mim needs" in str(
            lacking
        )
    deep = ("--model.target=encoder", "--train_module.token_exit_cfg.sentinel1=1")
    exits = asked("means", *deep).exception
    assert "the encoder means provides no tokens taken after some of its blocks, which token_exit_cfg" in str(exits)
