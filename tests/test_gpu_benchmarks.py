"""What `benchmarks/gpu.sh` packs runs elsewhere, offline, and keeps what it measured."""

import importlib.metadata
import json
import os
import shutil
import subprocess
import sys
import tarfile
import time
from pathlib import Path
from typing import Any

import pytest
from packaging.requirements import Requirement

ROOT = Path(__file__).parents[1]
SCRIPT = ROOT / "benchmarks" / "gpu.sh"


@pytest.fixture
def gpu_run(monkeypatch: pytest.MonkeyPatch) -> Any:
    monkeypatch.syspath_prepend(ROOT / "benchmarks")
    import gpu_run

    yield gpu_run
    for name in ("gpu_run", "gpu_parts"):
        sys.modules.pop(name, None)


def call(*command: str | Path, **environment: str) -> subprocess.CompletedProcess[str]:
    outside = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "VIRTUAL_ENV")}
    words = [str(word) for word in command]
    return subprocess.run(words, env={**outside, **environment}, capture_output=True, text=True, check=False)


def nothing_packed(folder: Path) -> Path:
    """A folder for the packages of this environment."""
    (folder / "site").mkdir()
    with tarfile.open(folder / "site.tar.gz", "w:gz") as archive:
        archive.add(folder / "site", "site")
    return folder


def test_a_part_is_skipped_with_the_reason_and_what_others_measured_is_kept(tmp_path):
    out, skipped = tmp_path / "gpu.json", "tests,train_step,encoding,attention,loader"
    words = [nothing_packed(tmp_path), "--out", out, "--device", "cpu", "--quick", "--skip", skipped]

    done = call(SCRIPT, "run", *words, PYTHON=sys.executable)

    assert done.returncode == 0, done.stderr
    found = json.loads(out.read_text())
    assert found["machine"]["torch"] and found["parts"]["peak"]["results"][0]["measured_tflop_per_s"] > 0
    assert [found["parts"][name] for name in skipped.split(",")] == [{"status": "skipped", "reason": "--skip"}] * 5
    assert not list(tmp_path.glob(".*tmp"))


def test_a_part_that_does_not_end_keeps_its_lines_and_its_children_end(gpu_run, tmp_path):
    script = 'import subprocess, sys, time; print(\'{"a": 1}\\n{"b": \', flush=True); '
    script += "print(subprocess.Popen(['sleep', '60']).pid, file=sys.stderr, flush=True); time.sleep(60)"

    status, printed, complained = gpu_run.call([sys.executable, "-c", script], 6, dict(os.environ))

    assert (status, gpu_run.json_lines(printed)) == ("timed out", [{"a": 1}])
    state = Path(f"/proc/{complained.strip()}/stat")
    deadline = time.monotonic() + 20
    while state.exists() and state.read_text().split()[2] != "Z" and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not state.exists() or state.read_text().split()[2] == "Z"


def test_all_parts_together_stay_below_nine_minutes(gpu_run):
    assert sum(part.limit for part in gpu_run.PARTS) < gpu_run.MOST_SECONDS == 540


@pytest.mark.parametrize(
    ("words", "told"),
    [
        (("run", "DIR", "--skip", "peek"), "there is no part peek; parts are peak, tests,"),
        (("run", "DIR/site"), "holds no site.tar.gz; make it with `benchmarks/gpu.sh pack"),
        (("run", "DIR", "--device", "cpu"), "--device cpu needs --quick"),
        ((), "benchmarks/gpu.sh pack DIR"),
    ],
)
def test_a_wrong_call_says_what_is_right(words, told, tmp_path):
    folder = str(nothing_packed(tmp_path))

    done = call(SCRIPT, *(word.replace("DIR", folder) for word in words), PYTHON=sys.executable)

    assert done.returncode == 2
    assert told in done.stderr


def lend_torch(folder: Path) -> None:
    """Links to this environment's torch and to what it needs, so that gigabytes need not be copied."""
    folder.mkdir()
    waiting, seen = ["torch"], set()
    while waiting:
        found = importlib.metadata.distribution(waiting.pop())
        if found.name in seen:
            continue
        seen.add(found.name)
        for top in {Path(str(file)).parts[0] for file in found.files or ()} - {"..", "__pycache__"}:
            if not (folder / top).exists():
                (folder / top).symlink_to(found.locate_file(top))
        needed = [Requirement(line) for line in found.requires or ()]
        waiting += [need.name for need in needed if need.marker is None or need.marker.evaluate({"extra": ""})]


@pytest.mark.install
@pytest.mark.timeout(600)
@pytest.mark.skipif(shutil.which("uv") is None, reason="uv is not installed")
def test_what_is_packed_runs_where_there_is_torch_alone(tmp_path):
    folder, out, python = tmp_path / "packed", tmp_path / "gpu.json", tmp_path / "env" / "bin" / "python"
    packed = call(SCRIPT, "pack", folder, "--python", f"{sys.version_info[0]}.{sys.version_info[1]}")
    assert packed.returncode == 0, packed.stderr
    assert call("uv", "venv", "-q", "--python", sys.executable, tmp_path / "env").returncode == 0
    lend_torch(tmp_path / "lent")
    site = call(python, "-c", "import sysconfig; print(sysconfig.get_path('purelib'))").stdout.strip()
    Path(site, "lent.pth").write_text(str(tmp_path / "lent"))
    assert call(python, "-c", "import attrs").returncode != 0

    words = ["run", folder, "--out", out, "--device", "cpu", "--quick"]
    done = call(folder / "benchmarks" / "gpu.sh", *words, PYTHON=str(python), UV_OFFLINE="1")

    assert done.returncode == 0, f"{done.stderr}\n{out.read_text()}"
    parts = json.loads(out.read_text())["parts"]
    assert {part["status"] for part in parts.values()} == {"ok"}
    (tested,) = parts["tests"]["results"]
    assert tested["skipped"] and all("GPU" in reason for reason in tested["skipped_because"])
    for name in ("train_step", "encoding", "attention"):
        assert all(line["mfu_of_measured"] > 0 for line in parts[name]["results"] if "skipped" not in line), name
    with tarfile.open(folder / "site.tar.gz") as archive:
        packed_names = {Path(member).parts[1] for member in archive.getnames() if member != "site"}
    assert packed_names.isdisjoint({"torch", "triton", "nvidia", "rasterio", "matplotlib"})
