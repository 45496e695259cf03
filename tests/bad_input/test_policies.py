"""Samples that cannot be read during training: fail, skip, quarantine."""

import json
import shutil

import pytest

from spacenit_core import checkpoint


@pytest.fixture
def damaged(data, helpers):
    """A set of twelve samples of which two are cut short."""
    for number in (4, 9):
        helpers.cut(data / f"sample_{number}.h5", -300)
    return data


def quarantined(folder):
    return [json.loads(line) for line in (folder / "quarantine.jsonl").read_text().splitlines()]


def test_fail_is_the_default_and_the_mended_set_trains_on(spacenit, pristine, damaged, tmp_path, helpers):
    seen = spacenit.train(damaged, tmp_path / "run")
    seen.refused(1, str(damaged / "sample_"), ".h5", "convert or copy it again", "data_loader.on_corrupt=skip")
    assert not (tmp_path / "run" / "quarantine.jsonl").exists()
    for command in ("prep", "visualize"):
        spacenit.train(damaged, tmp_path / command, command=command).refused(1, str(damaged / "sample_"))
        assert not (tmp_path / command).exists()
    assert helpers.leftovers(tmp_path / "run") == []
    for number in (4, 9):
        shutil.copy(pristine / f"sample_{number}.h5", damaged)
    spacenit.train(damaged, tmp_path / "run").refused(0, "finished after 3 steps")
    assert len(helpers.losses(tmp_path / "run")) == 3


@pytest.mark.parametrize("policy", ["skip", "quarantine"])
def test_others_take_the_place_of_few_samples_and_not_of_many(policy, spacenit, damaged, tmp_path, helpers):
    asked = f"--data_loader.on_corrupt={policy}"
    # One sample may always be unreadable; of twelve, two are more than a hundredth.
    spacenit.train(damaged, tmp_path / "few", asked).refused(1, "2 of 12", "max_corrupt_fraction", "sample_")
    seen = spacenit.train(damaged, tmp_path / "run", asked, "--data_loader.max_corrupt_fraction=0.2")
    seen.refused(0, "finished after 3 steps", "replaced by others: 2")
    assert checkpoint.latest(tmp_path / "run").name == "step3"
    assert (tmp_path / "run" / "quarantine.jsonl").exists() == (policy == "quarantine")
    if policy == "quarantine":
        assert sorted(line["index"] for line in quarantined(tmp_path / "run")) == [4, 9]
        assert all("sample_" in line["message"] for line in quarantined(tmp_path / "run"))


def test_two_processes_replace_count_and_list_as_one_does(spacenit, damaged, tmp_path, helpers):
    settings = (
        "--data_loader.on_corrupt=quarantine",
        "--data_loader.max_corrupt_fraction=0.2",
        "--trainer.max_duration.steps=15",
    )
    one, two = tmp_path / "one", tmp_path / "two"
    spacenit.train(damaged, one, *settings).refused(0, "replaced by others: 2")
    words = helpers.training("train", damaged, two, *settings)
    spacenit.process(*words, ranks=2).refused(0, "finished after 15 steps", "replaced by others: 2")
    assert helpers.losses(two) == pytest.approx(helpers.losses(one), abs=1e-5)
    assert quarantined(two) == quarantined(one) and len(quarantined(one)) == 2


@pytest.mark.slow
def test_loader_workers_tell_what_they_cannot_read(spacenit, damaged, tmp_path):
    seen = spacenit.train(damaged, tmp_path / "run", "--data_loader.num_workers=1")
    seen.refused(1, str(damaged / "sample_"), "data_loader.on_corrupt=skip")


@pytest.mark.slow
def test_two_processes_stop_at_the_same_share(spacenit, damaged, tmp_path, helpers):
    words = helpers.training("train", damaged, tmp_path / "run", "--data_loader.on_corrupt=skip", "--nproc_per_node=2")
    seen = spacenit.process(*words)
    seen.refused(1, "2 of 12", "max_corrupt_fraction")
    assert seen.text.count("error:") == 1
