"""Pins decide what is installed, not the day or the mirror; these tests ask no index (the last one does)."""

import re
import shutil
import subprocess
import tomllib
from pathlib import Path

import pytest
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

ROOT = Path(__file__).parents[1]
RENEW = "write them anew: python3 tools/renew_pins.py"
EXPORT = ["uv", "export", "-q", "--frozen", "--offline", "--no-emit-workspace", "--no-annotate"]

needs_uv = pytest.mark.skipif(shutil.which("uv") is None, reason="uv is not installed")


def project(folder: Path) -> dict:
    return tomllib.loads((folder / "pyproject.toml").read_text())


@pytest.fixture(scope="module")
def lines():
    return (ROOT / "requirements.lock").read_text().splitlines()


@pytest.fixture(scope="module")
def constraints():
    return project(ROOT)["tool"]["uv"]["constraint-dependencies"]


@pytest.fixture(scope="module")
def named():
    """What any package, extra or group of the workspace asks for from outside."""
    projects = [project(folder) for folder in (ROOT, *ROOT.glob("packages/*"), *ROOT.glob("plugins/*"))]
    own = {one["project"]["name"] for one in projects}
    listed = [need for one in projects for need in one["project"]["dependencies"]]
    for one in projects:
        for extra in one["project"].get("optional-dependencies", {}).values():
            listed += extra
        for group in one.get("dependency-groups", {}).values():
            listed += [need for need in group if isinstance(need, str)]
    return [need for need in map(Requirement, listed) if need.name not in own]


def test_every_line_is_a_pin_or_a_hash(lines):
    allowed = r"#.*|[a-z0-9._-]+==\S+( ; [^/@]+)?( \\)?|    --hash=sha256:[0-9a-f]{64}( \\)?"

    assert [line for line in lines if not re.fullmatch(allowed, line)] == []


def test_it_names_no_host_and_no_path(lines):
    assert [line for line in lines if re.search(r"://|@|(^|\s)/|index-url", line)] == []


def test_resolution_is_held_to_what_is_committed(lines, constraints):
    committed = {line.removesuffix(" \\") for line in lines if not line.startswith(("#", " "))}

    # A pin for all platforms holds a line that is for some.
    loose = {line for line in committed if not {line, line.partition(" ; ")[0]} & {*constraints}}
    assert loose == set(), RENEW


def test_constraints_are_exact_and_cover_every_extra_and_group(named, constraints):
    pins: dict[str, list[Requirement]] = {}
    for pin in map(Requirement, constraints):
        pins.setdefault(pin.name, []).append(pin)

    assert [
        str(pin) for held in pins.values() for pin in held if not re.fullmatch(r"==[^*,]+", str(pin.specifier))
    ] == []
    for need in named:
        held = pins.get(canonicalize_name(need.name), [])
        assert held, f"{need} is not pinned; {RENEW}"
        versions = [next(iter(pin.specifier)).version for pin in held]
        assert [version for version in versions if version not in need.specifier] == [], f"{need}; {RENEW}"


@needs_uv
@pytest.mark.skipif(not (ROOT / "uv.lock").exists(), reason="`uv run` writes the lock that this test compares with")
def test_the_lock_of_this_machine_holds_them(lines):
    fresh = subprocess.run(EXPORT, cwd=ROOT, capture_output=True, text=True, check=True).stdout.splitlines()

    assert versions(fresh) == versions(lines), RENEW


@needs_uv
@pytest.mark.install
@pytest.mark.parametrize("day", ["2027-06-01T00:00:00Z", None])
def test_a_clone_resolves_to_them_on_a_later_day(day, lines, tmp_path):
    for file in (ROOT, *ROOT.glob("packages/*"), *ROOT.glob("plugins/*")):
        for name in ("pyproject.toml", "README.md"):
            if (file / name).exists():
                copy = tmp_path / file.relative_to(ROOT) / name
                copy.parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(file / name, copy)

    later = ["--exclude-newer", day] if day else []
    subprocess.run(["uv", "lock", "-q", *later], cwd=tmp_path, check=True)
    fresh = subprocess.run(EXPORT, cwd=tmp_path, capture_output=True, text=True, check=True).stdout.splitlines()

    assert versions(fresh) == versions(lines)


def versions(lines: list[str]) -> set[str]:
    """The pins without their hashes: an index may add a file to a version."""
    return {line.removesuffix(" \\") for line in lines if not line.startswith(("#", " "))}
