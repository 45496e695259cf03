"""`requirements.lock` holds the pins and hashes of the present resolution, and no address."""

import re
import shutil
import subprocess
import tomllib
from datetime import datetime, timedelta
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]

EXPORT = ["uv", "export", "--frozen", "--no-emit-workspace", "--no-annotate"]


@pytest.fixture(scope="module")
def lines():
    return (ROOT / "requirements.lock").read_text().splitlines()


def test_every_line_is_a_pin_or_a_hash(lines):
    allowed = r"#.*|[a-z0-9._-]+==\S+( ; [^/@]+)?( \\)?|    --hash=sha256:[0-9a-f]{64}( \\)?"

    assert [line for line in lines if not re.fullmatch(allowed, line)] == []


def test_it_names_no_host_and_no_path(lines):
    assert [line for line in lines if re.search(r"://|@|(^|\s)/|index-url", line)] == []


def test_it_is_what_the_lock_says(lines):
    if shutil.which("uv") is None or not (ROOT / "uv.lock").exists():
        pytest.skip("`uv run` writes the lock that this test compares with")
    fresh = subprocess.run(EXPORT, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()

    committed, resolved = pins(lines), pins(fresh)
    different = {name for name in committed | resolved if committed.get(name) != resolved.get(name)}
    assert different <= shown_late(), f"write it anew: {' '.join(EXPORT)} > requirements.lock"


def pins(lines: list[str]) -> dict[str, str]:
    """Package -> its lines: pins (one per Python version where they differ) and hashes."""
    found: dict[str, str] = {}
    for line in lines:
        if not line.startswith(("#", " ")):
            name = line.partition("==")[0]
        if not line.startswith("#"):
            found[name] = found.get(name, "") + line
    return found


def shown_late() -> set[str]:
    """Packages uploaded shortly before the day that resolution looks back to.

    Indexes, and mirrors more so, show some uploads days later: these may resolve otherwise than when they were pinned.
    """
    lock = tomllib.loads((ROOT / "uv.lock").read_text())
    last = datetime.fromisoformat(lock["options"]["exclude-newer"])
    uploads = {
        package["name"]: [datetime.fromisoformat(file["upload-time"]) for file in package.get("wheels", ())]
        for package in lock["package"]
    }
    return {name for name, times in uploads.items() if times and last - min(times) < timedelta(days=7)}
