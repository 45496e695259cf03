"""Packages built, installed into environments of their own and used there, as a stranger would."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from spacenit_core.cli.templates_of import template_kinds

ROOT = Path(__file__).parents[1]

pytestmark = [
    pytest.mark.install,
    pytest.mark.timeout(1800),
    pytest.mark.skipif(shutil.which("uv") is None, reason="uv is not installed"),
]


def call(*command: str | Path, cwd: Path = ROOT) -> str:
    """Run a program outside of this environment; its output, and a failure that shows it."""
    outside = {key: value for key, value in os.environ.items() if key not in ("PYTHONPATH", "VIRTUAL_ENV", "RANK")}
    done = subprocess.run(
        [str(word) for word in command], cwd=cwd, env=outside, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, f"{' '.join(map(str, command))}\n{done.stdout[-6000:]}\n{done.stderr[-6000:]}"
    return done.stdout


class Environment:
    """A fresh virtual environment with what is asked for, and the versions of `requirements.lock`."""

    def __init__(self, folder: Path) -> None:
        call("uv", "venv", "-q", "--python", sys.executable, folder)
        self.python = folder / "bin" / "python"
        self.spacenit_run = folder / "bin" / "spacenit-run"

    def install(self, *what: str | Path) -> None:
        """Install from uv's cache, or from the index where the cache lacks something."""
        command = ["uv", "pip", "install", "-q", "--python", self.python, "-c", ROOT / "requirements.lock", *what]
        try:
            call(*command, "--offline")
        except AssertionError:
            call(*command)

    def pytest(self, *paths: Path, cwd: Path) -> None:
        """Run tests in it."""
        call(self.python, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--import-mode=importlib", *paths, cwd=cwd)


@pytest.fixture(scope="module")
def wheels(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """The wheels that a release would hold, by distribution."""
    folder = tmp_path_factory.mktemp("wheels")
    names = ("spacenit-core", "spacenit-data", "spacenit-train", "spacenit-example")
    for name in names:
        call("uv", "build", "-q", "--wheel", "--package", name, "-o", folder)
    return {name: next(folder.glob(f"{name.replace('-', '_')}-*.whl")) for name in names}


def test_the_example_plugin_is_found_once_its_wheel_is_installed(wheels, tmp_path):
    environment = Environment(tmp_path / "env")
    environment.install(wheels["spacenit-core"], "pytest")
    listed = [environment.spacenit_run, "plugins", "list", "masking", "--json"]
    assert json.loads(call(*listed)) == []

    environment.install(wheels["spacenit-example"])

    assert [(found["name"], found["distribution"]) for found in json.loads(call(*listed))] == [
        ("stripes", "spacenit-example")
    ]
    assert "encode_ratio" in call(environment.spacenit_run, "plugins", "info", "masking", "stripes")
    assert "0 errors, 0 warnings, 0 notes" in call(environment.spacenit_run, "plugins", "doctor")
    # Copied, because pytest would take the workspace's settings along with tests that lie in it.
    tests = shutil.copytree(ROOT / "plugins" / "spacenit-example" / "tests", tmp_path / "tests")
    environment.pytest(tests, cwd=tmp_path)


def test_generated_plugins_install_and_pass_their_tests(wheels, tmp_path):
    environment = Environment(tmp_path / "env")
    environment.install(wheels["spacenit-core"], wheels["spacenit-data"], wheels["spacenit-train"], "pytest")
    folders = [tmp_path / f"my-{kind}" for kind in template_kinds()]
    for kind, folder in zip(template_kinds(), folders, strict=True):
        call(environment.spacenit_run, "plugins", "new", folder.name, "--kind", kind, cwd=tmp_path)

    environment.install(*folders)

    environment.pytest(*[folder / "tests" for folder in folders], cwd=tmp_path)
    report = call(environment.spacenit_run, "plugins", "doctor", *[folder.name for folder in folders])
    assert "0 errors, 0 warnings, 0 notes" in report


@pytest.mark.parametrize("package", ["spacenit-core", "spacenit-data", "spacenit-train", "spacenit-evals"])
def test_a_package_passes_its_tests_with_its_own_dependencies_alone(package):
    call(
        *("uv", "run", "-q", "--isolated", "--package", package, "--group", "test"),
        *("pytest", f"packages/{package}/tests", "-q", "-p", "no:cacheprovider"),
    )


def test_pip_alone_installs_all_packages_from_the_root(tmp_path):
    call(sys.executable, "-m", "venv", tmp_path / "env")
    python = tmp_path / "env" / "bin" / "python"
    place = "import sysconfig; print(sysconfig.get_path('purelib'))"
    # What others publish (torch and so on) is lent by this environment, which saves gigabytes.
    own = Path(call(python, "-c", place).strip())
    (own / "lent.pth").write_text(call(sys.executable, "-c", place))

    call(python, "-m", "pip", "install", "-q", "-e", ROOT)

    listed = json.loads(call(python.parent / "spacenit-run", "plugins", "list", "commands", "--json", cwd=tmp_path))
    assert {"demo", "train", "data", "evaluate", "ablate"} <= {found["name"] for found in listed}
    assert call(python, "-c", "import spacenit_core; print(spacenit_core.__file__)", cwd=tmp_path).startswith(str(own))
    names = {path.name for path in [*(ROOT / "packages").iterdir(), *(ROOT / "plugins").iterdir()] if path.is_dir()}
    assert names == {path.name.partition("-")[0].replace("_", "-") for path in own.glob("spacenit_*-0.1.0.dist-info")}
