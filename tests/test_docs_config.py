"""The reference of all settings is made from the code."""

import importlib.util
from pathlib import Path

DOCS = Path(__file__).parents[1] / "docs"


def test_the_settings_page_is_up_to_date():
    spec = importlib.util.spec_from_file_location("make_config", DOCS / "make_config.py")
    maker = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(maker)

    assert (DOCS / "config.md").read_text() == maker.page(), "run `uv run python docs/make_config.py`"
