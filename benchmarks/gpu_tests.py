"""Run the tests that want a GPU and say what became of them.

    python benchmarks/gpu_tests.py

Runs those of the folder that holds this one, with the packages that are installed. Prints one JSON line.
"""

import json
import sys
from collections import Counter
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]


class Outcomes:
    """A plugin of pytest that counts.

    Attributes:
        counts: passed, failed and skipped tests.
        failed: test -> the end of what it said.
        reasons: why tests were skipped, and how many.
    """

    def __init__(self) -> None:
        self.counts: Counter[str] = Counter()
        self.failed: dict[str, str] = {}
        self.reasons: Counter[str] = Counter()

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """See pytest; of what comes before and after a test, failures and skips count."""
        if report.when == "call" or report.outcome != "passed":
            self.counts[report.outcome] += 1
        if report.failed:
            self.failed[report.nodeid] = report.longreprtext[-1500:]
        if report.skipped and isinstance(report.longrepr, tuple):
            self.reasons[report.longrepr[2]] += 1


def files() -> list[str]:
    """The test files that hold one that wants a GPU."""
    found = sorted(ROOT.glob("packages/*/tests/**/test_*.py"))
    return [str(path) for path in found if "mark.gpu" in path.read_text(encoding="utf-8")]


def main() -> None:
    """Run and print."""
    outcomes = Outcomes()
    # Another torch than the pinned one may warn of what is none of ours.
    options = ["-q", "-m", "gpu", "-o", "addopts=--import-mode=importlib", "-o", "filterwarnings=default"]
    status = pytest.main([*options, "-p", "no:cacheprovider", f"--rootdir={ROOT}", *files()], plugins=[outcomes])
    line = {**outcomes.counts, "skipped_because": outcomes.reasons, "failures": outcomes.failed}
    print("\n" + json.dumps(line), flush=True)
    sys.exit(int(status))


if __name__ == "__main__":
    main()
