"""A run that is killed and started again ends as one that was not."""

import os
import random
import signal
import time
from contextlib import suppress
from pathlib import Path
from typing import Any

from spacenit_core import checkpoint
from spacenit_train.trainer.metrics import read_metrics

STEPS = 24
SETTINGS: dict[str, Any] = {
    "value": STEPS,
    "ephemeral": 2,
    "save_interval": 10,
    "trainer": {"metrics_collect_interval": 3},
}
TENSORS = ("model.safetensors", "optimizer.safetensors")


def outcome(folder: Path) -> tuple[list[bytes], list[dict[str, Any]]]:
    """Final weights and optimizer state, and the metrics without what was measured with a clock."""
    found = checkpoint.latest(folder)
    assert found is not None and found.name == f"step{STEPS}"
    rows = [{k: v for k, v in row.items() if "seconds" not in k} for row in read_metrics(folder / "metrics.jsonl")]
    return [(found / name).read_bytes() for name in TENSORS], rows


def test_killed_at_twenty_random_moments_it_ends_with_the_same_bits(tmp_path: Path, data: Path, server: Any) -> None:
    server.forks.warm_up()
    began = time.monotonic()
    assert server.run("train", data=str(data), folder=str(tmp_path / "whole"), **SETTINGS) == 0, server.log.read_text()
    duration = time.monotonic() - began
    expected = outcome(tmp_path / "whole")
    assert [row["step"] for row in expected[1]] == list(range(1, STEPS + 1))

    rng, kills, runs, resumed_from = random.Random(4), 0, 0, set()
    while kills < 20:
        runs += 1
        folder = tmp_path / f"killed{runs}"
        while True:
            pid = server.start("train", data=str(data), folder=str(folder), **SETTINGS)
            if kills < 20:
                time.sleep(rng.uniform(0, 0.7 * duration))
                with suppress(ProcessLookupError):
                    os.kill(pid, signal.SIGKILL)
            code = server.wait()
            if code == 0:
                break
            assert code == -signal.SIGKILL, server.log.read_text()
            kills += 1
            newest = checkpoint.latest(folder)
            resumed_from.add(0 if newest is None else checkpoint.verify(newest).step)
        assert outcome(folder) == expected
        assert sorted(path.name for path in checkpoint.checkpoints(folder)) == ["step10", "step20", f"step{STEPS}"]
        assert [path for path in folder.iterdir() if ".tmp-" in path.name or ".gone-" in path.name] == []
    # The kills must have hit different stretches of the run, or they prove little.
    assert len(resumed_from) >= 5
