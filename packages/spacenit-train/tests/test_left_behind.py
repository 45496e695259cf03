"""Swapping one thing keeps the rest of the experiment, and what cannot be kept is told by every command."""

import pytest
from attrs import evolve
from click.testing import CliRunner

from spacenit_core.samples.visibility import DECODE, ENCODE
from spacenit_train.cli.prep import prep
from spacenit_train.cli.train import train
from spacenit_train.masking.only_decoded import OnlyDecodedSettings
from spacenit_train.recipes.v1 import MAPS
from spacenit_train.run import resolve_run

from .every_policy import POLICIES, SENSORS, layout_of, mask

pytestmark = pytest.mark.usefixtures("one_process")


def test_another_encoder_keeps_the_size_of_the_first():
    resolved = resolve_run("nano", "r", plugins=["encoder=spacenit"]).resolved

    sizes = {path.removeprefix("model.encoder."): (value, source) for path, value, source in resolved.rows()}
    for name, value in (("embedding_size", 128), ("depth", 4), ("num_heads", 8)):
        assert sizes[name] == (value, "carried over from olmoearth (recipe nano)")


@pytest.mark.parametrize("plugins", [["model=mae", "runner=mae"], ["runner=latent_mim"], ["optimizer=adamw"]])
def test_another_model_or_runner_keeps_the_encoder_the_masking_and_the_optimizer(plugins):
    before = resolve_run("nano", "r").experiment

    after = resolve_run("nano", "r", plugins=plugins).experiment

    assert after.model.encoder == before.model.encoder
    for part in ("masking", "optim", "scheduler"):
        assert getattr(after.train_module, part) == getattr(before.train_module, part)


@pytest.mark.parametrize(
    "name", [name for name, policy in POLICIES.items() if "/" not in name and isinstance(policy, OnlyDecodedSettings)]
)
def test_maps_stay_out_of_the_encoder_under_every_policy(name):
    layout = layout_of(SENSORS, 4, 4)
    missing = layout.row[None].repeat(8, 0) == 3
    policy = POLICIES[name]
    maps = ("worldcover", "srtm")

    held, free = (mask(evolve(policy, only_decode_modalities=names), layout, missing) for names in (maps, ()))

    of_maps = [layout[name].tokens for name in maps]
    assert any((free[:, tokens] == ENCODE).any() for tokens in of_maps)
    for tokens in of_maps:
        assert (held[:, tokens] == ENCODE).sum() == 0
        assert ((held[:, tokens] == DECODE) == ((free[:, tokens] == DECODE) | (free[:, tokens] == ENCODE))).all()
    others = [block.tokens for block in layout.blocks if block.sensor.name not in maps]
    assert all((held[:, tokens] == free[:, tokens]).all() for tokens in others)


def test_the_readmes_first_swap_feeds_no_maps_to_the_encoder():
    run = resolve_run("base", "r", plugins=["masking=random"])

    assert run.experiment.train_module.masking.only_decode_modalities == MAPS


def test_a_policy_that_cannot_be_told_is_warned_of_with_a_remedy_that_works():
    pytest.importorskip("spacenit_example")
    resolved = resolve_run("nano", "r", plugins=["masking=stripes"]).resolved

    warning, sensors, wrapped, *_ = resolved.dropped
    assert warning.startswith("WARNING: worldcover, srtm") and "masking stripes has no setting" in warning
    for remedy in (sensors, wrapped):
        words = remedy.partition(": ")[2].split(" ")
        again = resolve_run("nano", "r", plugins=["masking=stripes"], overrides=words).resolved
        assert not any(line.startswith("WARNING") for line in again.dropped), remedy


@pytest.mark.parametrize("command", [train, prep])
def test_train_and_prep_say_what_is_left_behind_before_they_begin(command, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    words = ["nano", "r", "local", "--plugin=encoder=spacenit", f"--dataset.h5py_dir={tmp_path / 'absent'}"]
    words += ["--trainer.callbacks.absent.enabled=false", "--sensors=[sentinel1]"]

    result = CliRunner().invoke(command, words)

    assert result.exit_code, "there is no data set"
    assert "use_linear_patch_embed=False (recipe nano): model.encoder is now spacenit" in result.stderr
    assert "absent is not installed" in result.stderr
    assert "only_decode_modalities=['worldcover'" in result.stderr and "follows from other settings" in result.stderr
