"""Run everything that wants a GPU and write one JSON file.

    benchmarks/gpu.sh run DIR [--out gpu.json] [--skip tests,loader] [--device cpu --quick]

DIR is the folder that `gpu.sh pack` made. Nothing is installed and no network is used: the packages are unpacked into a
temporary folder before the interpreter's own. The file is replaced whole after each part, so that what was measured
stays whatever happens later. Exits with 1 where a part failed; a skipped part is no failure.
"""

import argparse
import json
import os
import platform
import signal
import subprocess
import sys
import tarfile
import tempfile
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from gpu_parts import PARTS, Part

MOST_SECONDS = 540.0
PROBE = """
import json, torch
found = torch.cuda.is_available()
gpu = torch.cuda.get_device_name() if found else None
print(json.dumps({"torch": torch.__version__, "cuda": torch.version.cuda, "gpu": gpu}))
"""


def write(path: Path, content: dict[str, Any]) -> None:
    """Replace a file as a whole."""
    fresh = path.with_name(f".{path.name}.tmp")
    fresh.write_text(json.dumps(content, indent=1) + "\n", encoding="utf-8")
    fresh.replace(path)


def json_lines(text: str) -> list[dict[str, Any]]:
    """The results among what a script printed; a line that was cut off is none."""
    found = []
    for line in text.splitlines():
        if line.startswith("{"):
            try:
                found.append(json.loads(line))
            except ValueError:
                continue
    return found


def call(command: list[str], limit: float, environment: dict[str, str]) -> tuple[str, str, str]:
    """Run a script: how it ended ("ok", "failed", "timed out"), what it printed, and the end of what it complained."""
    with tempfile.TemporaryFile("w+") as printed, tempfile.TemporaryFile("w+") as complained:
        process = subprocess.Popen(
            command, env=environment, stdout=printed, stderr=complained, text=True, start_new_session=True
        )
        try:
            status = "ok" if process.wait(max(limit, 0)) == 0 else "failed"
        except subprocess.TimeoutExpired:
            status = "timed out"
        finally:
            # Workers too; of a process that has ended, what it left.
            stop_group(process)
        for file in (printed, complained):
            file.seek(0)
        return status, printed.read(), complained.read()[-4000:]


def stop_group(process: "subprocess.Popen[str]") -> None:
    """End a process and its children."""
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def reason_to_skip(part: Part, options: argparse.Namespace, machine: dict[str, Any], left: float) -> str | None:
    """Why a part is not run; None where it is."""
    if part.name in options.skip:
        return "--skip"
    if options.device == "cuda" and machine.get("gpu") is None:
        return "torch finds no CUDA device"
    if left < 10:
        return f"the run's {options.seconds:.0f} seconds are over"
    return None


def run_part(part: Part, options: argparse.Namespace, limit: float, environment: dict[str, str]) -> dict[str, Any]:
    """Run a part; its status, seconds and results."""
    arguments = part.quick if options.quick else part.cuda
    device = [] if part.script == "gpu_tests.py" else ["--device", options.device]
    began = time.monotonic()
    script = str(Path(__file__).with_name(part.script))
    status, printed, complained = call([sys.executable, script, *arguments.split(), *device], limit, environment)
    result = {"status": status, "seconds": round(time.monotonic() - began, 1), "limit_s": round(limit, 1)}
    result["results"] = json_lines(printed)
    if status != "ok":
        result["end_of_stderr"] = complained
    return result


def with_utilisation(parts: dict[str, Any]) -> None:
    """Say of each rate of model FLOP which share of the device's it is, as measured and as its maker states."""
    peaks = {line["precision"]: line for line in parts.get("peak", {}).get("results", [])}
    for part in parts.values():
        for line in part.get("results", []):
            peak = peaks.get(line.get("precision"), {})
            if "model_tflop_per_s" in line:
                for name in ("measured", "stated"):
                    if peak.get(f"{name}_tflop_per_s"):
                        line[f"mfu_of_{name}"] = round(line["model_tflop_per_s"] / peak[f"{name}_tflop_per_s"], 4)


def arguments() -> argparse.Namespace:
    """The command line."""
    parser = argparse.ArgumentParser(prog="gpu.sh run", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path, nargs="?", default=Path(__file__).resolve().parents[1])
    parser.add_argument("--out", type=Path, default=Path("gpu.json"))
    parser.add_argument("--skip", default="", help=f"parts, with commas: {','.join(part.name for part in PARTS)}")
    parser.add_argument("--device", choices=("cuda", "cpu"), default="cuda")
    parser.add_argument("--quick", action="store_true", help="only show that each part works")
    parser.add_argument("--seconds", type=float, default=MOST_SECONDS, help="that all parts may take together")
    options = parser.parse_args()
    options.skip = [name for name in options.skip.split(",") if name]
    unknown = sorted({*options.skip} - {part.name for part in PARTS})
    if unknown:
        parser.error(f"there is no part {unknown[0]}; parts are {', '.join(part.name for part in PARTS)}")
    if not (options.folder / "site.tar.gz").is_file():
        parser.error(f"{options.folder} holds no site.tar.gz; make it with `benchmarks/gpu.sh pack {options.folder}`")
    if options.device == "cpu" and not options.quick:
        parser.error("--device cpu needs --quick")
    return options


def main() -> None:
    """Run all parts."""
    options, began = arguments(), time.monotonic()
    with tempfile.TemporaryDirectory() as work:
        with tarfile.open(options.folder / "site.tar.gz") as archive:
            archive.extractall(work, filter="data")
        environment = {**os.environ, "PYTHONPATH": os.path.join(work, "site"), "SPACENIT_GPU_FOLDER": work}
        status, printed, complained = call([sys.executable, "-c", PROBE], 60, environment)
        machine = {"python": platform.python_version(), "cpus": os.cpu_count(), **dict(*json_lines(printed)[-1:])}
        if status != "ok":
            machine["error"] = complained
        parts: dict[str, Any] = {}
        content = {"machine": machine, "device": options.device, "quick": options.quick, "parts": parts}
        for part in PARTS:
            left = options.seconds - (time.monotonic() - began)
            reason = reason_to_skip(part, options, machine, left)
            if reason is None:
                parts[part.name] = run_part(part, options, min(part.limit, left), environment)
            else:
                parts[part.name] = {"status": "skipped", "reason": reason}
            with_utilisation(parts)
            content["seconds"] = round(time.monotonic() - began, 1)
            write(options.out, content)
            print(f"{part.name}: {parts[part.name]['status']} ({reason or parts[part.name]['seconds']})", flush=True)
    bad = [name for name, part in parts.items() if part["status"] not in ("ok", "skipped")]
    raise SystemExit(f"not well: {', '.join(bad)}; see {options.out}" if bad else 0)


if __name__ == "__main__":
    main()
