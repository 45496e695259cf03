"""Mistakes in the words of a command line and in config files: exit code 2, and nothing is written."""

from pathlib import Path

import pytest

RUN = ("nano", "tiny", "local")


@pytest.mark.parametrize(
    ("words", "parts"),
    [
        (("trian", *RUN), ("'trian'", "did you mean train?")),
        (("train", "naon", "tiny", "local"), ("'naon'", "did you mean nano?")),
        (("train", "nano", "tiny", "locl"), ("'locl'", "did you mean local?")),
        (("train", "nano+s2onyl", "tiny", "local"), ("'s2onyl'", "did you mean s2_only?")),
        (("train", *RUN, "--patch", "no_contrastiv"), ("did you mean no_contrastive?",)),
        (("train", *RUN, "--plugin", "masking=randm"), ("--plugin masking=randm", "did you mean random?")),
        (("train", *RUN, "--plugin", "maskign=random"), ("'maskign'", "did you mean masking?")),
        (("train", *RUN, "--train_module.optim=adam"), ("--train_module.optim=adam", "did you mean adamw?")),
        (("train", *RUN, "--dataset.h5py_dri=x"), ("--dataset.h5py_dri=x", "did you mean h5py_dir?")),
        (("train", *RUN, "--trianer.max_duration.steps=3"), ("--trainer.max_duration.steps",)),
        (("train", *RUN, "--train_module.optim.lr=fast"), ("--train_module.optim.lr=fast", "a number")),
        (("train", *RUN, "--train_module.optim.lr=-1"), ("--train_module.optim.lr=-1", "at least 0")),
        (("train", *RUN, "--train_module.optim.lr"), ("write --train_module.optim.lr=VALUE",)),
        (("train", *RUN, "--sensors=[sentinel2_l2b]"), ("'sentinel2_l2b'", "did you mean sentinel2_l2a")),
        (("train", *RUN, "--train_module.masking.encode_ratio=0"), ("encode_ratio", "greater than 0")),
        (("train", *RUN, "--train_module.masking.encode_ratio=0.9"), ("encode_ratio", "decode_ratio", "exceed 1")),
        (("train", *RUN, "--sensors=[]"), ("no sensor is chosen", "for example --sensors=")),
        (("train", *RUN, "--precision=fp8"), ("auto or float32 or bfloat16",)),
        (("train", *RUN, "--seed=1", "--seed=2"), ("two different values", "keep one")),
        (("train", *RUN, "more"), ("one word too many", "RECIPE RUN_NAME CLUSTER")),
        (("train", "nano"), ("RUN_NAME, CLUSTER are missing",)),
        (("train", *RUN, "--nproc_per_node=zero"), ("--nproc_per_node=zero", "a number of processes")),
        (("train", *RUN, "--nproc_per_node=0"), ("--nproc_per_node=0", "a number of processes")),
        (("train", *RUN, "--nnodes=two"), ("--nnodes=two", "a number of machines")),
        (("train", *RUN, "--nnodes=2", "--node_rank=-1"), ("--node_rank=-1",)),
        (("demo", "now"), ("now: one word too many", "settings are written --a.b=value")),
        (("--plugin", "masking=randm"), ("did you mean random?",)),
        (("recipes", "shwo", "nano"), ("did you mean show?",)),
        (("plugins", "info", "masking", "rndom"), ("did you mean random?",)),
        (("plugins", "new", "../mine", "--kind", "masking"), ("'../mine'", "lower-case words")),
        (("data", "tlie"), ("did you mean tile?",)),
        (("evaluate", "nowhere", "--labels", "x.tif"), ("there is no folder nowhere", "the folder of a run")),
        (("evaluate", "nowhere", "--labels", "x.tif", "--probe", "knnn"), ("did you mean knn?",)),
        (("evaluate", "nowhere", "--labels", "x.tif", "--window", "6"), ("--window", "--patch-size")),
    ],
    ids=lambda value: " ".join(value) if value and value[0] in " ".join(value) else None,
)
def test_a_typo_is_told_with_what_was_meant(words, parts, spacenit, nothing_written):
    with nothing_written():
        spacenit(*words).refused(2, *parts)


@pytest.mark.parametrize("command", ["train", "train_single", "prep", "visualize"])
@pytest.mark.parametrize("folder", [None, "nowhere", "file", "empty"])
def test_a_missing_data_set_names_its_setting(command, folder, spacenit, tmp_path, nothing_written):
    (tmp_path / "file").touch()
    (tmp_path / "empty").mkdir()
    given = [] if folder is None else [f"--dataset.h5py_dir={tmp_path / folder}"]
    with nothing_written():
        spacenit(command, *RUN, *given).refused(2, "--dataset.h5py_dir", folder or "unset")
        assert spacenit("dry_run", *RUN, *given).code == 0


def test_a_data_set_one_level_higher_is_found_for_the_message(spacenit, data, tmp_path, nothing_written):
    with nothing_written():
        spacenit("train", *RUN, f"--dataset.h5py_dir={tmp_path}").refused(2, f"there is one in {data}")


