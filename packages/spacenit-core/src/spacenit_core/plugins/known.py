"""Entries of our packages, installed or not, so that a missing one can be answered with what to install.

The table is made of the packages' declarations when this one is built (`hatch_build.py`).
"""

import json
from pathlib import Path

_TABLE = json.loads(Path(__file__).with_name("known.json").read_text(encoding="utf-8"))

KNOWN: dict[str, dict[str, str]] = _TABLE["entries"]
"""Kind -> name -> the distribution that declares it."""

FAMILY: tuple[str, ...] = tuple(_TABLE["family"])
"""Distributions that are released together and need no version bounds among themselves."""
