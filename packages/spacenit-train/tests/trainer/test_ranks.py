"""Two processes train like one, decide alike and fail together."""

import json
import shutil
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest
import torch

from spacenit_core import checkpoint
from spacenit_core.checkpoint.tensors import unpack
from spacenit_data.loader.loader import Loader
from spacenit_train.trainer.metrics import read_metrics


def rows(folder: Path) -> list[dict[str, Any]]:
    return [{k: v for k, v in row.items() if "seconds" not in k} for row in read_metrics(folder / "metrics.jsonl")]


def weights(folder: Path) -> dict[str, torch.Tensor]:
    found = checkpoint.latest(folder)
    assert found is not None
    return unpack(found / "model.safetensors")


def test_two_processes_follow_the_loss_curve_of_one(tmp_path: Path, data: Path, server: Any) -> None:
    settings: dict[str, Any] = {"data": str(data), "value": 12}
    assert server.run("train", folder=str(tmp_path / "one"), **settings) == 0
    assert server.run_ranks(2, "train", folder=str(tmp_path / "two"), **settings) == [0, 0]
    one, two = rows(tmp_path / "one"), rows(tmp_path / "two")
    assert len(one) == len(two) == 12
    for left, right in zip(one, two, strict=True):
        assert left == pytest.approx(right, rel=1e-5, abs=1e-5)
        assert left["tokens"] == right["tokens"]
    # The weights must have moved, or equality says nothing.
    assert one[0]["loss"] != pytest.approx(one[-1]["loss"], rel=1e-2)
    other = weights(tmp_path / "two")
    for name, tensor in weights(tmp_path / "one").items():
        torch.testing.assert_close(tensor, other[name], rtol=1e-4, atol=1e-5)


def test_windows_of_a_step_are_the_same_on_all_ranks(data: Path, tmp_path: Path, tiny: ModuleType) -> None:
    experiment = tiny.experiment(data, tmp_path)
    dataset = experiment.dataset.build(experiment.sensor_set)
    policy = experiment.train_module.masking.build()
    loaders = [
        Loader(experiment.data_loader, dataset, masking=policy, views=2, rank=rank, world_size=2) for rank in range(2)
    ]
    shapes = set()
    for _, left, right in zip(range(8), *(loader.batches() for loader in loaders), strict=False):
        shape, other = ((b.layout.patch_size, b.layout.rows, b.layout.timesteps) for b in (left, right))
        assert shape == other
        shapes.add(shape)
    assert len(shapes) > 1


def test_a_run_may_change_its_number_of_processes(tmp_path: Path, data: Path, server: Any) -> None:
    settings: dict[str, Any] = {"data": str(data), "folder": str(tmp_path / "run")}
    assert server.run("train", value=4, **settings) == 0
    assert server.run_ranks(2, "train", value=8, **settings) == [0, 0]
    assert server.run("train", value=12, **settings) == 0
    assert server.run("train", data=str(data), folder=str(tmp_path / "whole"), value=12) == 0
    # The cosine to step 4 differs from that to step 12, so only the first steps can be compared with a whole run.
    changed, whole = rows(tmp_path / "run"), rows(tmp_path / "whole")
    assert [row["step"] for row in changed] == list(range(1, 13))
    assert [row["tokens"] for row in changed] == [row["tokens"] for row in whole]


def test_a_signal_to_one_rank_stops_all_after_the_same_step(tmp_path: Path, data: Path, server: Any) -> None:
    settings: dict[str, Any] = {"data": str(data), "value": 9}
    folder = tmp_path / "stopped"
    assert server.run_ranks(2, "train", folder=str(folder), stop_self_at=4, **settings) == [75, 75]
    found = checkpoint.latest(folder)
    assert found is not None and found.name == "step4" and checkpoint.verify(found).ephemeral
    assert "the same command again" in server.log.read_text()
    assert server.run_ranks(2, "train", folder=str(folder), **settings) == [0, 0]
    assert server.run_ranks(2, "train", folder=str(tmp_path / "whole"), **settings) == [0, 0]
    assert rows(folder) == rows(tmp_path / "whole")
    other = weights(tmp_path / "whole")
    assert all(torch.equal(tensor, other[name]) for name, tensor in weights(folder).items())
    assert [path.name for path in checkpoint.checkpoints(folder)] == ["step9"]


def test_a_corrupt_sample_that_one_rank_meets_ends_all(tmp_path: Path, data: Path, server: Any) -> None:
    folder = tmp_path / data.parent.name / data.name
    shutil.copytree(data, folder)
    (folder / "sample_5.h5").write_bytes((folder / "sample_5.h5").read_bytes()[:-200])
    codes = server.run_ranks(2, "train", data=str(folder), folder=str(tmp_path / "run"), value=9)
    log = server.log.read_text()
    assert codes == [1, 1], log
    assert log.count("error:") == 1 and "sample_5.h5" in log and "Traceback" not in log


def test_corrupt_samples_are_skipped_alike_and_counted(tmp_path: Path, data: Path, server: Any) -> None:
    folder = tmp_path / data.parent.name / data.name
    shutil.copytree(data, folder)
    (folder / "sample_5.h5").write_bytes((folder / "sample_5.h5").read_bytes()[:-200])
    loader = {"on_corrupt": "skip", "max_corrupt_fraction": 0.2}
    settings: dict[str, Any] = {"data": str(folder), "value": 6, "loader": loader}
    assert server.run("train", folder=str(tmp_path / "one"), **settings) == 0
    assert "could not be read and were replaced by others: 1" in server.log.read_text()
    assert server.run_ranks(2, "train", folder=str(tmp_path / "two"), **settings) == [0, 0]
    for left, right in zip(rows(tmp_path / "one"), rows(tmp_path / "two"), strict=True):
        assert left == pytest.approx(right, rel=1e-5, abs=1e-5)


def answers(folder: Path, count: int = 2) -> list[Any]:
    return [json.loads((folder / f"rank{rank}.json").read_text()) for rank in range(count)]


def test_gradients_are_averaged_and_unused_parameters_keep_none(tmp_path: Path, server: Any) -> None:
    assert server.run_ranks(2, "average", folder=str(tmp_path)) == [0, 0]
    first, second = answers(tmp_path)
    assert first == second == [[1, 1, 2, 0], [[1.0] * 3, [1.5] * 3, [1.5, 3.0, 4.5], None]]


def test_a_loss_that_is_not_finite_on_one_rank_stops_all_before_the_update(tmp_path: Path, server: Any) -> None:
    assert server.run_ranks(2, "non_finite", folder=str(tmp_path)) == [0, 0]
    (before, after, message), (before2, after2, message2) = answers(tmp_path)
    assert before == after == before2 == after2
    assert message == message2 and "step 2 is not finite" in message and "loss nan" in message


@pytest.mark.parametrize("failing", [[0], [1], [0, 1], []])
def test_all_ranks_learn_of_a_failure_and_one_tells_it(tmp_path: Path, server: Any, failing: list[int]) -> None:
    assert server.run_ranks(2, "rank_fails", folder=str(tmp_path), failing=failing) == [0, 0]
    for rank, (seen, shared) in enumerate(answers(tmp_path)):
        if not failing:
            assert seen == "nothing"
        elif rank == failing[0]:
            assert seen == f"no luck on {rank}"
        else:
            assert seen == [failing[0], 1]
        assert shared == {"from": 0, "text": "é"}
