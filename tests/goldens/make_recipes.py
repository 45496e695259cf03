"""Write the goldens of the official recipes: `uv run python tests/goldens/make_recipes.py`.

A change of a number in a recipe then shows in the diff.
"""

from pathlib import Path

from spacenit_core.config import dump_yaml
from spacenit_core.kinds.recipes import RECIPES

FOLDER = Path(__file__).parent / "recipes"
OFFICIAL = tuple(entry.name for entry in RECIPES.entries() if entry.distribution == "spacenit-train")


def text(recipe: str) -> str:
    """A recipe's experiment as YAML, as it is before any plugin or option."""
    return dump_yaml(RECIPES.get(recipe)())


if __name__ == "__main__":
    FOLDER.mkdir(exist_ok=True)
    for name in OFFICIAL:
        (FOLDER / f"{name}.yaml").write_text(text(name))
