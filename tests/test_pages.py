"""Each command block of the pages works as a new user types it: in order, in a fresh folder.

A block that cannot run has `<!-- not run: REASON -->` above it; in `PAGES_OF_RESULTS` no block is run.
"""

import os
import re
import shlex
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from attrs import frozen

from spacenit_core.cli.main import run
from spacenit_demo.world.generate import WorldSize, world_at

ROOT = Path(__file__).parents[1]

REAL_DATA = Path(os.environ.get("SPACENIT_REAL_DATA", ROOT.parent / "shared" / "data"))

PAGES_OF_RESULTS = ("docs/results.md", "docs/performance.md")
"""Their commands take from minutes to hours, and need the real data or the peer. They stand beside what came out."""

PAGES = sorted(
    str(path.relative_to(ROOT))
    for path in (ROOT / "README.md", ROOT / "CONTRIBUTING.md", *ROOT.glob("docs/*.md"), *ROOT.glob("p*/*/README.md"))
)

FENCE = re.compile(r"(?:<!-- not run: (?P<why>[^\n]+) -->\n)?^```(?P<kind>\w*)\n(?P<text>.*?)^```", re.M | re.S)

COMMANDS = r"(spacenit-run|uv|uvx|pip|python3?|torchrun|export|source|cd|[A-Z_]+=)"

QUICK = {"dry_run", "recipes", "plugins"}
"""Commands that need neither data nor more than a second; `plugins doctor` and `plugins new` are none of them."""

FILES = {
    "docs/add_a_benchmark.md": "evals/worldcereal_points",
    "docs/evaluate_your_encoder.md": "evals/worldcereal_points",
    "docs/read_the_numbers.md": "evals/worldcereal_points",
    "docs/own_rasters.md": "real-mini/landsat7_nc",
}
"""Page -> the folder of the real data whose files lie where it begins."""


@frozen
class Block:
    """A block of commands.

    Attributes:
        text: its lines.
        reason: why it is not run; empty where it is.
    """

    text: str
    reason: str

    @property
    def lines(self) -> list[str]:
        """Its commands, without comments, each on one line."""
        joined = self.text.replace("\\\n", " ")
        return [line for line in joined.splitlines() if line.strip() and not line.lstrip().startswith("#")]


def blocks(page: str) -> Iterator[Block]:
    """The fenced blocks of a page that hold commands."""
    text = (ROOT / page).read_text(encoding="utf-8")
    for match in FENCE.finditer(text):
        if match["kind"] in ("", "bash", "sh") and re.match(COMMANDS, match["text"]):
            yield Block(match["text"], match["why"] or "")


def run_blocks(page: str) -> list[Block]:
    """Those that are run."""
    return [block for block in blocks(page) if not block.reason]


RUN = [page for page in PAGES if page not in PAGES_OF_RESULTS and run_blocks(page)]


def test_the_pages_for_newcomers_have_commands_that_run():
    assert {"docs/first_run.md", "docs/own_rasters.md", "docs/ablations.md"} <= set(RUN)


@pytest.mark.parametrize("page", PAGES)
def test_what_is_not_run_has_a_reason_and_what_is_run_no_placeholder(page):
    for block in blocks(page):
        typed = "\n".join(line.partition(" #")[0] for line in block.lines)
        places = re.findall(r"(?<![\w$])(?:DIR|RUN|ROOT|RUN_FOLDER|NEW)(?![\w=])|<\w+>|\.\.\.", typed)
        assert len(block.reason.split()) > 2 if places else block.reason == block.reason.strip()


@pytest.mark.parametrize("page", RUN)
def test_quick_commands_of_a_page_work(page, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    variables: dict[str, str] = {}
    for line in (line for block in run_blocks(page) for line in block.lines):
        if assigned := re.fullmatch(r"([A-Z_]+)=(.*)", line.strip()):
            (value,) = shlex.split(assigned[2])
            variables[assigned[1]] = re.sub(r"\$(\w+)", lambda match: variables[match[1]], value)
            continue
        line = re.sub(r"\$(\w+)", lambda match: variables[match[1]], line)
        program, command, *arguments = shlex.split(line.partition(" > ")[0], comments=True)
        if program == "spacenit-run" and command in QUICK and arguments[0] not in ("doctor", "new"):
            assert run([command, *arguments]) == 0, f"{line}\n{capsys.readouterr().err}"


def test_the_set_that_a_page_names_is_the_demos():
    text = (ROOT / "docs" / "first_run.md").read_text(encoding="utf-8")

    assert f"DIR={world_at(Path('local_output/demo'), 0, WorldSize()).h5py_dir}\n" in text


@pytest.mark.slow
@pytest.mark.timeout(3600)
@pytest.mark.parametrize("page", RUN)
def test_the_commands_of_a_page_run_in_order(page, tmp_path):
    if page in FILES:
        source = REAL_DATA / FILES[page]
        if not source.is_dir():
            pytest.skip(f"{source} is absent")
        for path in source.iterdir():
            shutil.copy(path, tmp_path)
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    outside = {key: value for key, value in os.environ.items() if key not in ("RANK", "WORLD_SIZE", "WANDB_API_KEY")}
    script = "set -ex\n" + "\n".join(block.text for block in run_blocks(page))

    done = subprocess.run(
        ["bash", "-c", script], cwd=tmp_path, env={**outside, "PATH": path}, capture_output=True, text=True, check=False
    )

    assert done.returncode == 0, f"{done.stdout[-3000:]}\n{done.stderr[-3000:]}"
