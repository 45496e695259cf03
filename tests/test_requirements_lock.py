"""`requirements.lock` holds the pins and hashes of the present resolution, and no address."""

import re
import shutil
import subprocess
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

    assert lines == fresh, f"write it anew: {' '.join(EXPORT)} > requirements.lock"
