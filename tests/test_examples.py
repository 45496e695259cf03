"""The command lines that `plugins info` shows are command lines that work."""

import shlex

import pytest

from spacenit_core.cli.info import describe
from spacenit_core.cli.main import run
from spacenit_core.plugins.registry import registry

ENTRIES = [
    ("attention", "packed"),
    ("callbacks", "wandb"),
    ("datasets", "h5_tiles"),
    ("encoders", "olmoearth"),
    ("launchers", "local"),
    ("losses", "info_nce"),
    ("losses", "token_cosine"),
    ("masking", "stripes"),
    ("models", "latent_mim"),
    ("optimizers", "adamw"),
    ("patches", "s2_only"),
    ("recipes", "nano"),
    ("runners", "contrastive_latent_mim"),
    ("schedulers", "cosine_with_warmup"),
    ("sensors", "sentinel2_l2a"),
    ("transforms", "dihedral"),
]


@pytest.mark.parametrize(("kind", "name"), ENTRIES, ids=lambda part: part)
def test_the_example_of_an_entry_works(kind, name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    entries = registry(kind)
    entries.get(name)
    lines = describe(entries.entry(name), entries).splitlines()
    example = next(line for line in lines if line.startswith("  example ")).split(maxsplit=1)[1]

    program, *arguments = shlex.split(example)

    assert (program, name in example) == ("spacenit-run", True)
    assert run(arguments) == 0
