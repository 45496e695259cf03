"""Checkpoints survive kills, full disks and flipped bits, or say that they did not."""

import errno
import os
import random
import shutil
import signal
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from torch import nn

from spacenit_core import checkpoint
from spacenit_core.checkpoint import directory, discovery, manifest
from spacenit_core.checkpoint.tensors import copy_into, optimizer_state, pack, restore_optimizer, unpack
from spacenit_core.errors import DataError, UserError

FILES = {
    "model.safetensors": bytes(range(256)) * 64,
    "optimizer.safetensors": b"o" * 5000,
    "state.json": b'{"step": 1}',
}


def write(folder: Path, step: int) -> Path:
    return checkpoint.write(folder, step, {name: data + str(step).encode() for name, data in FILES.items()})


def in_child(action: Callable[[], object]) -> int:
    """Run an action in a forked process; its exit status (negative: the signal that ended it)."""
    child = os.fork()
    if child == 0:
        try:
            action()
        finally:
            os._exit(1)
    return os.waitstatus_to_exitcode(os.waitpid(child, 0)[1])


def test_the_newest_whole_checkpoint_is_found(tmp_path: Path) -> None:
    assert checkpoint.latest(tmp_path / "absent") is None
    for step in (2, 10, 9):
        write(tmp_path, step)
    found = checkpoint.latest(tmp_path)
    assert found == tmp_path / "step10"
    assert checkpoint.verify(found).step == 10
    assert (found / "state.json").read_bytes() == b'{"step": 1}10'
    assert [path.name for path in checkpoint.checkpoints(tmp_path)] == ["step10", "step9", "step2"]


def test_a_whole_checkpoint_is_not_written_again_and_a_broken_one_is(tmp_path: Path) -> None:
    path = write(tmp_path, 3)
    assert checkpoint.write(tmp_path, 3, {"other": b"x"}) == path
    assert sorted(file.name for file in path.iterdir()) == sorted([*FILES, "MANIFEST.json"])
    (path / "state.json").unlink()
    checkpoint.write(tmp_path, 3, {"other": b"x"})
    assert set(checkpoint.verify(path).files) == {"other"}
    assert [child.name for child in tmp_path.iterdir()] == ["step3"]


def test_an_ephemeral_checkpoint_becomes_permanent_and_never_the_reverse(tmp_path: Path) -> None:
    for ephemeral, expected in ((True, True), (False, False), (True, False)):
        path = checkpoint.write(tmp_path, 3, FILES, ephemeral=ephemeral)
        assert checkpoint.verify(path).ephemeral is expected
    assert sorted(file.name for file in path.iterdir()) == sorted([*FILES, "MANIFEST.json"])


DAMAGES: dict[str, Callable[[Path], object]] = {
    "deleted": Path.unlink,
    "cut short": lambda path: os.truncate(path, path.stat().st_size - 1),
    "emptied": lambda path: path.write_bytes(b""),
    "longer": lambda path: path.write_bytes(path.read_bytes() + b"\0"),
}


@pytest.mark.parametrize("name", [*FILES, "MANIFEST.json"])
@pytest.mark.parametrize("damage", DAMAGES)
def test_damage_is_found_and_an_older_checkpoint_taken(tmp_path: Path, name: str, damage: str) -> None:
    write(tmp_path, 1)
    DAMAGES[damage](write(tmp_path, 2) / name)
    reports: list[str] = []
    assert checkpoint.latest(tmp_path, report=reports.append) == tmp_path / "step1"
    assert len(reports) == 1 and "step2" in reports[0] and name in reports[0]


def test_every_flipped_bit_is_found(tmp_path: Path) -> None:
    path = write(tmp_path, 7)
    rng = random.Random(0)
    for _ in range(300):
        file = path / rng.choice([*FILES, "MANIFEST.json"])
        whole = file.read_bytes()
        place = rng.randrange(len(whole))
        file.write_bytes(whole[:place] + bytes([whole[place] ^ (1 << rng.randrange(8))]) + whole[place + 1 :])
        # White space of the manifest carries no meaning; everything else must be noticed.
        if file.name != "MANIFEST.json" or chr(whole[place]) not in " \n":
            with pytest.raises(DataError):
                checkpoint.verify(path)
        file.write_bytes(whole)
    checkpoint.verify(path)


def test_swapped_files_and_a_renamed_folder_are_found(tmp_path: Path) -> None:
    path = write(tmp_path, 1)
    shutil.copytree(path, tmp_path / "step5")
    with pytest.raises(DataError, match="renamed"):
        checkpoint.verify(tmp_path / "step5")
    os.replace(path / "model.safetensors", path / "spare")
    os.replace(path / "optimizer.safetensors", path / "model.safetensors")
    os.replace(path / "spare", path / "optimizer.safetensors")
    assert checkpoint.latest(tmp_path) is None


