"""`--no-skips`: what a machine has to have for every test to run, it has."""

import pytest

ALLOWED = "GPU"


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option."""
    parser.addoption("--no-skips", action="store_true", help=f"fail on skipped tests, unless they want a {ALLOWED}")


def unexpected(config: pytest.Config) -> list[str]:
    """The tests that were skipped for another reason than a missing GPU, with the reason."""
    reporter = config.pluginmanager.get_plugin("terminalreporter")
    if reporter is None or not config.getoption("no_skips"):
        return []
    skipped = [(report.nodeid, report.longrepr[2]) for report in reporter.stats.get("skipped", ())]
    return [f"{name}: {reason}" for name, reason in skipped if ALLOWED not in reason]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fail a run that would have passed with tests skipped."""
    if unexpected(session.config) and session.exitstatus in (pytest.ExitCode.OK, pytest.ExitCode.NO_TESTS_COLLECTED):
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter, config: pytest.Config) -> None:
    """Name them."""
    if names := unexpected(config):
        terminalreporter.section("skipped, which --no-skips forbids")
        for name in names:
            terminalreporter.write_line(name)
