"""Text for people."""

from hypothesis import given
from hypothesis import strategies as st

from spacenit_core.text import columns, did_you_mean, listed, natural_sorted, suggest

WORDS = st.text("abcdefghij_0123456789", min_size=1, max_size=12)


def test_a_mistyped_word_finds_the_one_that_was_meant():
    names = ["random", "modality_cross_random", "time", "space"]

    assert suggest("randm", names)[0] == "random"
    assert suggest("Modality-Cross-Random", names)[0] == "modality_cross_random"
    assert suggest("qqqqqq", names) == []


def test_the_question_lists_what_resembles_the_word():
    assert did_you_mean("tain", ["train", "time"]) == "did you mean train?"
    assert did_you_mean("rand", ["rands", "zebra", "rant"]) == "did you mean rands or rant?"
    assert did_you_mean("qqqqqq", ["train"]) == ""


def test_words_are_listed_as_people_do():
    assert [listed(words) for words in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]


def test_numbers_in_names_sort_by_value():
    assert natural_sorted(["step10", "step9", "Step", "step9b", "10", "9"]) == [
        "9",
        "10",
        "Step",
        "step9",
        "step9b",
        "step10",
    ]


@given(st.lists(WORDS))
def test_natural_order_loses_nothing_and_is_one_order(words):
    assert sorted(natural_sorted(words)) == sorted(words)
    assert natural_sorted(reversed(words)) == natural_sorted(words) or len(set(words)) < len(words)


def test_columns_are_aligned_without_trailing_blanks():
    text = columns([("a", "long value", ""), ("bbb", "x", "c")], ("name", "value", "note"))

    assert text.splitlines() == [
        "name  value       note",
        "----  ----------  ----",
        "a     long value",
        "bbb   x           c",
    ]
    assert columns([]) == ""