@pytest.mark.parametrize("name", ["../tiny", "a/b", "..", ".", "", "a b", "-rf", "tiny\n", "x" * 300, "été"])
def test_a_run_name_that_is_no_folder_name_is_refused(name, spacenit, tmp_path, nothing_written):
    with nothing_written():
        for words in (("nano", name, "local"), (*RUN, f"--run_name={name}"), (*RUN, f"--common.run_name={name}")):
            spacenit("dry_run", *words).refused(2, "no option" if name == "-rf" in words else "name")
            spacenit("train", *words).refused(2)


YAML_FAULTS = {
    "unclosed": ("seed: 1\nsensors: [sentinel1\n", "settings.yaml:3"),
    "indented": ("trainer:\n  device: cpu\n seed: 1\n", "settings.yaml:3"),
    "tab": ("trainer:\n\tdevice: cpu\n", "settings.yaml:2"),
    "twice": ("seed: 1\nseed: 2\n", "given twice"),
    "list": ("- seed\n", "one setting per line"),
    "word": ("seed", "one setting per line"),
    "object": ("seed: !!python/object/apply:os.system [touch owned]\n", "settings.yaml:1"),
    "alias": ("seed: &a 1\nprecision: *a\n", "aliases"),
    "two documents": ("seed: 1\n---\nseed: 2\n", "settings.yaml"),
    "bytes": (b"\xff\xfe\x00s", "UTF-8"),
    "key": ("sede: 1\n", "did you mean seed?"),
    "value": ("seed: one\n", "a whole number"),
    "type": ("train_module:\n  masking:\n    type: randm\n", "did you mean random?"),
    "deep": ("[" * 5000, "levels deep"),
    "large": ("# " + "x" * 1_000_001, "too many"),
}


@pytest.mark.parametrize("fault", YAML_FAULTS)
def test_a_mistake_in_a_config_file_names_file_and_line(fault, spacenit, tmp_path, nothing_written):
    content, part = YAML_FAULTS[fault]
    path = tmp_path / "settings.yaml"
    path.write_bytes(content if isinstance(content, bytes) else content.encode())
    with nothing_written():
        for command in ("dry_run", "train"):
            spacenit(command, *RUN, "--set-from", path).refused(2, "settings.yaml", part)


def test_a_config_file_that_is_none(spacenit, tmp_path, nothing_written):
    with nothing_written():
        spacenit("train", *RUN, "--set-from", tmp_path / "absent.yaml").refused(2, "absent.yaml", "give a YAML file")
        spacenit("train", *RUN, "--set-from", tmp_path).refused(2, str(tmp_path), "give a YAML file")
        spacenit("train", *RUN, "--set-from", "x" * 5000).refused(2, "File name too long")


@pytest.mark.parametrize("place", ["file", "file/run", "run"])
@pytest.mark.parametrize("setting", ["--trainer.save_folder=", "--common.save_folder=", "--launch.root="])
def test_a_run_folder_that_cannot_be_made(place, setting, spacenit, data, tmp_path, nothing_written, helpers):
    (tmp_path / "file").touch()
    words = [word for word in helpers.training("train", data, tmp_path) if "save_folder" not in word]
    with nothing_written():
        if place == "run":
            # Nothing of a run that cannot begin stays behind either.
            wrong = "--trainer.load_path=nowhere"
            spacenit(*words, f"{setting}{tmp_path / place}", wrong).refused(2, wrong, "a run's folder")
        else:
            spacenit(*words, f"{setting}{tmp_path / place}").refused(2, str(tmp_path / place), "--trainer.save_folder")


def test_settings_that_no_data_set_can_satisfy(spacenit, data, tmp_path, nothing_written, helpers):
    for setting, part in {
        "--data_loader.global_batch_size=14": "12 samples",
        "--data_loader.token_budget=3": "token_budget",
        "--dataset.dataset_percentage=0.01": "dataset.dataset_percentage",
        "--dataset.dataset_percentage=7": "between 0 and 1",
        f"--dataset.filter_idx_file={tmp_path / 'absent.npy'}": "dataset.filter_idx_file",
        f"--dataset.filter_idx_file={data / 'sample_0.h5'}": "numpy.save",
        f"--dataset.cache_dir={data / 'sample_0.h5'}": "dataset.cache_dir",
        "--sensors=[landsat]": "sentinel2_l2a",
        "--train_module.rank_microbatch_size=3": "micro-batches",
    }.items():
        words = helpers.training("train_single", data, tmp_path / "run", setting)
        with nothing_written():
            spacenit(*words).refused(2, part)


def test_the_program_itself_shows_no_traceback(spacenit, tmp_path):
    spacenit.process("train", "naon", "tiny", "local").refused(2, "error: unknown recipe 'naon'; did you mean nano?")


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="a system without /dev/full")
def test_what_the_system_refuses_is_a_message(spacenit):
    full = "import os; os.dup2(os.open('/dev/full', os.O_WRONLY), 1)"
    spacenit.process("dry_run", *RUN, "--yaml", limit=full).refused(1, "No space left on device", "free space")
