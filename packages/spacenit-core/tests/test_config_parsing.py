from enum import Enum
from pathlib import Path
from typing import Any, Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from spacenit_core.config.parsing import as_mapping, parse, spelled
from spacenit_core.errors import UserError


class Colour(Enum):
    red = 1
    dark_blue = 2


@pytest.mark.parametrize(
    ("text", "annotation", "value"),
    [
        ("1e-4", float, 1e-4),
        ("3", float, 3.0),
        ("-.5", float, -0.5),
        ("64", int, 64),
        ("1_000", int, 1000),
        ("no", str, "no"),
        ("1e-4", str, "1e-4"),
        ("", str, ""),
        ("none", str | None, None),
        ("no", str | None, "no"),
        ("No", bool, False),
        ("ON", bool, True),
        ("1", bool, True),
        ("0", bool, False),
        ("False", bool, False),
        ("none", int | None, None),
        ("NULL", Path | None, None),
        ("/a b/c", Path, "/a b/c"),
        ("auto", Literal["auto"] | bool, "auto"),
        ("off", Literal["auto"] | bool, False),
        ("2", Literal[1, 2], 2),
        ("dark_blue", Colour, "dark_blue"),
        ("[a,b]", tuple[str, ...], ["a", "b"]),
        ("[ a , b ]", tuple[str, ...], ["a", "b"]),
        ('["a","b"]', tuple[str, ...], ["a", "b"]),
        ("['a','b']", tuple[str, ...], ["a", "b"]),
        (r"\[mados,pastis_sentinel2\]", tuple[str, ...], ["mados", "pastis_sentinel2"]),
        (r"[\"a\",\"b\"]", tuple[str, ...], ["a", "b"]),
        ("[]", tuple[str, ...], []),
        ("[no,1e-4,1]", tuple[str, ...], ["no", "1e-4", "1"]),
        ('["a,b",c]', list[str], ["a,b", "c"]),
        ("[1,2]", list[int], [1, 2]),
        ("[1e-4,2]", tuple[float, float], [1e-4, 2.0]),
        ("[[1],[2,3]]", list[list[int]], [[1], [2, 3]]),
        ('{"a": 1}', dict[str, float], {"a": 1.0}),
        ("none", list[int] | None, None),
        ("1e-4", Any, 1e-4),
        ("yes", Any, True),
        ("1", Any, 1),
        ("word", Any, "word"),
    ],
)
def test_text_is_read_by_the_type_that_it_reaches(text, annotation, value):
    read = parse(text, annotation)

    assert read == value
    assert type(read) is type(value)


@pytest.mark.parametrize(
    ("text", "annotation"),
    [
        ("abc", int),
        ("1.5", int),
        ("1e3", int),
        ("", int),
        ("true", int),
        ("nan", float),
        ("1e999", float),
        ("inf", float),
        ("maybe", bool),
        ("", Path),
        ("none", int),
        ("atuo", Literal["auto"] | bool),
        ("green", Colour),
        ("a,b", tuple[str, ...]),
        ("[a,b", tuple[str, ...]),
        ("[a,,b]", tuple[str, ...]),
        ("[a,]", tuple[str, ...]),
        ('["a]', tuple[str, ...]),
        ('["1"]', list[int]),
        ("[1]", tuple[float, float]),
        ("{a: 1}", dict[str, float]),
        ('{"a": "b"}', dict[str, float]),
        ("9" * 200, int),
        ("x" * 200_000, str),
    ],
)
def test_other_text_is_refused(text, annotation):
    with pytest.raises(UserError):
        parse(text, annotation)


def test_a_list_without_brackets_is_answered_with_them():
    with pytest.raises(UserError) as caught:
        parse("sentinel2_l2a,landsat", tuple[str, ...])

    assert "write [sentinel2_l2a,landsat]" in str(caught.value)


def test_a_mapping_with_a_key_twice_is_refused():
    with pytest.raises(UserError, match="twice"):
        as_mapping('{"a": 1, "a": 2}')


@given(
    st.text(max_size=40), st.sampled_from([int, float, bool, str, Path | None, list[int], tuple[str, ...], Any, Colour])
)
def test_any_text_is_read_or_refused(text, annotation):
    try:
        parse(text, annotation)
    except UserError as error:
        assert str(error)


@given(
    st.one_of(
        st.tuples(st.just(bool), st.booleans()),
        st.tuples(st.just(int), st.integers(-(10**12), 10**12)),
        st.tuples(st.just(float), st.floats(allow_nan=False, allow_infinity=False)),
        st.tuples(st.just(int | None), st.none() | st.integers(0, 9)),
        st.tuples(st.just(list[str]), st.lists(st.text(st.characters(codec="utf-8"), max_size=6), max_size=4)),
        st.tuples(st.just(list[float]), st.lists(st.floats(-1e9, 1e9), max_size=4)),
        st.tuples(
            st.just(dict[str, float]),
            st.dictionaries(st.text(st.characters(codec="utf-8"), max_size=5), st.floats(-9, 9)),
        ),
    )
)
def test_what_is_shown_can_be_typed(pair):
    annotation, value = pair

    assert parse(spelled(value), annotation) == value
