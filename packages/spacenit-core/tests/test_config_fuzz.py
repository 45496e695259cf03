"""Random mistakes: whatever a file or a command line holds, it is resolved or refused with a message."""

from typing import Any

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from spacenit_core.config import dump_yaml, resolve, structure, unstructure
from spacenit_core.config.tree import leaves
from spacenit_core.errors import UserError

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.floats(),
    st.text(max_size=8),
    st.sampled_from(["dots", "rings", "nested", "contrast", "none", "auto", "type", "10", "1e-4", "red"]),
)
NAMES = st.sampled_from(
    [
        "type",
        "masking",
        "ratio",
        "inner",
        "callbacks",
        "bell",
        "logger",
        "enabled",
        "size",
        "width",
        "optim",
        "loss",
        "spare",
    ]
) | st.text(max_size=5)
DATA = st.recursive(
    SCALARS,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(NAMES, inner, max_size=4),
    max_leaves=10,
)
TOKENS = st.one_of(
    st.text(max_size=30),
    st.builds(
        lambda path, text: f"--{'.'.join(path)}={text}",
        st.lists(NAMES, min_size=1, max_size=4),
        st.one_of(
            SCALARS.map(str), st.text(max_size=20), st.sampled_from(['{"type": "rings"}', "[1,2]", "[", "{", "[[]]"])
        ),
    ),
)

quick = settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])


@quick
@given(data=DATA)
def test_any_data_is_structured_or_refused(world, data):
    try:
        value = structure(data, world)
    except UserError as error:
        assert str(error)
    else:
        assert structure(unstructure(value), world) == value


@quick
@given(data=st.data())
def test_a_config_with_something_changed_is_structured_or_refused(world, data):
    plain = unstructure(world())
    for _ in range(data.draw(st.integers(1, 3))):
        place: Any = plain
        path = data.draw(st.sampled_from([path for path, _ in leaves(plain)]))
        for key in path[: data.draw(st.integers(0, len(path) - 1))]:
            place = place[key]
        action, key = data.draw(st.sampled_from(["set", "add", "drop"])), data.draw(st.sampled_from(list(place)))
        if action == "drop" and len(place) > 1:
            del place[key]
        else:
            place[key if action == "set" else data.draw(NAMES)] = data.draw(DATA)
    try:
        value = structure(plain, world)
    except UserError as error:
        assert str(error)
    else:
        assert structure(unstructure(value), world) == value


@quick
@given(
    tokens=st.lists(TOKENS, max_size=4), plugins=st.lists(st.text(max_size=12) | st.just("masking=rings"), max_size=2)
)
def test_any_command_line_is_resolved_or_refused(world, tokens, plugins):
    try:
        resolved = resolve(world(), overrides=tokens, plugins=plugins)
    except UserError as error:
        assert str(error)
    else:
        assert structure(resolved.values, world) == resolved.value


@quick
@given(content=st.dictionaries(NAMES, DATA, max_size=5))
def test_any_file_is_resolved_or_refused(world, tmp_path_factory, content):
    file = tmp_path_factory.mktemp("fuzz") / "a.yaml"
    try:
        file.write_text(dump_yaml(content))
    except UnicodeEncodeError:
        return
    try:
        resolved = resolve(world(), files=[file])
    except UserError as error:
        assert str(error)
    else:
        assert structure(resolved.values, world) == resolved.value