CALLS = ("mkdir", "fsync", "rename")


def count_calls(folder: Path) -> int:
    """How many times one write calls what can be interrupted."""
    folder.mkdir()
    counter = Interrupter(None)
    with counter:
        write(folder, 1)
    return counter.calls


class Interrupter:
    """Does something just before the n-th call to the operating system that changes the disk."""

    def __init__(self, at: int | None, action: Callable[[], object] = lambda: None) -> None:
        self.calls, self.at, self.action = 0, at, action
        self.originals = {name: getattr(os, name) for name in CALLS}

    def __enter__(self) -> None:
        for name, original in self.originals.items():
            setattr(os, name, self.wrap(original))

    def __exit__(self, *_: object) -> None:
        for name, original in self.originals.items():
            setattr(os, name, original)

    def wrap(self, original: Callable[..., Any]) -> Callable[..., Any]:
        def call(*args: Any, **kwargs: Any) -> Any:
            self.calls += 1
            if self.calls == self.at:
                self.action()
            return original(*args, **kwargs)

        return call


def test_a_kill_before_any_step_of_the_protocol_harms_nothing(tmp_path: Path) -> None:
    calls = count_calls(tmp_path / "count")
    assert calls >= 7
    for at in range(1, calls + 1):
        folder = tmp_path / str(at)
        write(folder, 1)

        def killed(folder: Path = folder, at: int = at) -> None:
            with Interrupter(at, lambda: os.kill(os.getpid(), signal.SIGKILL)):
                write(folder, 2)

        assert in_child(killed) == -signal.SIGKILL
        found = checkpoint.latest(folder)
        assert found is not None and found.name in ("step1", "step2")
        checkpoint.clean(folder)
        assert {child.name for child in folder.iterdir()} <= {"step1", "step2"}
        assert checkpoint.latest(folder) == found
        assert write(folder, 2) == checkpoint.latest(folder)


def test_kills_at_random_moments_leave_whole_checkpoints(tmp_path: Path) -> None:
    rng = random.Random(1)
    payload = {"model.safetensors": os.urandom(1 << 20), "state.json": b"{}"}
    step = 0
    for _ in range(40):
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.write(writer, b"x")
            for later in range(step + 1, step + 1000):
                checkpoint.write(tmp_path, later, payload)
                for old in checkpoint.checkpoints(tmp_path)[2:]:
                    checkpoint.remove(old)
            os._exit(0)
        os.read(reader, 1)
        signal.sigtimedwait([], rng.uniform(0, 0.03))
        os.kill(child, signal.SIGKILL)
        assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == -signal.SIGKILL
        os.close(reader)
        os.close(writer)
        found = checkpoint.latest(tmp_path)
        now = 0 if found is None else checkpoint.verify(found).step
        assert now >= step
        assert found is None or checkpoint.checkpoints(tmp_path)[0] == found
        step = now
    checkpoint.clean(tmp_path)
    assert all(not child.name.startswith(".") for child in tmp_path.iterdir())
    assert step > 0


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EIO, errno.EROFS, errno.EACCES, errno.EDQUOT])
def test_a_disk_that_refuses_is_a_loud_error_and_harms_nothing(tmp_path: Path, number: int) -> None:
    calls = count_calls(tmp_path / "count")

    def refuse() -> None:
        raise OSError(number, os.strerror(number))

    folder = tmp_path / "run"
    write(folder, 1)
    # The last call forces the name to disk when the checkpoint is there already.
    for at in range(1, calls + 1):
        with Interrupter(at, refuse), pytest.raises(DataError, match=f"step 2.*{os.strerror(number)}"):
            write(folder, 2)
        found = checkpoint.latest(folder)
        assert found is not None and found.name == ("step2" if at == calls else "step1")
        assert [child for child in folder.iterdir() if child.name.startswith(".")] == []


def test_content_that_cannot_be_made_leaves_nothing(tmp_path: Path) -> None:
    def fail() -> bytes:
        raise ValueError("out of ideas")

    with pytest.raises(ValueError, match="out of ideas"):
        checkpoint.write(tmp_path, 1, {"a": b"1", "b": fail})
    assert list(tmp_path.iterdir()) == []


