"""`spacenit-run plugins doctor`: every distribution checked, each in a process of its own."""

import json
import os
import re
import subprocess
import sys
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor, as_completed

from spacenit_core.cli.checks import Finding
from spacenit_core.errors import UserError
from spacenit_core.plugins import discovery
from spacenit_core.plugins.discovery import Entry, normalized
from spacenit_core.plugins.known import FAMILY
from spacenit_core.text import columns, did_you_mean

TIMEOUT_S = 120.0
"""How long the import of all entries of one distribution may take."""

LEVELS = ("error", "warning", "note")


def diagnose(
    distributions: Sequence[str] = (),
    timeout_s: float = TIMEOUT_S,
    *,
    deep: bool = False,
    tell: Callable[[str], None] = lambda _: None,
) -> tuple[list[Finding], dict[str, int]]:
    """Check some distributions, or all that declare an entry.

    Args:
        distributions: their names; all where there are none.
        timeout_s: how long the import of one may take.
        deep: whether components are built and tried.
        tell: told how far it is, in words.

    Returns:
        The findings, and the number of entries of each distribution that was checked.

    Raises:
        UserError: where one of them declares no entry.
    """
    by_distribution: dict[str, list[Entry]] = {}
    for kind in discovery.declared_kinds():
        for entry in discovery.entries(kind):
            by_distribution.setdefault(entry.distribution, []).append(entry)
    for name in distributions:
        if normalized(name) not in by_distribution:
            question = did_you_mean(name, by_distribution) or f"those that do: {', '.join(sorted(by_distribution))}"
            raise UserError(f"no distribution {name!r} declares an entry; {question}")
    chosen = sorted({normalized(name) for name in distributions} or by_distribution)
    findings = [*_duplicates(by_distribution, chosen)]
    for name in chosen:
        findings += _metadata(name, by_distribution[name])
    with ThreadPoolExecutor(max_workers=os.cpu_count() or 1) as pool:
        waiting = {pool.submit(_load, name, timeout_s, deep): name for name in chosen}
        for loaded in as_completed(waiting):
            findings += loaded.result()
            left = [name for job, name in waiting.items() if not job.done()]
            tell(f"{len(chosen) - len(left)} of {len(chosen)} checked; left: {', '.join(left)}")
    findings.sort(key=lambda finding: (finding.distribution, LEVELS.index(finding.level), finding.subject))
    return findings, {name: len(by_distribution[name]) for name in chosen}


def report(findings: Sequence[Finding], counts: dict[str, int]) -> str:
    """The findings for people: a line per distribution, its findings below it, and a sum."""
    lines = []
    for name, count in counts.items():
        own = [finding for finding in findings if finding.distribution == name]
        state = "" if any(finding.level != "note" for finding in own) else ": ok"
        lines.append(f"{name}: {count} {'entry' if count == 1 else 'entries'}{state}")
        rows = [(f"  {finding.level}", finding.subject or "(package)", finding.message) for finding in own]
        lines += columns(rows).splitlines()
    tally = ", ".join(f"{sum(finding.level == level for finding in findings)} {level}s" for level in LEVELS)
    return "\n".join([*lines, tally])


def _duplicates(by_distribution: dict[str, list[Entry]], chosen: Sequence[str]) -> list[Finding]:
    owners: dict[tuple[str, str], list[str]] = {}
    for distribution, entries in sorted(by_distribution.items()):
        for entry in entries:
            owners.setdefault((entry.kind, entry.name), []).append(distribution)
    return [
        Finding(
            "error", name, f"{kind}/{entry}", f"also declared by {', '.join(other for other in names if other != name)}"
        )
        for (kind, entry), names in owners.items()
        if len(names) > 1
        for name in names
        if name in chosen
    ]


def _metadata(distribution: str, entries: Sequence[Entry]) -> list[Finding]:
    """What is wrong with what a distribution says of itself."""
    folders = dict.fromkeys(entry.metadata_folder for entry in entries if entry.is_half_removed)
    if folders:
        remedy = "delete that folder, or install the package again"
        return [Finding("error", distribution, "", f"was removed by half: {folder}; {remedy}") for folder in folders]
    return [] if distribution in FAMILY else _bounds(distribution, entries[0].requires)


def _bounds(distribution: str, requires: Sequence[str]) -> list[Finding]:
    needed = [text for text in requires if re.match(r"spacenit[-_.]core\b", text, re.IGNORECASE)]
    if needed and all(re.search(r"<|==|~=", text) for text in needed):
        return []
    what = f"requires {needed[0]!r}, without an upper bound" if needed else "does not require spacenit-core"
    return [
        Finding("warning", distribution, "", f"{what}: a later core may break it; write e.g. spacenit-core>=0.1,<0.2")
    ]


def _load(distribution: str, timeout_s: float, deep: bool) -> list[Finding]:
    command = [sys.executable, "-m", "spacenit_core.cli.checks", distribution, *(["--deep"] if deep else [])]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=timeout_s, check=False)
    except subprocess.TimeoutExpired:
        return [Finding("error", distribution, "", f"was not loaded within {timeout_s:g} s")]
    if done.returncode != 0 or not done.stdout.strip():
        said = (done.stderr.strip().splitlines() or ["it says nothing"])[-1]
        return [
            Finding("error", distribution, "", f"ends the process that loads it (exit code {done.returncode}): {said}")
        ]
    return [Finding(*finding) for finding in json.loads(done.stdout.splitlines()[-1])]
