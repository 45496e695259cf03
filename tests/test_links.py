"""Links between pages lead somewhere, and the index of decisions has them all."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
PAGES = sorted(
    [*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), *ROOT.glob("p*/*/README.md"), *ROOT.glob("benchmarks/*.md")]
)


@pytest.mark.parametrize("page", [str(page.relative_to(ROOT)) for page in PAGES])
def test_links_lead_to_files(page: str) -> None:
    links = re.findall(r"\]\(([^)#\s]+)", (ROOT / page).read_text())
    broken = [link for link in links if "://" not in link and not (ROOT / page).parent.joinpath(link).exists()]
    assert broken == []


def test_the_index_lists_every_decision() -> None:
    folder = ROOT / "docs" / "adr"
    titles = {path.name: path.read_text().partition("\n")[0].lstrip("# ") for path in sorted(folder.glob("0*.md"))}
    listed = re.findall(r"^(\d+\.) \[(.+)\]\((.+)\)$", (folder / "README.md").read_text(), re.MULTILINE)
    assert {name: f"{number} {title}" for number, title, name in listed} == titles
