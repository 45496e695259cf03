"""A run goes on, and another starts from it, with the sensors that it was begun with."""

import json
import logging
import shutil
from collections.abc import Callable
from hashlib import sha256
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
from attrs import evolve, frozen

from spacenit_core import checkpoint
from spacenit_core.checkpoint.manifest import FileRecord
from spacenit_core.errors import UserError
from spacenit_core.kinds.runners import RunnerConfig
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.stored import SENSORS_FILE, note_unknown
from spacenit_data.datasets.h5_tiles import H5Tiles
from spacenit_data.loader.fingerprint import fingerprint

from .runs import fit


def rewrite(step: Path, change: Callable[[dict[str, Any]], object] | None) -> None:
    """Change what a checkpoint stores of its sensors, or take it away, and seal it again."""
    manifest, path = checkpoint.Manifest.read(step), step / SENSORS_FILE
    files = {name: record for name, record in manifest.files.items() if name != SENSORS_FILE}
    if change is None:
        path.unlink()
    else:
        content = json.loads(path.read_bytes())
        change(content["sensors"])
        data = json.dumps(content).encode()
        path.write_bytes(data)
        files[SENSORS_FILE] = FileRecord(size=len(data), sha256=sha256(data).hexdigest())
    (step / checkpoint.MANIFEST).write_bytes(evolve(manifest, files=files).to_bytes())


def other_mean(sensors: dict[str, Any]) -> None:
    sensors["sentinel1"]["normalization"]["mean"][1] -= 3
    sensors["sentinel1"]["from"] = "spacenit-core 0.0.1"


@pytest.fixture
def copied(begun: Path, tmp_path: Path) -> Path:
    """A copy of the run of two steps."""
    return Path(shutil.copytree(begun, tmp_path / "run"))


def test_other_sensors_end_it_with_the_difference(copied: Path, data: Path, tiny: ModuleType) -> None:
    rewrite(copied / "step2", other_mean)
    with pytest.raises(UserError, match=r"sentinel1: mean of vh: .* -> ") as caught:
        fit(tiny.experiment(data, copied, value=3))
    assert "spacenit-core 0.0.1" in str(caught.value)


def test_a_run_that_stored_none_goes_on_with_a_note(
    copied: Path, data: Path, tiny: ModuleType, caplog: pytest.LogCaptureFixture
) -> None:
    rewrite(copied / "step2", None)
    note_unknown.cache_clear()
    with caplog.at_level(logging.WARNING):
        assert fit(tiny.experiment(data, copied, value=3)).progress.step == 3
    assert "before sensors were stored" in caplog.text
    assert (copied / "step3" / SENSORS_FILE).is_file()


def test_marks_of_sensors_in_runs_begun_before_are_still_found(data: Path) -> None:
    marks = fingerprint(H5Tiles(data, ["sentinel2_l2a", "sentinel1"]), SensorSet.of(["sentinel2_l2a", "sentinel1"]))
    assert {name: mark for name, mark in marks.items() if name.startswith("sensor ")} == {
        "sensor sentinel2_l2a": "3f354ad8d82e306d",
        "sensor sentinel1": "970c3d8347924365",
    }


def test_weights_of_other_sensors_may_be_started_from_and_it_is_said(
    copied: Path, tmp_path: Path, data: Path, tiny: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    rewrite(copied / "step2", other_mean)
    fit(tiny.experiment(data, tmp_path / "next", value=1, trainer={"load_path": copied}))
    assert "sentinel1: mean of vh:" in " ".join(capsys.readouterr().err.split())


def test_of_a_runner_that_masks_nothing_the_encoder_sees_every_sensor(
    tmp_path: Path, data: Path, tiny: ModuleType
) -> None:
    @frozen(kw_only=True)
    class Unmasked(RunnerConfig):
        """Trains on what is there."""

    experiment = evolve(tiny.experiment(data, tmp_path / "run", value=1), train_module=Unmasked())
    assert experiment.encoded_sensors == experiment.sensor_set
