"""Is our loader faster than OlmoEarth Pretrain's on the same files?

    python benchmarks/loader_vs_peer.py FOLDER [--converted FOLDER] --peer-python PYTHON --peer-script bench_data.py

FOLDER is a set in the layout of OlmoEarth Pretrain, the converted one the same set after `spacenit-run data convert
--from-h5`. PYTHON belongs to an environment that has `olmoearth-pretrain`; the script measures its loader there: it is
handed the folder in the variable H5DIR and prints a JSON line with `median_samples_per_s` and `median_main_cpu_ms`. The
measurements are taken in turn, because a shared machine drifts. Prints one JSON line: medians over the rounds and the
ratios of them.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
from pathlib import Path
from typing import Any


def last_json_line(command: list[str], **environment: str) -> dict[str, Any]:
    """Run a command on one core and read the last line that it prints."""
    done = subprocess.run(
        command, env={**os.environ, "OMP_NUM_THREADS": "1", **environment}, capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    return json.loads(done.stdout.strip().splitlines()[-1])


def main() -> None:
    """Measure in turn and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path, help="the set in the peer's layout")
    parser.add_argument("--converted", type=Path, help="the same set, converted")
    parser.add_argument("--peer-python", type=Path, required=True)
    parser.add_argument("--peer-script", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--epochs", type=int, default=3)
    options = parser.parse_args()

    ours = [sys.executable, str(Path(__file__).with_name("loader.py")), "--epochs", str(options.epochs)]
    peer = [str(options.peer_python), str(options.peer_script), "--epochs", str(options.epochs)]
    rates: dict[str, list[float]] = {}
    cpu: dict[str, list[float]] = {}
    for _ in range(options.rounds):
        result = last_json_line(peer, H5DIR=str(options.folder))
        rates.setdefault("peer", []).append(result["median_samples_per_s"])
        cpu.setdefault("peer", []).append(result["median_main_cpu_ms"])
        for name, folder in (("ours", options.folder), ("ours_converted", options.converted)):
            if folder is not None:
                result = last_json_line([*ours, str(folder)])
                rates.setdefault(name, []).append(result["samples_per_s"])
                cpu.setdefault(name, []).append(result["cpu_ms"])
        print(json.dumps({"samples_per_s": {name: values[-1] for name, values in rates.items()}}), file=sys.stderr)
    medians = {name: statistics.median(values) for name, values in rates.items()}
    cpu_ms = {name: statistics.median(values) for name, values in cpu.items()}
    print(
        json.dumps(
            {
                "samples_per_s": medians,
                "cpu_ms_per_sample": cpu_ms,
                "ratio": {name: round(medians[name] / medians["peer"], 2) for name in medians if name != "peer"},
                "cpu_ratio": {name: round(cpu_ms["peer"] / cpu_ms[name], 2) for name in cpu_ms if name != "peer"},
            }
        )
    )


if __name__ == "__main__":
    main()