def test_leftovers_are_cleaned_and_nothing_else(tmp_path: Path) -> None:
    keep = [tmp_path / ".git", tmp_path / "step4", tmp_path / ".step4.tmp"]
    gone = [tmp_path / ".step4.tmp-0af12345", tmp_path / ".step3.gone-12345678"]
    for path in keep + gone:
        path.mkdir()
        (path / "file").write_text("")
    gone.append(tmp_path / ".config.yaml.tmp-12345678")
    gone[-1].write_text("half of it")
    assert sorted(checkpoint.clean(tmp_path)) == sorted(gone)
    assert sorted(tmp_path.iterdir()) == sorted(keep)


def test_a_newer_format_is_refused(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(manifest, "FORMAT", 2)
    path = write(tmp_path, 1)
    monkeypatch.undo()
    with pytest.raises(DataError, match="another version"):
        checkpoint.verify(path)
    assert discovery.latest(tmp_path) is None
    assert directory.remove(path) is None


def small_model() -> nn.Module:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(3, 4), nn.LayerNorm(4), nn.Linear(4, 2))
    model.register_buffer("scale", torch.tensor(2.0))
    return model


def train(model: nn.Module, optimizer: torch.optim.Optimizer, steps: range) -> None:
    for step in steps:
        optimizer.zero_grad()
        torch.manual_seed(step)
        model(torch.randn(5, 3)).square().sum().backward()
        optimizer.step()


def test_model_and_optimizer_return_to_the_bit(tmp_path: Path) -> None:
    model = small_model()
    frozen = next(model.parameters())
    frozen.requires_grad_(False)
    optimizer = torch.optim.AdamW([p for p in model.parameters() if p.requires_grad], lr=0.1)
    train(model, optimizer, range(3))
    tensors, others = optimizer_state(optimizer, model)
    path = checkpoint.write(tmp_path, 3, {"model": pack(model.state_dict()), "optimizer": lambda: pack(tensors)})
    assert others == {} and "2.weight/exp_avg" in tensors

    again = small_model()
    next(again.parameters()).requires_grad_(False)
    resumed = torch.optim.AdamW([p for p in again.parameters() if p.requires_grad], lr=0.1)
    copy_into(again, unpack(path / "model"), path)
    restore_optimizer(resumed, again, unpack(path / "optimizer"), others)
    train(model, optimizer, range(3, 6))
    train(again, resumed, range(3, 6))
    for (name, left), right in zip(model.state_dict().items(), again.state_dict().values(), strict=True):
        assert torch.equal(left, right), name
    assert pack(optimizer_state(optimizer, model)[0]) == pack(optimizer_state(resumed, again)[0])


def test_loaded_weights_lie_in_the_parameters_own_memory(tmp_path: Path) -> None:
    model = small_model()
    places = [parameter.data_ptr() for parameter in model.parameters()]
    path = checkpoint.write(tmp_path, 1, {"model": pack(model.state_dict())})
    copy_into(model, unpack(path / "model"), path)
    assert [parameter.data_ptr() for parameter in model.parameters()] == places


def test_names_that_share_memory_are_packed_in_full(tmp_path: Path) -> None:
    shared = torch.arange(6.0)
    path = checkpoint.write(tmp_path, 1, {"t": pack({"a": shared, "b": shared, "row": shared.view(2, 3)[1]})})
    assert torch.equal(unpack(path / "t")["b"], shared)
    assert torch.equal(unpack(path / "t")["row"], shared[3:])


def test_weights_of_another_model_are_refused_and_nothing_is_copied() -> None:
    model = small_model()
    before = {name: tensor.clone() for name, tensor in model.state_dict().items()}
    wrong = {**before, "0.weight": torch.zeros(9, 9), "extra": torch.zeros(1)}
    del wrong["2.bias"]
    with pytest.raises(UserError) as caught:
        copy_into(model, wrong, "there")
    for part in ("there", "2.bias is missing", "extra is not part", r"0.weight has shape (9, 9)"):
        assert part in str(caught.value)
    assert all(torch.equal(tensor, before[name]) for name, tensor in model.state_dict().items())


def test_files_that_are_no_tensors_are_refused(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="cannot be read"):
        unpack(tmp_path / "absent")
    (tmp_path / "junk").write_bytes(b"\xff" * 64)
    with pytest.raises(DataError, match="not a whole safetensors file"):
        unpack(tmp_path / "junk")


def test_optimizer_state_of_an_unknown_parameter_is_refused() -> None:
    model = small_model()
    optimizer = torch.optim.AdamW(model.parameters())
    with pytest.raises(DataError, match=r"'7\.weight'"):
        restore_optimizer(optimizer, model, {"7.weight/exp_avg": torch.zeros(1)}, {})
