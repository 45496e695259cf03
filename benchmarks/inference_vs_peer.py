"""Does our encoder encode faster than OlmoEarth Pretrain's?

    python benchmarks/inference_vs_peer.py nano tiny --peer-python PYTHON --peer-script bench_infer.py [--rounds 3]

PYTHON belongs to an environment that has `olmoearth-pretrain`; the script measures its encoder there and prints a JSON
line per case, as `inference.py` does for ours. Both run in turn, in processes of their own. Prints one JSON line per
case: the medians over the rounds and their ratio.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from collections import defaultdict
from pathlib import Path
from typing import Any

Case = tuple[str, str, int]


def json_lines(command: list[str]) -> list[dict[str, Any]]:
    """What a command prints, its JSON lines."""
    environment = {"H5DIR": tempfile.gettempdir(), **os.environ}
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    return [json.loads(line) for line in done.stdout.splitlines() if line.startswith("{")]


def main() -> None:
    """Measure in turn and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("sizes", nargs="+", choices=["nano", "tiny", "base"])
    parser.add_argument("--peer-python", type=Path, required=True)
    parser.add_argument("--peer-script", type=Path, required=True)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args()

    commands = {
        "peer": [str(options.peer_python), str(options.peer_script), *options.sizes],
        "ours": [sys.executable, str(Path(__file__).with_name("inference.py")), *options.sizes],
    }
    seconds: dict[Case, dict[str, list[float]]] = defaultdict(lambda: {"peer": [], "ours": []})
    for _ in range(options.rounds):
        for side, command in commands.items():
            for line in json_lines(command):
                seconds[line["version"], line["size"], line["patch"]][side].append(line["batch_s"])
    for (version, size, patch), sides in seconds.items():
        medians = {side: statistics.median(values) for side, values in sides.items()}
        times_as_fast = medians["peer"] / medians["ours"]
        print(json.dumps({"version": version, "size": size, "patch": patch, **medians, "times_as_fast": times_as_fast}))


if __name__ == "__main__":
    main()
