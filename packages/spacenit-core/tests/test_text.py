"""Text for people."""

import io
import shlex

from hypothesis import given
from hypothesis import strategies as st

from spacenit_core.text import (
    columns,
    did_you_mean,
    folded,
    listed,
    natural_sorted,
    paragraph,
    shell_lines,
    suggest,
    wrapped,
)

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


def test_numbers_below_a_heading_stand_at_the_right():
    lines = columns([("a", "9"), ("b", "-"), ("c", "1,200")], ("name", "count")).splitlines()

    assert lines == ["name  count", "----  -----", "a         9", "b         -", "c     1,200"]


def test_a_name_is_never_cut_and_has_a_line_of_its_own_where_there_is_no_room_beside_it():
    name = "random_modality_patch_disc_ema_exit_full"
    rows = [("base", "finished", "0.512 [0.412, 0.612]", "3.4567"), (name, "failed", "", "12.3456")]

    assert columns(rows, ("cell", "state", "balanced accuracy", "loss"), width=49).splitlines() == [
        "cell      state        balanced accuracy     loss",
        "--------  --------  --------------------  -------",
        "base      finished  0.512 [0.412, 0.612]   3.4567",
        name,
        "          failed                          12.3456",
    ]


TEXTS = st.text("ab ,_/.", max_size=40)


@given(st.lists(st.tuples(WORDS, TEXTS, TEXTS), min_size=1, max_size=6), st.integers(40, 120))
def test_a_table_fits_its_width_and_loses_no_letter(rows, width):
    for text in (columns(rows, width=width), columns(rows, ("one", "two", "three"), width=width)):
        assert max(map(len, text.splitlines())) <= width
    lines = columns(rows, width=width).splitlines()
    assert sorted("".join(lines).replace(" ", "")) == sorted("".join(map("".join, rows)).replace(" ", ""))
    assert all(any(line.startswith(name) for line in lines) for name, *_ in rows)


def test_lines_are_broken_at_blanks_else_behind_commas_else_at_other_signs():
    assert wrapped("two words here", 9) == ["two words", "here"]
    assert wrapped("[first,second,third]", 14) == ["[first,second,", "third]"]
    assert wrapped("some/long/path_of_parts", 10) == ["some/long/", "path_of_", "parts"]
    assert wrapped("some/long/path (there)", 10) == ["some/long/", "path", "(there)"]
    assert wrapped("long/path x", 8) == ["long/", "path x"]
    assert wrapped("abcdef\nx", 4) == ["abcd", "ef", "x"]


def test_the_width_is_that_of_the_terminal_and_80_without_one(monkeypatch):
    row = [("name", "word " * 40)]
    monkeypatch.delenv("COLUMNS", raising=False)
    assert 70 < max(map(len, columns(row).splitlines())) <= 80
    monkeypatch.setenv("COLUMNS", "120")
    assert 110 < max(map(len, columns(row).splitlines())) <= 120


def test_a_command_line_that_is_broken_can_still_be_pasted():
    command = "spacenit-run dry_run base my_run local --plugin masking=random --seed=3"
    lines = shell_lines(command, "  ", width=40)

    assert max(map(len, lines)) <= 40 and len(lines) == 3
    assert shlex.split("\n".join(lines).replace("\\\n", "")) == command.split()
    assert shell_lines("short") == ["short"]


def test_prose_is_folded_at_blanks_alone_below_its_own_indentation():
    text = "error: what was given\n  write this/long/path/that/is/copied or that"

    assert paragraph(text, width=20).splitlines() == [
        "error: what was",
        "  given",
        "  write",
        "  this/long/path/that/is/copied",
        "  or that",
    ]
    assert folded(text, io.StringIO()) == text
