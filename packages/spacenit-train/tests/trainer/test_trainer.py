"""One process: durations, what a step does, and what it says where it cannot."""

from collections.abc import Iterator
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch
from attrs import evolve

from spacenit_core.checkpoint.tensors import unpack
from spacenit_core.errors import UserError
from spacenit_core.kinds.loaders import Loader
from spacenit_data.loader.config import TileLoaderConfig
from spacenit_train.optimizers.adamw import AdamWConfig
from spacenit_train.trainer import parts as parts_module
from spacenit_train.trainer.config import Duration
from spacenit_train.trainer.metrics import read_metrics
from spacenit_train.trainer.precision import uses_bfloat16
from spacenit_train.trainer.step import NonFiniteError, Update

from .runs import fit, rows_of, steps, weights


class Bare(Loader[Any]):
    """A loader with what every loader has, and nothing else."""

    def __init__(self, inner: Loader[Any]) -> None:
        self._inner = inner

    @property
    def samples(self) -> int:
        return self._inner.samples

    @property
    def steps_per_epoch(self) -> int:
        return self._inner.steps_per_epoch

    def batches(self, first_step: int = 0) -> Iterator[Any]:
        return self._inner.batches(first_step)

    def fingerprint(self) -> dict[str, str]:
        return {"numbers": "1"}


def test_a_loader_needs_no_more_than_its_contract(
    begun: Path, tmp_path: Path, data: Path, tiny: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    build = TileLoaderConfig.build
    monkeypatch.setattr(TileLoaderConfig, "build", lambda *given: Bare(build(*given)))
    for value in (1, 2):
        fit(tiny.experiment(data, tmp_path, value=value))
    expected = weights(begun, 2)
    assert all(torch.equal(value, expected[name]) for name, value in weights(tmp_path, 2).items())


@pytest.fixture
def unchecked(monkeypatch: pytest.MonkeyPatch) -> None:
    """Updates that read their numbers later, as on a GPU."""
    monkeypatch.setattr(parts_module, "Update", lambda **settings: Update(**{**settings, "check": False}))


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


def test_tokens_are_those_of_one_view_that_are_not_missing(tmp_path: Path, data: Path, tiny: ModuleType) -> None:
    trainer = fit(tiny.experiment(data, tmp_path / "run", value=3))
    expected = 0
    for _, batch in zip(range(3), trainer.loader.batches(), strict=False):
        expected += int((batch.visibility[0] != 3).sum())
    assert trainer.progress.tokens == expected


def test_out_of_memory_names_what_to_lower(
    tmp_path: Path, data: Path, tiny: ModuleType, monkeypatch: pytest.MonkeyPatch
) -> None:
    from spacenit_core.models.latent_mim.model import LatentMIM

    def grow(self: LatentMIM, *_: Any, **__: Any) -> Any:
        return torch.zeros(1 << 50)

    monkeypatch.setattr(LatentMIM, "forward", grow)
    with pytest.raises(UserError) as caught:
        fit(tiny.experiment(data, tmp_path / "run"))
    # InfoNCE compares two samples at least.
    assert "rank_microbatch_size" not in str(caught.value)
    with pytest.raises(UserError) as caught:
        fit(tiny.experiment(data, tmp_path / "run", module={"rank_microbatch_size": 4}))
    for part in (
        "out of memory on cpu",
        "--train_module.rank_microbatch_size  (now 4): another loss, as samples are compared",
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
