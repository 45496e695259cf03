"""What hints of errors name, some command has an option for."""

import re
from pathlib import Path

from spacenit_data.cli.options import MONTHS
from spacenit_evals.cli.options import OPTIONS as OF_EVALUATE
from spacenit_train.tile_options import OPTIONS as OF_TRAINING

ROOT = Path(__file__).parents[1]


def test_every_thing_that_a_hint_names_has_an_option_somewhere() -> None:
    sources = [path.read_text() for path in ROOT.glob("packages/*/src/**/*.py")]
    things = {
        thing
        for source in sources
        for names in re.findall(r"things=\(([^)]*)\)", source)
        for thing in re.findall(r"\w+", names)
    }

    assert things - {*OF_EVALUATE, *OF_TRAINING, *MONTHS} == set()
    assert {"unreadable", "samples", "window", "months"} <= things
