from pathlib import Path

import attrs
import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacenit_core.config import dump_yaml, load_yaml, structure
from spacenit_core.config.yaml_io import MAX_BYTES, parse_yaml
from spacenit_core.errors import UserError

PLAIN = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**30), 10**30)
    | st.floats(allow_nan=False)
    | st.text(st.characters(codec="utf-8")),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=8), inner, max_size=4)
    ),
    max_leaves=12,
)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1e-4", 1e-4),
        ("no", "no"),
        ("on", "on"),
        ("12:30", "12:30"),
        ("1_000", "1_000"),
        ("2026-11-20", "2026-11-20"),
        ("0o17", 15),
        ("0x1F", 31),
        ("017", 17),
        ("true", True),
        ("~", None),
        ("", None),
        ("-.5", -0.5),
        (".inf", float("inf")),
        ("'1'", "1"),
        ("<<: 1", {"<<": 1}),
        ("[a, 1, {b: c}]", ["a", 1, {"b": "c"}]),
    ],
)
def test_scalars_are_those_of_yaml_1_2(text, value):
    assert parse_yaml(text, "x.yaml") == value


@attrs.frozen
class Numbers:
    whole: int = 0
    number: float = 0.0
    text: str = ""
    many: tuple[int, ...] = ()


def test_digits_in_groups_are_numbers_where_numbers_are_expected():
    data = parse_yaml("whole: 1_000\nnumber: -2_000.5\ntext: 2024_01\nmany: [1_000, 2]", "x.yaml")
    found = structure(data, Numbers)
    assert (found.whole, found.number, found.text, found.many) == (1000, -2000.5, "2024_01", (1000, 2))
    for wrong in ("1__000", "_1000", "1_000_", "1_0e3"):
        with pytest.raises(UserError):
            structure({"whole": wrong}, Numbers)


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("a: 1\na: 2", "x.yaml:2: the key 'a' is given twice"),
        ("a: &b [1]\nc: *b", "x.yaml:2: aliases"),
        ("1: 2", "keys are texts"),
        ("? [a]\n: 2", "keys are texts"),
        ("!!python/object/apply:os.system [ls]", "is not read here"),
        ("!!set {a}", "is not read here"),
        ("!!int abc", "is not read here"),
        ("[" * 60 + "]" * 60, "levels deep"),
        ("a: b: c", "x.yaml:1"),
        ("a: 1\n---\nb: 2", "x.yaml"),
        ("a:\n\t- b", "x.yaml:2"),
        ("9" * 5000, "too long a number"),
        ("\x00", "x.yaml"),
    ],
)
def test_surprises_are_refused_with_their_line(text, message):
    with pytest.raises(UserError) as caught:
        parse_yaml(text, "x.yaml")

    assert message in str(caught.value)


@given(PLAIN)
def test_plain_data_is_read_back_as_it_was_written(data):
    assert parse_yaml(dump_yaml(data), "x.yaml") == data


@given(st.text(max_size=60))
def test_any_text_is_read_or_refused(text):
    try:
        parse_yaml(text, "x.yaml")
    except UserError as error:
        assert str(error)


def test_a_file_must_be_there_small_utf8_and_a_mapping(tmp_path: Path):
    for name, content in (
        ("list.yaml", b"[1]"),
        ("latin.yaml", b"a: \xff\xfe"),
        ("large.yaml", b"a" * (MAX_BYTES + 1)),
    ):
        (tmp_path / name).write_bytes(content)
    (tmp_path / "empty.yaml").write_text("")
    (tmp_path / "bom.yaml").write_bytes("a: 1".encode("utf-8-sig"))

    for name in ("list.yaml", "latin.yaml", "large.yaml", "absent.yaml", "."):
        with pytest.raises(UserError, match=str(tmp_path)):
            load_yaml(tmp_path / name)
    assert load_yaml(tmp_path / "empty.yaml") == {}
    assert load_yaml(tmp_path / "bom.yaml") == {"a": 1}
