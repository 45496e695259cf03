"""No memory, no room on the disk, damaged checkpoints: what the machine refuses, and what is left afterwards."""

import resource
from contextlib import contextmanager

import h5py
import numpy as np
import pytest

from spacenit_core import checkpoint


@contextmanager
def room_for(size):
    """No file may grow beyond so many bytes: what a full disk does, to files of that size."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


LITTLE_MEMORY = """
import resource
with open("/proc/self/statm") as file:
    present = int(file.read().split()[0]) * resource.getpagesize()
resource.setrlimit(resource.RLIMIT_AS, (present + {megabytes} * 2**20, -1))
"""

LARGE = ("--model.encoder.embedding_size={size}", "--model.decoder.embedding_size={size}")


@pytest.mark.skipif(not hasattr(resource, "RLIMIT_AS"), reason="a system without a limit of memory")
@pytest.mark.parametrize(("size", "megabytes"), [(8192, 600), (512, 500)], ids=["model", "batch"])
def test_out_of_memory_names_what_to_lower(size, megabytes, spacenit, data, tmp_path, helpers):
    large = [setting.format(size=size) for setting in LARGE]
    batch = ["--data_loader.global_batch_size=12", "--train_module.rank_microbatch_size=12"]
    windows = ["--data_loader.sampled_hw_p_list=[8]", "--data_loader.token_budget=9000"]
    settings = (*large, *batch, *windows, "--data_loader.max_patch_size=1")
    words = helpers.training("train_single", data, tmp_path / "run", *settings)
    seen = spacenit.process(*words, limit=LITTLE_MEMORY.format(megabytes=megabytes))
    seen.refused(2, "out of memory on cpu", "rank_microbatch_size", "token_budget", "global_batch_size")
    if size == 8192:
        assert not (tmp_path / "run").exists()
    else:
        assert "step 0" in seen.text and helpers.leftovers(tmp_path / "run") == []


def test_a_full_disk_leaves_nothing_of_a_run_that_did_not_begin(spacenit, data, tmp_path):
    with room_for(1000):
        spacenit.train(data, tmp_path / "run").refused(1, str(tmp_path / "run"), "File too large", "make room")
    assert not (tmp_path / "run").exists()


def test_a_full_disk_leaves_the_checkpoints_as_they_were(spacenit, data, tmp_path, helpers):
    run = tmp_path / "run"
    spacenit.train(data, run, "--trainer.max_duration.steps=2")
    before = helpers.listing(run / "step2")
    with room_for(50_000):
        seen = spacenit.train(data, run, "--trainer.max_duration.steps=4")
    seen.refused(1, "the checkpoint of step 4 cannot be written", "earlier checkpoints are as they were")
    assert checkpoint.latest(run) == run / "step2" and helpers.listing(run / "step2") == before
    assert helpers.leftovers(run) == []
    assert spacenit.train(data, run, "--trainer.max_duration.steps=4").code == 0
    whole = tmp_path / "whole"
    spacenit.train(data, whole, "--trainer.max_duration.steps=4")
    assert helpers.losses(run) == helpers.losses(whole)


def test_a_full_disk_stops_the_metrics_and_no_line_is_torn(spacenit, data, tmp_path, helpers):
    with room_for(12_000):
        seen = spacenit.train(data, tmp_path / "run", "--trainer.max_duration.steps=300")
    seen.refused(1, "metrics.jsonl", "File too large")
    spacenit.train(data, tmp_path / "run", "--trainer.max_duration.steps=3").refused(0, "finished after 3 steps")
    assert len(helpers.losses(tmp_path / "run")) == 3


def test_a_full_disk_stops_a_conversion_that_goes_on_later(spacenit, data, tmp_path, helpers):
    words = ("data", "convert", "--from-h5", data, "--out", tmp_path / "out", "--workers", "1")
    with room_for(4000):
        spacenit(*words).refused(1, str(tmp_path / "out"), "goes on where this one stopped")
    assert not list((tmp_path / "out").rglob("*.h5")) and not list((tmp_path / "out").rglob(".*.tmp-*"))
    assert spacenit(*words).code == 0
    (folder,) = (path.parent for path in (tmp_path / "out").rglob("sample_metadata.csv"))
    assert helpers.leftovers(tmp_path / "out") == [] and len(list(folder.glob("sample_*.h5"))) == 12


def test_a_full_disk_stops_what_writes_single_files(spacenit, data, tmp_path, nothing_written, helpers):
    with nothing_written(), room_for(450):
        spacenit("data", "view", data, "0", "--out", tmp_path / "a.png").refused(2, "a.png", "--out")
        seen = spacenit("data", "validate", data, "--record", "--sidecar", tmp_path / "sums", "--workers", "1")
        seen.refused(1, str(tmp_path / "sums"), "--sidecar")
        spacenit("plugins", "new", "my-mask", "--kind", "masking").refused(2, "my-mask", "--path")
    with room_for(1000):
        seen = spacenit.train(data, tmp_path / "run", command="visualize")
        seen.refused(1, ".png", "--trainer.save_folder")
    assert not [path for path in (tmp_path / "run").rglob("*") if path.is_file()]


@pytest.fixture
def trained(spacenit, data, tmp_path):
    """A run of three steps."""
    spacenit.train(data, tmp_path / "run").refused(0, "finished")
    return tmp_path / "run"


CHECKPOINT_FAULTS = {
    "flipped": lambda path, helpers: helpers.flip(path / "model.safetensors", 9000),
    "cut": lambda path, helpers: helpers.cut(path / "optimizer.safetensors", -10),
    "absent": lambda path, helpers: (path / "state.json").unlink(),
    "manifest": lambda path, helpers: (path / "MANIFEST.json").write_text("{}"),
    "no manifest": lambda path, helpers: (path / "MANIFEST.json").unlink(),
}


@pytest.mark.parametrize("fault", CHECKPOINT_FAULTS)
def test_a_damaged_checkpoint_is_named_and_not_read(fault, spacenit, trained, data, tmp_path, helpers):
    CHECKPOINT_FAULTS[fault](trained / "step3", helpers)
    other = tmp_path / "other"
    for named in (trained, trained / "step3"):
        seen = spacenit.train(data, other, f"--trainer.load_path={named}")
        seen.refused(seen.code or 9, f"--trainer.load_path={named}", "give a run's folder", str(trained))
        spacenit("evaluate", named, "--labels", "x.tif").refused(seen.code, str(named), "step3")
        assert not other.exists()
    # The run itself passes it over, says so, and begins again.
    seen = spacenit.train(data, trained)
    seen.refused(0, "step3 is passed over", "step 0")
    assert checkpoint.latest(trained) == trained / "step3"


def test_other_settings_and_other_data_are_refused_with_the_difference(spacenit, trained, data, tmp_path, helpers):
    before = helpers.listing(trained)
    four = "--trainer.max_duration.steps=4"
    spacenit.train(data, trained, four, "--seed=1").refused(2, "seed: 12536 -> 1", "another RUN_NAME")
    with h5py.File(data / "sample_0.h5", "r+") as file:
        values = file["worldcover"][()]
        del file["worldcover"]
        file["worldcover"] = np.where(values == 10, np.float32(40), np.float32(10))
    spacenit.train(data, trained, four).refused(2, "other data", "sample 0")
    assert helpers.listing(trained) == before


def test_weights_of_another_model_are_refused(spacenit, trained, data, tmp_path, nothing_written):
    with nothing_written():
        for setting in ("--sensors=[sentinel2_l2a,worldcover]", "--model.encoder.depth=2"):
            seen = spacenit.train(data, tmp_path / "other", f"--trainer.load_path={trained}", setting)
            seen.refused(2, str(trained), "do not fit the model", "use the model and sensors")


def test_options_of_the_data_commands_that_cannot_be_meant(spacenit, data, tmp_path, nothing_written):
    with nothing_written():
        for words, parts in {
            ("validate", data, "--sidecar", "absent"): ("there is no file absent", "--record"),
            ("validate", data, "--limit", "-1"): ("--limit",),
            ("view", data, "0", "--bands", "B04,B03,B99"): ("'B99'", "sentinel2_l2a: B02"),
            ("view", data, "0", "--bands", "B04"): ("three bands",),
            ("view", data, "12"): ("no sample 12",),
            ("stats", data, "--sensor", "landsat"): ("landsat", "the set holds"),
            ("convert", data): ("no CSV",),
            ("convert", "--from-h5", data): ("--out",),
            ("convert", "--from-h5", data, "--out", "o", "--tile-size", "3"): ("that fit are 8, 4, 2, 1",),
        }.items():
            spacenit("data", *words).refused(2, *parts)


def test_missing_room_for_a_cache(spacenit, data, tmp_path, helpers):
    with room_for(4000):
        seen = spacenit.train(data, tmp_path / "run", f"--dataset.cache_dir={tmp_path / 'cache'}")
    seen.refused(2, "sample_", "dataset.cache_dir")
    assert helpers.leftovers(tmp_path / "cache") == []
