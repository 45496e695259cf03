"""One process: durations, resuming, refusals, interruptions, what lies on disk."""

import json
import os
import shutil
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pluggy
import pytest
import torch
from attrs import evolve

from spacenit_core import checkpoint
from spacenit_core.checkpoint.tensors import unpack
from spacenit_core.config import load_yaml, structure
from spacenit_core.errors import DataError, UserError
from spacenit_core.kinds.callbacks import Callback
from spacenit_core.plugins.hooks import hooks
from spacenit_core.plugins.hookspecs import hookimpl
from spacenit_train.experiment import Experiment
from spacenit_train.optimizers.adamw import AdamWConfig
from spacenit_train.trainer import trainer as trainer_module
from spacenit_train.trainer.config import Duration
from spacenit_train.trainer.metrics import MetricsFile, read_metrics
from spacenit_train.trainer.run_folder import locked
from spacenit_train.trainer.signals import InterruptedRunError, StopRequest
from spacenit_train.trainer.step import NonFiniteError, Update
from spacenit_train.trainer.trainer import Trainer, uses_bfloat16


def steps(folder: Path) -> list[int]:
    return [row["step"] for row in read_metrics(folder / "metrics.jsonl")]


def rows_of(folder: Path) -> list[dict[str, Any]]:
    return read_metrics(folder / "metrics.jsonl")


def weights(folder: Path, step: int) -> dict[str, torch.Tensor]:
    return unpack(folder / f"step{step}" / "model.safetensors")


def fit(experiment: Any) -> Trainer:
    trainer = Trainer(experiment)
    trainer.fit()
    return trainer


