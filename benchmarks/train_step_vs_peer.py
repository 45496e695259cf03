"""Is our train step faster than OlmoEarth Pretrain's, on the same batch and with the same weights?

    python benchmarks/train_step_vs_peer.py SET_FOLDER --peer-python PYTHON --peer-script bench_train.py --version v12

SET_FOLDER is an H5 set in the peer's layout. PYTHON belongs to an environment that has `olmoearth-pretrain`; the script
measures its train step there and prints a JSON line with `step_s_median` and `peak_rss_GB`, the modules beside it make
the batch. Each measurement runs in a process of its own, in turn, because a shared machine drifts. Prints one JSON
line: medians over the rounds, the ratios, and the losses of both without drop path.
"""

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any


def output_of(command: list[str], **environment: str) -> str:
    """Run a command and return what it prints."""
    done = subprocess.run(command, env={**os.environ, **environment}, capture_output=True, text=True, check=False)
    if done.returncode:
        raise SystemExit(f"{' '.join(command)} failed:\n{done.stderr[-2000:]}")
    return done.stdout.strip()


def last_json_line(command: list[str], **environment: str) -> dict[str, Any]:
    """Run a command and read the last line that it prints."""
    result: dict[str, Any] = json.loads(output_of(command, **environment).splitlines()[-1])
    return result


def main() -> None:
    """Measure in turn and print."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path, help="the set in the peer's layout")
    parser.add_argument("--peer-python", type=Path, required=True)
    parser.add_argument("--peer-script", type=Path, required=True)
    parser.add_argument("--size", default="nano")
    parser.add_argument("--version", choices=["v1", "v12"], default="v1")
    parser.add_argument("--memory", help="train_module.memory of our side")
    parser.add_argument("--batch", type=int, default=16)
    parser.add_argument("--patches", type=int, default=5, help="along one side of the window")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--steps", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    options = parser.parse_args()

    here, environment = Path(__file__).parent, {"H5DIR": str(options.folder), "OMP_NUM_THREADS": str(options.threads)}
    counts = ["--steps", str(options.steps), "--threads", str(options.threads)]
    with tempfile.TemporaryDirectory() as folder:
        shared = ["--size", options.size, "--version", options.version, "--batch", str(options.batch)]
        shared += ["--peer-scripts", str(options.peer_script.parent), "--patches", str(options.patches)]
        output_of([str(options.peer_python), str(here / "train_step_inputs.py"), folder, *shared], **environment)
        peer = [str(options.peer_python), str(options.peer_script), options.size, options.version]
        peer += ["--ps", "4", "--hw", str(options.patches)]
        peer += ["--batch", str(options.batch), *counts]
        recipe = options.size if options.version == "v1" else f"v1_2_{options.size}"
        ours = [sys.executable, str(here / "train_step.py"), "--recipe", recipe, "--inputs", folder, *counts]
        ours += ["--memory", options.memory] if options.memory else []
        rounds = []
        for _ in range(options.rounds):
            rounds.append((last_json_line(peer, **environment), last_json_line(ours, **environment)))
            print(json.dumps({"peer": rounds[-1][0]["steps"], "ours": rounds[-1][1]["steps_s"]}), file=sys.stderr)
    step = {
        "peer": statistics.median(peer["step_s_median"] for peer, _ in rounds),
        "ours": statistics.median(ours["step_s"] for _, ours in rounds),
    }
    memory = {
        "peer": statistics.median(peer["peak_rss_GB"] for peer, _ in rounds),
        "ours": statistics.median(ours["peak_rss_gb"] for _, ours in rounds),
    }
    result = {
        "step_s": step,
        "times_as_fast": step["peer"] / step["ours"],
        "times_as_fast_by_round": [peer["step_s_median"] / ours["step_s"] for peer, ours in rounds],
        "peak_rss_gb": memory,
        "memory_share": memory["ours"] / memory["peer"],
        "loss": {"peer": rounds[-1][1]["loss_peer"], "ours": rounds[-1][1]["loss"]},
        "settings": {
            "size": options.size,
            "version": options.version,
            "patches": options.patches,
            "memory": options.memory,
            "batch": options.batch,
            "threads": options.threads,
            "rounds": options.rounds,
        },
    }
    print(json.dumps(result))


if __name__ == "__main__":
    main()
