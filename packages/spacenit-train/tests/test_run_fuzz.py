"""Random command lines and files on a real recipe: resolved and checked, or refused with a message."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from spacenit_core.config import structure, unstructure
from spacenit_core.config.parsing import spelled
from spacenit_core.config.tree import leaves
from spacenit_core.errors import UserError
from spacenit_core.kinds.recipes import RECIPES
from spacenit_train.run import resolve_run
from spacenit_train.tile_experiment import TileExperiment

NANO = unstructure(RECIPES.get("nano")())
PATHS = [".".join(path) for path, _ in leaves(NANO)]
PRESENT = {".".join(path): spelled(value) for path, value in leaves(NANO)}

TEXTS = st.one_of(
    st.integers().map(str),
    st.floats().map(str),
    st.sampled_from(
        [
            "none",
            "true",
            "[]",
            "[1]",
            "[landsat]",
            "random",
            "info_nce",
            "auto",
            "1",
            "0",
            "-1",
            "{}",
            '{"type": "random"}',
        ]
    ),
    st.text(max_size=12),
)
NAMES = st.sampled_from(
    [*PATHS, "common.launch", "train_module.masking_config.strategy_config.type", "trainer.max_duration.epochs"]
)
DATA = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=6),
    st.lists(st.integers() | st.text(max_size=3), max_size=3),
    st.dictionaries(st.text(max_size=4) | st.just("type"), st.integers() | st.text(max_size=6), max_size=2),
)

many = settings(max_examples=200, deadline=None)


@many
@given(st.lists(st.tuples(NAMES, TEXTS), max_size=4), st.integers(1, 64))
def test_any_overrides_are_resolved_or_refused(pairs, world_size):
    try:
        run = resolve_run("nano", "r", overrides=[f"--{path}={text}" for path, text in pairs], world_size=world_size)
    except UserError as error:
        assert str(error)
    else:
        assert structure(run.resolved.values, TileExperiment) == run.experiment


@settings(max_examples=50, deadline=None)
@given(st.lists(st.sampled_from(PATHS), max_size=5))
def test_restating_present_values_changes_nothing(paths):
    overrides = [f"--{path}={PRESENT[path]}" for path in paths if path != "run_name"]

    assert resolve_run("nano", "r", overrides=overrides).experiment == resolve_run("nano", "r").experiment


@many
@given(st.lists(st.tuples(st.sampled_from(PATHS), DATA), min_size=1, max_size=3))
def test_a_recipe_with_something_changed_is_structured_or_refused(changes):
    plain: Any = unstructure(RECIPES.get("nano")())
    for path, value in changes:
        place = plain
        for key in path.split(".")[:-1]:
            place = place[key] if isinstance(place, dict) and isinstance(place.get(key), dict) else {}
        place[path.split(".")[-1]] = value
    try:
        experiment = structure(plain, TileExperiment)
    except UserError as error:
        assert str(error)
    else:
        assert structure(unstructure(experiment), TileExperiment) == experiment