@pytest.fixture
def unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Updates that read their numbers later, as on a GPU."""
    monkeypatch.setattr(trainer_module, "Update", lambda **settings: Update(**{**settings, "check": False}))


@pytest.mark.usefixtures("unchecked")
def test_numbers_that_are_read_later_are_the_same(begun: Path, tmp_path: Path, data: Path, tiny: ModuleType) -> None:
    fit(tiny.experiment(data, tmp_path, value=2))

    timed = {"seconds", "data_seconds"}
    late, early = ([{k: v for k, v in row.items() if k not in timed} for row in rows_of(f)] for f in (tmp_path, begun))
    assert late == early


@pytest.mark.usefixtures("unchecked")
def test_a_number_that_is_not_finite_is_found_before_a_checkpoint(tmp_path: Path, data: Path, tiny: ModuleType) -> None:
    experiment = tiny.experiment(data, tmp_path, value=6)
    module = evolve(experiment.train_module, optim=AdamWConfig(lr=1e30), max_grad_norm=None)

    with pytest.raises(NonFiniteError, match="step 2 is not finite"):
        fit(evolve(experiment, train_module=module))

    assert steps(tmp_path) == [1]
    assert not list(tmp_path.glob("step[1-9]*"))


def test_durations_in_steps_epochs_and_tokens(tmp_path: Path, data: Path, tiny: ModuleType) -> None:
    by_steps = fit(tiny.experiment(data, tmp_path / "steps", value=6))
    by_epochs = fit(tiny.experiment(data, tmp_path / "epochs", value=2, unit="epochs"))
    assert by_steps.progress == by_epochs.progress and by_steps.progress.step == 6
    assert all(torch.equal(t, weights(tmp_path / "epochs", 6)[n]) for n, t in weights(tmp_path / "steps", 6).items())
    rows = read_metrics(tmp_path / "steps" / "metrics.jsonl")
    assert [row["epoch"] for row in rows] == pytest.approx([1 / 3, 2 / 3, 1, 4 / 3, 5 / 3, 2])

    reached = rows[3]["tokens"]
    for tokens, last in ((reached, 4), (reached + 1, 5), (reached - 1, 4)):
        folder = tmp_path / f"tokens{tokens}"
        trainer = fit(tiny.experiment(data, folder, value=tokens, unit="tokens"))
        assert trainer.progress.step == last and trainer.progress.tokens >= tokens
    # A schedule in tokens ends where one in as many steps ends.
    lr = [read_metrics(tmp_path / name / "metrics.jsonl")[-1]["lr"] for name in ("steps", f"tokens{reached}")]
    assert lr[1] == pytest.approx(lr[0])


def test_a_duration_in_tokens_resumes_on_the_same_schedule(tmp_path: Path, data: Path, tiny: ModuleType) -> None:
    settings = {"value": 3000, "unit": "tokens", "save_interval": 3}
    fit(tiny.experiment(data, tmp_path / "whole", **settings))
    last = steps(tmp_path / "whole")[-1]
    assert last > 6
    shutil.copytree(tmp_path / "whole", tmp_path / "half")
    for step in steps(tmp_path / "whole")[3:]:
        shutil.rmtree(tmp_path / "half" / f"step{step}", ignore_errors=True)
    fit(tiny.experiment(data, tmp_path / "half", **settings))
    whole, half = (read_metrics(tmp_path / name / "metrics.jsonl") for name in ("whole", "half"))
    assert [row["lr"] for row in whole] == [row["lr"] for row in half]
    assert all(
        torch.equal(t, weights(tmp_path / "half", last)[n]) for n, t in weights(tmp_path / "whole", last).items()
    )


def test_tokens_are_those_of_one_view_that_are_not_missing(tmp_path: Path, data: Path, tiny: ModuleType) -> None:
    trainer = fit(tiny.experiment(data, tmp_path / "run", value=3))
    expected = 0
    for _, batch in zip(range(3), trainer.loader.batches(), strict=False):
        expected += int((batch.visibility[0] != 3).sum())
    assert trainer.progress.tokens == expected


def test_the_longer_run_may_go_on_and_a_complete_one_does_nothing(tmp_path: Path, data: Path, tiny: ModuleType) -> None:
    folder = tmp_path / "run"
    fit(tiny.experiment(data, folder, value=3))
    before = (folder / "step3" / "model.safetensors").stat().st_mtime_ns
    assert fit(tiny.experiment(data, folder, value=3)).progress.step == 3
    assert (folder / "step3" / "model.safetensors").stat().st_mtime_ns == before
    changed = tiny.experiment(
        data,
        folder,
        value=5,
        save_interval=1,
        loader={"num_workers": 0, "prefetch_factor": 5},
        trainer={"metrics_collect_interval": 2},
    )
    fit(changed)
    assert steps(folder) == [1, 2, 3, 4, 5]
    assert [path.name for path in checkpoint.checkpoints(folder)] == ["step5", "step4", "step3"]


def test_dropped_bands_and_grouped_bands_resume_to_the_bit(tmp_path: Path, data: Path, tiny: ModuleType) -> None:
    def one(name: str, rate: float = 0.5) -> Experiment:
        experiment = tiny.experiment(data, tmp_path / name, value=4, save_interval=2)
        encoder = evolve(
            experiment.model.encoder,
            patch_embed_hidden_sizes=(3,),
            band_dropout_rate=rate,
            random_band_dropout=True,
            band_dropout_modalities=("sentinel2_l2a",),
        )
        groups = {"sentinel2_l2a": (("B12", "B02", "B08"), ("B05", "B04"))}
        return evolve(experiment, model=evolve(experiment.model, encoder=encoder), band_groups=groups)

    fit(one("whole"))
    shutil.copytree(tmp_path / "whole", tmp_path / "halves")
    shutil.rmtree(tmp_path / "halves" / "step4")
    fit(one("halves"))
    fit(one("all bands", rate=0.0))

    whole, halves, all_bands = (weights(tmp_path / name, 4) for name in ("whole", "halves", "all bands"))
    assert whole["encoder.patch_embedding.pixel_projections.sentinel2_l2a__0.0.weight"].shape == (3, 3)
    assert all(torch.equal(whole[name], halves[name]) for name in whole)
    assert not all(torch.equal(whole[name], all_bands[name]) for name in whole)


REFUSED: dict[str, Any] = {
    "seed: 12536 -> 7": {"seed": 7},
    'sensors: ["sentinel2_l2a", "sentinel1", "worldcover"] -> ["sentinel2_l2a", "worldcover"]': {
        "sensors": ("sentinel2_l2a", "worldcover")
    },
    "data_loader.seed: 3622 -> 1": {"loader": {"seed": 1}},
    "data_loader.global_batch_size: 4 -> 2": {"loader": {"global_batch_size": 2}},
    "data_loader.token_budget: 160 -> null": {"loader": {"token_budget": None}},
    "train_module.optim.lr: 0.001 -> 0.1": {"module": {"optim": AdamWConfig(lr=0.1, weight_decay=2e-3)}},
    "dataset.dataset_percentage: 1.0 -> 0.5": {"dataset_percentage": 0.5},
}


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory, data: Path, tiny: ModuleType) -> Path:
    """A run of two steps."""
    folder = tmp_path_factory.mktemp("begun") / "run"
    fit(tiny.experiment(data, folder, value=2))
    return folder


@pytest.mark.parametrize("difference", REFUSED)
def test_other_settings_are_refused_with_the_difference(
    begun: Path, data: Path, tiny: ModuleType, difference: str
) -> None:
    changes = dict(REFUSED[difference])
    share = changes.pop("dataset_percentage", None)
    experiment = tiny.experiment(data, begun, value=4, **changes)
    if share is not None:
        experiment = evolve(experiment, dataset=evolve(experiment.dataset, dataset_percentage=share))
    before = {path: path.read_bytes() for path in begun.rglob("*") if path.is_file() and path.name != ".lock"}
    with pytest.raises(UserError) as caught:
        fit(experiment)
    assert difference in str(caught.value) and "load_path" in str(caught.value)
    assert before == {path: path.read_bytes() for path in begun.rglob("*") if path.is_file() and path.name != ".lock"}


def test_the_same_data_elsewhere_are_accepted_and_other_data_refused(
    tmp_path: Path, begun: Path, data: Path, tiny: ModuleType
) -> None:
    run = tmp_path / "run"
    shutil.copytree(begun, run)
    shutil.copytree(data, tmp_path / data.parent.name / data.name)
    fit(tiny.experiment(tmp_path / data.parent.name / data.name, run, value=3))
    other = tiny.make_set(tmp_path / "other", seed=1)
    with pytest.raises(UserError, match=r"other data.*\n.*sample 0"):
        fit(tiny.experiment(other, run, value=4))
    with pytest.raises(UserError, match="samples: 12 -> 13"):
        fit(tiny.experiment(tiny.make_set(tmp_path / "more", count=13), run, value=4))


def test_a_sample_that_was_mended_is_no_other_data(tmp_path: Path, data: Path, tiny: ModuleType) -> None:
    folder = tmp_path / data.parent.name / data.name
    shutil.copytree(data, folder)
    whole = (folder / "sample_0.h5").read_bytes()
    (folder / "sample_0.h5").write_bytes(whole[:-200])
    skip = {"on_corrupt": "skip", "max_corrupt_fraction": 0.5}
    fit(tiny.experiment(folder, tmp_path / "run", value=2, loader=skip))
    (folder / "sample_0.h5").write_bytes(whole)
    assert fit(tiny.experiment(folder, tmp_path / "run", value=3, loader=skip)).progress.step == 3


def test_a_damaged_checkpoint_is_passed_over_and_said(
    tmp_path: Path, data: Path, tiny: ModuleType, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = tmp_path / "run"
    fit(tiny.experiment(data, folder, value=6, save_interval=2))
    expected = weights(folder, 6)
    file = folder / "step6" / "model.safetensors"
    content = bytearray(file.read_bytes())
    content[1000] ^= 4
    file.write_bytes(content)
    (folder / "step4" / "state.json").unlink()
    trainer = fit(tiny.experiment(data, folder, value=6, save_interval=2))
    said = "".join(capsys.readouterr().err.split())
    assert "step6ispassedover" in said and "step4ispassedover" in said
    assert trainer.progress.step == 6 and steps(folder) == [1, 2, 3, 4, 5, 6]
    assert all(torch.equal(tensor, weights(folder, 6)[name]) for name, tensor in expected.items())
    checkpoint.verify(folder / "step4")


def test_weights_of_another_run_are_where_this_one_starts(tmp_path: Path, data: Path, tiny: ModuleType) -> None:
    fit(tiny.experiment(data, tmp_path / "first", value=3))
    still = {"optim": AdamWConfig(lr=0.0, weight_decay=0.0)}
    for source in (tmp_path / "first", tmp_path / "first" / "step3"):
        folder = tmp_path / f"from_{source.name}"
        trainer = fit(tiny.experiment(data, folder, value=1, module=still, trainer={"load_path": source}))
        assert trainer.progress.step == 1
        assert all(torch.equal(t, weights(folder, 1)[n]) for n, t in weights(tmp_path / "first", 3).items())
    with pytest.raises(UserError, match=r"holds no( whole)? checkpoint"):
        fit(tiny.experiment(data, tmp_path / "none", trainer={"load_path": tmp_path / "nowhere"}))
    with pytest.raises(UserError, match="do not fit the model"):
        few = tiny.experiment(
            data, tmp_path / "few", sensors=("worldcover", "sentinel1"), trainer={"load_path": source}
        )
        fit(few)


def test_two_processes_cannot_train_in_one_folder(tmp_path: Path, data: Path, tiny: ModuleType) -> None:
    folder = tmp_path / "run"
    holder = (
        "import sys, pathlib; from spacenit_train.trainer.run_folder import locked\n"
        "with locked(pathlib.Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    )
    process = subprocess.Popen(
        [sys.executable, "-c", holder, str(folder)], stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert process.stdout is not None and process.stdin is not None
    try:
        assert process.stdout.readline() == b"held\n"
        with pytest.raises(UserError, match=f"another process is training in .*process {process.pid}"):
            fit(tiny.experiment(data, folder))
    finally:
        process.stdin.close()
        process.wait(10)
        process.stdout.close()
    with locked(folder):
        pass


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path, data: Path, tiny: ModuleType) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(UserError, match=r"cannot be written: Not a directory\n.*--trainer.save_folder"):
        fit(tiny.experiment(data, tmp_path / "file" / "run"))


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT, signal.SIGUSR1])
def test_a_signal_ends_the_run_after_its_step(
    tmp_path: Path, data: Path, tiny: ModuleType, number: signal.Signals
) -> None:
    before = signal.getsignal(number)
    experiment = tiny.experiment(data, tmp_path / "run", value=8)
    trainer = Trainer(experiment)
    trainer.config = evolve(trainer.config, callbacks={**trainer.config.callbacks, "stop": _Sends(number, at=3)})
    with pytest.raises(InterruptedRunError, match=f"{number.name} after step 3") as caught:
        trainer.fit()
    assert caught.value.exit_code == 75 and trainer.has_saved
    assert signal.getsignal(number) == before
    assert [path.name for path in checkpoint.checkpoints(tmp_path / "run")] == ["step3"]
    fit(experiment)
    fit(tiny.experiment(data, tmp_path / "whole", value=8))
    assert all(torch.equal(t, weights(tmp_path / "run", 8)[n]) for n, t in weights(tmp_path / "whole", 8).items())


class _Sends(Callback):
    """A callback and its config in one: signals its own process after a step."""

    enabled = True

    def __init__(self, number: signal.Signals, at: int) -> None:
        self.number, self.at = number, at

    def build(self) -> Callback:
        return self

    def on_step_end(self, trainer: Any, metrics: dict[str, float]) -> None:
        if trainer.progress.step == self.at:
            os.kill(os.getpid(), self.number)


def test_a_second_signal_ends_the_process_at_once() -> None:
    program = (
        "import os, signal, time\nfrom spacenit_train.trainer.signals import StopRequest\n"
        "with StopRequest() as stop:\n"
        "    os.kill(os.getpid(), signal.SIGINT); assert stop.received == 'SIGINT'\n"
        "    os.kill(os.getpid(), signal.SIGTERM); time.sleep(60)"
    )
    assert subprocess.run([sys.executable, "-c", program], timeout=50).returncode == 128 + signal.SIGTERM


def test_outside_the_main_thread_signals_stay_as_they_are() -> None:
    import threading

    seen = []

    def enter() -> None:
        with StopRequest() as stop:
            seen.append(stop.received)

    thread = threading.Thread(target=enter)
    thread.start()
    thread.join()
    assert seen == [None]


class _Runs(Exception):
    pass


class _Raises(_Sends):
    def __init__(self, error: Exception, at: int) -> None:
        self.error, self.at = error, at

    def on_step_end(self, trainer: Any, metrics: dict[str, float]) -> None:
        if trainer.progress.step == self.at:
            raise self.error


def test_rows_written_in_intervals_are_complete_when_a_run_fails(tmp_path: Path, data: Path, tiny: ModuleType) -> None:
    experiment = tiny.experiment(data, tmp_path / "run", value=9, trainer={"metrics_collect_interval": 4})
    trainer = Trainer(experiment)
    trainer.config = evolve(trainer.config, callbacks={**trainer.config.callbacks, "fail": _Raises(_Runs(), at=6)})
    with pytest.raises(_Runs):
        trainer.fit()
    assert steps(tmp_path / "run") == [1, 2, 3, 4, 5, 6]
    assert checkpoint.latest(tmp_path / "run") is None
    fit(experiment)
    assert steps(tmp_path / "run") == list(range(1, 10))


def test_rows_hold_the_same_names_and_finite_numbers(begun: Path) -> None:
    rows = read_metrics(begun / "metrics.jsonl")
    names = [
        "step",
        "epoch",
        "tokens",
        "loss",
        "ModalityPatchDisc",
        "InfoNCE",
        "grad_norm",
        "lr",
        "seconds",
        "data_seconds",
    ]
    assert [list(row) for row in rows] == [names] * 2
    assert all(isinstance(value, int | float) and value == value for row in rows for value in row.values())


def test_the_run_folder_says_what_ran(begun: Path) -> None:
    text = (begun / "config.yaml").read_text()
    assert "# spacenit-train " in text and "# torch " in text
    assert structure(load_yaml(begun / "config.yaml"), Experiment).run_name == "tiny"
    environment = json.loads((begun / "environment.json").read_text())
    assert environment["device"] == "cpu" and environment["processes"] == 1 and environment["versions"]["python"]
    manifest = checkpoint.verify(begun / "step2")
    assert set(manifest.files) == {"model.safetensors", "optimizer.safetensors", "state.json", "config.yaml"}
    assert manifest.versions["torch"] == torch.__version__.partition("+")[0] and len(manifest.config_sha256) == 64
    state = json.loads((begun / "step2" / "state.json").read_text())
    assert state["progress"]["step"] == 2 and state["epoch"] == 0 and state["processes"] == 1


def test_a_torn_last_line_is_cut_off(tmp_path: Path) -> None:
    file = MetricsFile(tmp_path / "metrics.jsonl")
    file.cut(3)
    file.append([{"step": step, "loss": 0.5} for step in range(1, 6)])
    with open(file.path, "ab") as stream:
        stream.write(b'{"step": 6, "lo')
    assert len(read_metrics(file.path)) == 5
    file.cut(9)
    assert file.path.read_bytes().endswith(b"}\n") and len(read_metrics(file.path)) == 5
    file.cut(3)
    file.append([{"step": 4}])
    assert [row["step"] for row in read_metrics(file.path)] == [1, 2, 3, 4]
    file.cut(0)
    assert file.path.read_bytes() == b""


class _Listener:
    def __init__(self) -> None:
        self.heard: list[Any] = []

    @hookimpl
    def spacenit_run_started(self, run_folder: Path) -> None:
        self.heard.append(("started", run_folder.name))

    @hookimpl
    def spacenit_checkpoint_saved(self, path: Path, step: int) -> None:
        self.heard.append(("saved", path.name, step))

    @hookimpl
    def spacenit_run_finished(self, outcome: str) -> None:
        self.heard.append(("finished", outcome))

    @hookimpl
    def spacenit_environment(self) -> dict[str, str]:
        return {"machine": "test bench"}


@pytest.fixture
def listener() -> Iterator[_Listener]:
    manager: pluggy.PluginManager = hooks()
    heard = _Listener()
    manager.register(heard)
    yield heard
    manager.unregister(heard)


def test_plugins_hear_of_the_run(tmp_path: Path, data: Path, tiny: ModuleType, listener: _Listener) -> None:
    fit(tiny.experiment(data, tmp_path / "run", value=2, ephemeral=1))
    saved = [("saved", "step1", 1), ("saved", "step2", 2), ("saved", "step2", 2)]
    assert listener.heard == [("started", "run"), *saved, ("finished", "finished")]
    assert json.loads((tmp_path / "run" / "environment.json").read_text())["machine"] == "test bench"
    listener.heard.clear()
    trainer = Trainer(tiny.experiment(data, tmp_path / "failing", value=2))
    trainer.config = evolve(trainer.config, callbacks={"fail": _Raises(_Runs(), at=1)})
    with pytest.raises(_Runs):
        trainer.fit()
    assert listener.heard == [("started", "failing"), ("finished", "failed")]


def test_a_full_disk_ends_the_run_and_leaves_the_last_checkpoint(
    tmp_path: Path, data: Path, tiny: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    folder = tmp_path / "run"
    fit(tiny.experiment(data, folder, value=2))
    real = os.fsync

    def full(descriptor: int) -> None:
        if ".tmp-" in os.readlink(f"/proc/self/fd/{descriptor}") and "optimizer" in os.readlink(
            f"/proc/self/fd/{descriptor}"
        ):
            raise OSError(28, "No space left on device")
        real(descriptor)

    monkeypatch.setattr(os, "fsync", full)
    with pytest.raises(DataError, match=r"step 4.*No space left"):
        fit(tiny.experiment(data, folder, value=4))
    monkeypatch.undo()
    assert checkpoint.latest(folder) == folder / "step2"
    assert [path.name for path in folder.iterdir() if path.name.startswith(".step")] == []
    assert fit(tiny.experiment(data, folder, value=4)).progress.step == 4


def test_out_of_memory_names_what_to_lower(
    tmp_path: Path, data: Path, tiny: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    from spacenit_core.models.latent_mim.model import LatentMIM

    def grow(self: LatentMIM, *_: Any, **__: Any) -> Any:
        return torch.zeros(1 << 50)

    monkeypatch.setattr(LatentMIM, "forward", grow)
    with pytest.raises(UserError) as caught:
        fit(tiny.experiment(data, tmp_path / "run"))
    for part in (
        "out of memory on cpu",
        "--train_module.rank_microbatch_size  (now 2)",
        "--data_loader.token_budget           (now 160)",
        "--data_loader.global_batch_size      (now 4)",
    ):
        assert part in str(caught.value)


def test_a_missing_data_set_names_the_setting(tmp_path: Path, data: Path, tiny: ModuleType) -> None:
    experiment = tiny.experiment(data, tmp_path / "run")
    with pytest.raises(UserError, match=r"dataset\.h5py_dir"):
        fit(evolve(experiment, dataset=evolve(experiment.dataset, h5py_dir=None)))
    with pytest.raises(UserError, match="nowhere"):
        fit(evolve(experiment, dataset=evolve(experiment.dataset, h5py_dir=tmp_path / "nowhere")))


def test_unequal_micro_batches_are_refused(tmp_path: Path, data: Path, tiny: ModuleType) -> None:
    loader = {"global_batch_size": 5}
    with pytest.raises(UserError, match=r"global batch of 5.*\n.*--data_loader\.global_batch_size=4 or 6"):
        fit(tiny.experiment(data, tmp_path / "run", loader=loader))


def test_clipping_bounds_the_update_and_the_norm_is_that_before(tmp_path: Path, data: Path, tiny: ModuleType) -> None:
    free = fit(tiny.experiment(data, tmp_path / "free", value=1, module={"max_grad_norm": None}))
    norm = read_metrics(tmp_path / "free" / "metrics.jsonl")[0]["grad_norm"]
    fit(tiny.experiment(data, tmp_path / "clipped", value=1, module={"max_grad_norm": norm / 1000}))
    assert read_metrics(tmp_path / "clipped" / "metrics.jsonl")[0]["grad_norm"] == norm
    squared = {}
    for name in ("free", "clipped"):
        state = unpack(tmp_path / name / "step1" / "optimizer.safetensors")
        squared[name] = sum(float(t.square().sum()) for key, t in state.items() if key.endswith("/exp_avg"))
    # After one step the running mean is 0.1 times the gradient that the optimizer saw.
    assert squared["free"] ** 0.5 == pytest.approx(0.1 * norm, rel=1e-4)
    assert squared["clipped"] ** 0.5 == pytest.approx(0.1 * norm / 1000, rel=1e-3)
    assert free.global_batch_size == 4


def test_precision_follows_the_device() -> None:
    cpu = torch.device("cpu")
    assert not uses_bfloat16("auto", cpu) and not uses_bfloat16("float32", cpu) and uses_bfloat16("bfloat16", cpu)


def test_bfloat16_trains_close_to_float32(tmp_path: Path, data: Path, tiny: ModuleType) -> None:
    for precision in ("float32", "bfloat16"):
        fit(tiny.experiment(data, tmp_path / precision, value=2, precision=precision))
    exact, rounded = (read_metrics(tmp_path / name / "metrics.jsonl")[-1]["loss"] for name in ("float32", "bfloat16"))
    assert exact != rounded and rounded == pytest.approx(exact, rel=0.05)


def test_a_duration_reads_as_people_say_it() -> None:
    assert str(Duration(value=667200, unit="steps")) == "667,200 steps"
