"""Runs functions in processes of their own, after one import of torch; takes JSON lines on stdin.

A line `[{"function": NAME, "arguments": {...}, "environment": {...}, "log": FILE}, ...]` starts one process per job,
all at once, with a function of `jobs.py`. The answers are a line with their process numbers and, when all have ended,
a line with their exit codes.
"""

import json
import os
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any

import torch

sys.path.insert(0, str(Path(__file__).parent))
torch.set_num_threads(1)

import jobs  # noqa: E402


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        jobs.import_everything(Path(folder))
    for line in sys.stdin:
        pids = [start(job) for job in json.loads(line)]
        print(json.dumps(pids), flush=True)
        print(json.dumps([os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids]), flush=True)


def start(job: dict[str, Any]) -> int:
    pid = os.fork()
    if pid:
        return pid
    log = os.open(job["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(log, stream)
    os.environ.update(job.get("environment", {}))
    code = 1
    try:
        code = getattr(jobs, job["function"])(**job["arguments"]) or 0
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
