"""Put into one folder what `gpu.sh run` needs on a machine that has torch, and nothing else of ours.

    benchmarks/gpu.sh pack DIR [--python 3.12] [--platform x86_64-manylinux_2_28]

The folder gets our packages, built as wheels, and what they and their tests need from others, at the versions of
`requirements.lock`, all in `site.tar.gz`; beside it the benchmarks and the tests that want a GPU. Needs uv.
"""

import argparse
import shutil
import subprocess
import tarfile
import tempfile
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
OURS = ("spacenit-core", "spacenit-data", "spacenit-train")
FOR_TESTS = ("pytest", "pytest-timeout", "pytest-xdist", "hypothesis")
LEFT_OUT = ("torch", "rasterio", "matplotlib", "setuptools")
"""Distributions that are there (torch, with all that it needs), or that no part imports."""

CODECS = ("zstd", "lz4")
"""The H5 codecs of hdf5plugin that are kept; the others are five sixths of all that is packed."""


def call(*command: str | Path) -> None:
    """Run a program in the checkout."""
    subprocess.run([str(word) for word in command], cwd=ROOT, check=True)


def install(site: Path, work: Path, options: argparse.Namespace) -> None:
    """Build our wheels, and install them with what they need into a folder."""
    for name in OURS:
        call("uv", "build", "-q", "--wheel", "--package", name, "-o", work / "wheels")
    never = work / "never.txt"
    never.write_text("".join(f"{name} ; python_version < '3'\n" for name in LEFT_OUT))
    call(
        *("uv", "pip", "install", "-q", "--target", site, "--only-binary", ":all:"),
        *("--python-version", options.python, "--python-platform", options.platform),
        *("--override", never, "-c", ROOT / "requirements.lock"),
        *sorted((work / "wheels").glob("*.whl")),
        *FOR_TESTS,
    )
    for library in site.glob("hdf5plugin/plugins/libh5*"):
        if library.name.removeprefix("libh5").partition(".")[0] not in CODECS:
            library.unlink()


def gpu_tests() -> Iterator[Path]:
    """The folders of the tests of which some want a GPU."""
    for folder in sorted(ROOT.glob("packages/*/tests")):
        if any("mark.gpu" in path.read_text(encoding="utf-8") for path in folder.rglob("test_*.py")):
            yield folder


def copy_sources(folder: Path) -> None:
    """Copy the benchmarks, the tests and their settings, laid out as here."""
    for path in (ROOT / "benchmarks", ROOT / "tests" / "support", *gpu_tests()):
        ignored = shutil.ignore_patterns("__pycache__")
        shutil.copytree(path, folder / path.relative_to(ROOT), ignore=ignored, dirs_exist_ok=True)
    for name in ("conftest.py", "pyproject.toml"):
        shutil.copy(ROOT / name, folder / name)


def main() -> None:
    """Pack."""
    parser = argparse.ArgumentParser(prog="gpu.sh pack", description=__doc__.splitlines()[0] if __doc__ else None)
    parser.add_argument("folder", type=Path)
    parser.add_argument("--python", default="3.12", help="version of Python there")
    parser.add_argument("--platform", default="x86_64-manylinux_2_28", help="what uv calls the platform there")
    options = parser.parse_args()
    folder: Path = options.folder.resolve()
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as work:
        site = Path(work, "site")
        install(site, Path(work), options)
        with tarfile.open(folder / "site.tar.gz", "w:gz", compresslevel=6) as archive:
            archive.add(site, "site")
    copy_sources(folder)
    size = sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
    print(f"{folder}: {size / 2**20:.0f} MiB, for Python {options.python}; there: {folder.name}/benchmarks/gpu.sh run")


if __name__ == "__main__":
    main()
