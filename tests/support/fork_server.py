"""Runs functions in processes of their own, after one import of torch; takes JSON lines on stdin.

A line `[{"module": NAME, "function": NAME, "arguments": {...}, "environment": {...}, "log": FILE}, ...]` starts one
process per job, all at once. The answers are a line with their process numbers and, when all have ended, a line with
their exit codes. `"path"`, where it is given, is a folder to import from.
"""

import importlib
import json
import os
import sys
import traceback
from contextlib import suppress
from typing import Any

import torch

torch.set_num_threads(1)

PRELOADED = (
    "spacenit_core.models.latent_mim.model",
    "spacenit_data.datasets.h5_tiles",
    "spacenit_train.recipes.v1",
    "spacenit_train.runners.contrastive_latent_mim.runner",
    "spacenit_train.trainer.exit_code",
    "torch._dynamo",  # which the first optimizer imports
)


def main() -> None:
    for name in PRELOADED:
        with suppress(ModuleNotFoundError):  # a package's tests run with that package alone, too
            importlib.import_module(name)
    for line in sys.stdin:
        pids = [start(job) for job in json.loads(line)]
        print(json.dumps(pids), flush=True)
        print(json.dumps([os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1]) for pid in pids]), flush=True)


def start(job: dict[str, Any]) -> int:
    if job.get("path") and job["path"] not in sys.path:
        sys.path.insert(0, job["path"])
    function = getattr(importlib.import_module(job["module"]), job["function"])
    pid = os.fork()
    if pid:
        return pid
    log = os.open(job["log"], os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    for stream in (1, 2):
        os.dup2(log, stream)
    os.environ.update(job.get("environment", {}))
    code = 1
    try:
        code = function(**job["arguments"]) or 0
    except SystemExit as end:
        code = end.code
    except BaseException:
        traceback.print_exc()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(code)


if __name__ == "__main__":
    main()
