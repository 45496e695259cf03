"""What the other commands do for an experiment that has no sensors: their work, or one sentence."""

import json
from importlib.util import find_spec
from pathlib import Path

import pytest

from spacenit_core.cli.checks import check_distribution
from spacenit_core.cli.main import run

from .command_lines import words

PACKAGES = {"evaluate": "spacenit_evals", "ablate": "spacenit_ablations"}


def installed(command: str) -> pytest.MarkDecorator:
    """Skips where train is tested alone."""
    package = PACKAGES[command]
    return pytest.mark.skipif(find_spec(package) is None, reason=f"{package}, which has `{command}`, is not installed")


@pytest.fixture(scope="module")
def trained(tmp_path_factory: pytest.TempPathFactory, texts: Path) -> Path:
    """A run of two steps."""
    folder = tmp_path_factory.mktemp("trained") / "run"
    assert run(words("train_single", texts, folder, "--trainer.max_duration.steps=2")) == 0
    return folder


def refused(capsys: pytest.CaptureFixture[str]) -> str:
    """What was said last; one sentence, and what to do."""
    said = capsys.readouterr().err
    assert "Traceback" not in said and said.startswith("error: ") and len(said.splitlines()) <= 3, said
    return said


def test_the_doctor_has_nothing_to_say() -> None:
    assert [finding for finding in check_distribution("acme-text", deep=True) if finding.level != "note"] == []


def test_dry_run_shows_the_settings_of_its_class(
    texts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(words("dry_run", texts, tmp_path / "run", "--context=8", "--json")) == 0
    shown = json.loads(capsys.readouterr().out)
    assert shown["config"]["context"] == 8 and shown["sources"]["context"].startswith("--context")
    assert not {"sensors", "dataset", "band_groups"} & set(shown["config"])
    assert shown["paths"]["data_loader.folder"] == {"value": str(texts), "state": "there"}
    assert run(words("dry_run", texts, tmp_path / "run")) == 0
    assert "model.longest" in capsys.readouterr().out


@pytest.mark.parametrize(
    ("setting", "said"),
    [
        ("--sensors=[sentinel1]", "--sensors=[sentinel1]: no such option or setting"),
        ("--dataset.h5py_dir=DIR", "--dataset.h5py_dir=DIR: no such option or setting"),
        ("--common.training_modalities=[sentinel1]", "sensors"),
        ("--context=64", "texts of 64 bytes are longer than the model reads"),
        (
            "--trust-statistics=sentinel1",
            "--trust-statistics is about pixels of sensors, and this experiment reads none",
        ),
        ("--model.widht=4", "unknown key 'widht' in model; did you mean width?"),
        ("--plugin=masking=random", "this recipe has no slot of kind masking"),
        ("--plugin=model=latent_mim", "the runner next_byte trains models of bytes"),
        ("--plugin=model=mae --plugin=runner=mae", "reads no sensors, which is what model.encoder=olmoearth and"),
    ],
)
def test_settings_that_are_not_its_own_are_refused(
    setting: str, said: str, texts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(words("train", texts, tmp_path / "run", *setting.split())) == 2
    assert said in refused(capsys)


def test_a_setting_of_its_own_before_the_recipe_is_known(capsys: pytest.CaptureFixture[str]) -> None:
    assert run(["dry_run", "--context", "8", "letters", "prose", "local"]) == 2
    assert "write --context=8" in refused(capsys)


def test_parts_for_other_samples_are_refused(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    place = f"--common.save_folder={tmp_path / 'run'}"
    for recipe, swap, said in (
        ("letters", "loader=tiles", "the loader tiles reads windows of sensors"),
        ("nano", "loader=texts", "the loader texts is for an experiment on texts"),
        ("nano", "runner=next_byte", "the loader tiles gives masked views, and the runner says of no view"),
    ):
        assert run(["dry_run", recipe, "prose", "local", "--plugin", swap, place]) == 2
        assert said in capsys.readouterr().err


def test_prep_describes_the_texts_and_tries_a_step(
    texts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(words("prep", texts, tmp_path / "run")) == 0
    said = capsys.readouterr().out
    assert "samples: 3 files of text" in said
    assert "first batch: 4 samples of 64 tokens" in said
    assert "one step on two samples with" in said and "acme-text" in said
    assert not (tmp_path / "run").exists()
    assert run(words("prep", tmp_path, tmp_path / "run")) == 2
    assert f"no text lies in {tmp_path}" in refused(capsys)


def test_visualize_says_that_it_draws_sensors(texts: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert run(words("visualize", texts, tmp_path / "run")) == 2
    assert "visualize draws windows of sensors, and TextExperiment does not say how Texts are drawn" in refused(capsys)


def test_export_says_that_it_writes_encoders_of_sensors(
    trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert run(["export", str(trained), "--out", str(tmp_path / "out")]) == 2
    assert "is a run without sensors" in refused(capsys)
    assert not (tmp_path / "out").exists()


@installed("evaluate")
def test_evaluate_says_the_same(trained: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    (tmp_path / "labels.tif").write_bytes(b"")
    assert run(["evaluate", str(trained), "--labels", str(tmp_path / "labels.tif")]) == 2
    assert "is a run without sensors" in refused(capsys)


@installed("ablate")
def test_ablate_compares_its_ablations(texts: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]) -> None:
    shown = ["ablate", *words("", texts, tmp_path / "cells", "--trainer.max_duration.steps=3")[1:]]
    assert run([*shown, "--all", "--dry-run"]) == 0
    said = capfd.readouterr().out
    assert "2 cells in" in said and "narrow_letters" in said and "model.width" in said

    assert run([*shown, "--all"]) == 0

    told = capfd.readouterr()
    assert "Traceback" not in told.err
    report = (tmp_path / "cells" / "results.md").read_text()
    assert "reference" in report and "narrow_letters" in report
    assert (tmp_path / "cells" / "results.png").exists()


@installed("ablate")
def test_labels_of_the_ground_do_not_judge_texts(
    texts: Path, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    labels = tmp_path / "labels.tif"
    labels.write_bytes(b"")
    line = words("", texts, tmp_path / "cells")[1:]
    assert run(["ablate", *line, "--patch", "narrow_letters", "--labels", str(labels)]) == 2
    assert "labels judge encoders of sensors, and this recipe trains on none" in capfd.readouterr().err
