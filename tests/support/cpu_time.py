"""What tests cost in CPU seconds, their processes included, whatever else the machine does meanwhile."""

import os
from collections import Counter
from collections.abc import Generator
from pathlib import PurePosixPath

import pytest

MOST_EXPENSIVE = 10

_LAST = pytest.StashKey[float]()


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Send the CPU time since this process's last report along with the report."""
    report = yield
    now = sum(os.times()[:4])
    report.user_properties = [*report.user_properties, ("cpu", now - item.config.stash.get(_LAST, 0.0))]
    item.config.stash[_LAST] = now
    return report


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Print the CPU time of each folder of tests, and the most expensive tests."""
    spent: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if isinstance(report, pytest.TestReport):
                spent[report.nodeid] += dict(report.user_properties).get("cpu", 0.0)
    folders: Counter[str] = Counter()
    for name, seconds in spent.items():
        folders["/".join(PurePosixPath(name.partition("::")[0]).parts[:2])] += seconds
    terminalreporter.section(f"CPU seconds: {spent.total():.0f}")
    for name, seconds in [*folders.most_common(), *spent.most_common(MOST_EXPENSIVE)]:
        terminalreporter.write_line(f"{seconds:8.1f}  {name}")
