"""What callbacks add to a step's metrics, and rows of runs that end early."""

from pathlib import Path
from types import ModuleType
from typing import Any

import numpy as np
import pytest
import torch

from spacenit_core.errors import DataError
from spacenit_core.kinds.callbacks import Callback
from spacenit_core.sensors.spec import NODATA
from spacenit_data.h5.writer import H5SetWriter, SampleArrays
from spacenit_train.trainer import parts as parts_module
from spacenit_train.trainer.step import Update
from spacenit_train.trainer.trainer import Trainer

from .runs import FailedOnPurpose, Raises, fit, rows_of, steps


class Adds(Callback):
    """Adds the step as a metric of its own."""

    def on_step_end(self, trainer: Any, metrics: dict[str, float]) -> None:
        metrics["mine"] = trainer.progress.step


class Logs(Callback):
    """Logs a number at every event."""

    def on_run_start(self, trainer: Any) -> None:
        trainer.log("start", 1)

    def on_step_end(self, trainer: Any, metrics: dict[str, float]) -> None:
        trainer.log("mine", torch.tensor(trainer.progress.step))

    def on_metrics(self, trainer: Any, rows: list[dict[str, Any]]) -> None:
        trainer.log("written", len(rows))


class Repeats(Callback):
    """Logs what is measured."""

    def on_step_end(self, trainer: Any, metrics: dict[str, float]) -> None:
        trainer.log("loss", 0.0)


def fit_with(callback: Callback, place: int, experiment: Any) -> None:
    """Train with one more callback, which no config describes."""
    trainer = Trainer(experiment)
    build = trainer._build

    def build_and_insert() -> None:
        build()
        trainer.callbacks.insert(place, callback)

    trainer._build = build_and_insert  # type: ignore[method-assign]
    trainer.fit()


@pytest.mark.parametrize("check", [True, False])
@pytest.mark.parametrize("place", [0, 1])
def test_what_a_callback_adds_is_kept_in_every_step(
    tmp_path: Path, data: Path, tiny: ModuleType, place: int, check: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    # Without the check numbers are read later, as on a GPU.
    monkeypatch.setattr(parts_module, "Update", lambda **settings: Update(**{**settings, "check": check}))
    trainer = {"metrics_collect_interval": 2}
    fit_with(Adds(), place, tiny.experiment(data, tmp_path, value=5, save_interval=3, trainer=trainer))
    assert [row["mine"] for row in rows_of(tmp_path)] == [1, 2, 3, 4, 5]
    assert all(row["loss"] > 0 for row in rows_of(tmp_path))
    assert (tmp_path / "step3").is_dir() and (tmp_path / "step5").is_dir()


@pytest.mark.parametrize("check", [True, False])
def test_what_is_logged_is_in_the_row_of_its_step(
    tmp_path: Path,
    data: Path,
    tiny: ModuleType,
    check: bool,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    monkeypatch.setattr(parts_module, "Update", lambda **settings: Update(**{**settings, "check": check}))
    trainer = {"metrics_collect_interval": 2}
    fit_with(Logs(), 1, tiny.experiment(data, tmp_path, value=4, save_interval=9, trainer=trainer))
    rows = rows_of(tmp_path)
    assert [row["mine"] for row in rows] == [1, 2, 3, 4]
    assert [row.get("start") for row in rows] == [1, None, None, None]
    assert [row.get("written") for row in rows] == [None, None, 2, None]
    assert "logged after the last step, so not in metrics.jsonl: written" in " ".join(capsys.readouterr().err.split())


def test_what_is_measured_cannot_be_logged(tmp_path: Path, data: Path, tiny: ModuleType) -> None:
    with pytest.raises(ValueError, match="there is a metric 'loss' in this step already"):
        fit_with(Repeats(), 0, tiny.experiment(data, tmp_path, value=2))


def test_a_checkpoint_that_was_asked_for_survives_a_callback_that_fails(
    tmp_path: Path, data: Path, tiny: ModuleType
) -> None:
    with pytest.raises(FailedOnPurpose):
        fit_with(Raises(FailedOnPurpose(), at=2), 1, tiny.experiment(data, tmp_path, value=5, save_interval=2))
    assert (tmp_path / "step2").is_dir() and steps(tmp_path) == [1, 2]


@pytest.mark.parametrize("interval", [1, 10])
def test_a_set_without_pixels_is_refused_with_its_reason(tmp_path: Path, tiny: ModuleType, interval: int) -> None:
    writer = H5SetWriter(tmp_path / "set", tiny.SENSORS, count=4, tile_size=8)
    for index in range(4):
        bands = {"sentinel2_l2a": np.full((8, 8, 3, 12), NODATA, np.float32)}
        dates = np.array([[1, month, 2021] for month in range(3)])
        present = {"sentinel2_l2a": np.ones(3, bool)}
        writer.write(index, SampleArrays(bands=bands, present=present, timestamps=dates, latlon=np.zeros(2, "f4")))
    writer.finish()
    trainer = {"metrics_collect_interval": interval}
    with pytest.raises(DataError, match="all pixels of the first 3 steps are missing"):
        fit(tiny.experiment(writer.folder, tmp_path / "run", value=3, trainer=trainer))
    assert steps(tmp_path / "run") == [1, 2, 3]
