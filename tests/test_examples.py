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
    ("losses", "mae"),
    ("losses", "token_cosine"),
    ("masking", "stripes"),
    ("models", "galileo"),
    ("models", "latent_mim"),
    ("models", "mae"),
    ("optimizers", "adamw"),
    ("patches", "s2_only"),
    ("recipes", "nano"),
    ("runners", "contrastive_latent_mim"),
    ("runners", "galileo"),
    ("runners", "mae"),
    ("schedulers", "cosine_with_warmup"),
    ("sensors", "sentinel2_l2a"),
    ("sensors", "srtm"),
    ("strategies", "ddp"),
    ("transforms", "dihedral"),
]


@pytest.mark.parametrize(("kind", "name"), ENTRIES, ids=lambda part: part)
def test_the_example_of_an_entry_works(kind, name, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    example = example_of(kind, name)

    program, *arguments = shlex.split(example)

    assert (program, name in example) == ("spacenit-run", True)
    assert run(arguments) == 0


@pytest.mark.parametrize(
    ("kind", "name", "example"),
    [
        ("exporters", "onnx", "spacenit-run export RUN --plugin exporter=onnx"),
        ("sensors", "era5", "spacenit-run data stats DIR --sensor era5"),
        (
            "masking",
            "scheduled",
            "spacenit-run dry_run base my_run local --plugin masking=scheduled "
            "--train_module.masking.policies=... --train_module.masking.starts=...",
        ),
    ],
    ids=lambda part: part.split()[0],
)
def test_an_example_names_what_has_to_be_filled_in(kind, name, example):
    assert example_of(kind, name) == example


def example_of(kind: str, name: str) -> str:
    """The command line that `plugins info` shows."""
    entries = registry(kind)
    entries.get(name)
    shown = describe(entries.entry(name), entries).partition("example:\n")[2].partition("\n\n")[0]
    return " ".join(shlex.split(shown.replace("\\\n", "")))
