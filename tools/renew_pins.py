"""Pin what all packages, extras and groups resolve to, on any day and behind any mirror.

    python3 tools/renew_pins.py             after a change of dependencies: new ones are pinned, the others stay
    python3 tools/renew_pins.py --upgrade   everything anew
    python3 tools/renew_pins.py --upgrade-package torch --exclude-newer 2026-11-01

Options go to `uv lock`. Two files are written: `pyproject.toml`, whose block of pins holds every resolution of uv, and
`requirements.lock`, which pip can install. Bounds that people choose stand in `[tool.renew-pins]`.
"""

import subprocess
import sys
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PROJECT = ROOT / "pyproject.toml"
LOCK = ROOT / "requirements.lock"

BEGIN = "# Pins: written by tools/renew_pins.py, not by hand.\n"
END = "# End of pins.\n"

EXPORT = ("uv", "export", "--frozen", "--no-emit-workspace", "--no-annotate")
EVERYTHING = ("-q", "--all-packages", "--all-extras", "--all-groups", "--no-hashes", "--no-header")
COMPILE = ("uv", "pip", "compile", "-q", "--universal", "--no-annotate", "--no-header", "-")


def call(*command: str, given: str | None = None) -> str:
    """What a program prints; it ends this one where it fails, and says why itself."""
    done = subprocess.run(command, cwd=ROOT, input=given, stdout=subprocess.PIPE, text=True)
    if done.returncode:
        raise SystemExit(done.returncode)
    return done.stdout


def lay_pins(text: str, pins: list[str], build: list[str]) -> str:
    """`pyproject.toml` with these pins in its block."""
    before, _, rest = text.partition(BEGIN)
    after = rest.partition(END)[2]
    lists = (("constraint-dependencies", pins), ("build-constraint-dependencies", build))
    block = "".join(f"{key} = [\n" + "".join(f'    "{pin}",\n' for pin in held) + "]\n" for key, held in lists)
    return before + BEGIN + block + END + after


def build_requirements() -> str:
    """What the packages say that their wheels are built with, a line each."""
    projects = [*ROOT.glob("packages/*/pyproject.toml"), *ROOT.glob("plugins/*/pyproject.toml")]
    said = {need for file in projects for need in tomllib.loads(file.read_text())["build-system"]["requires"]}
    return "\n".join(sorted(said))


def renew(options: list[str]) -> None:
    """Resolve within the chosen bounds and write the pins."""
    text = PROJECT.read_text()
    bounds = tomllib.loads(text)["tool"]["renew-pins"]["bounds"]
    if "--upgrade" not in options:
        call("uv", "lock", "-q")  # a fresh clone has no lock, from which uv would take what is to stay
    PROJECT.write_text(lay_pins(text, bounds, []))
    try:
        call("uv", "lock", *options)
        pins = call(*EXPORT, *EVERYTHING).splitlines()
        build = call(*COMPILE, given=build_requirements()).splitlines()
    except BaseException:
        PROJECT.write_text(text)
        raise
    PROJECT.write_text(lay_pins(text, pins, build))
    call("uv", "lock", "-q")
    LOCK.write_text(call(*EXPORT, "-q"))


if __name__ == "__main__":
    if {"-h", "--help"} & {*sys.argv}:
        print(__doc__)
    else:
        renew(sys.argv[1:])
