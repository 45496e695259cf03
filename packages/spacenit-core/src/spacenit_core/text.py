"""Text for people: suggestions, natural order, tables. Standard library only, because `--help` needs it."""

import re
import shutil
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher
from functools import cache
from itertools import zip_longest
from typing import TextIO

LIKENESS = 0.6
"""How much a suggestion resembles a word at least: the share of letters that match."""

CLEARLY_NEARER = 0.15


def suggest(word: str, choices: Iterable[str], count: int = 3) -> list[str]:
    """The choices that resemble a word, best first; upper case and hyphens make no difference."""
    likeness = {choice: SequenceMatcher(None, _plain(word), _plain(choice)).ratio() for choice in choices}
    best = max(likeness.values(), default=0.0)
    # Names share prefixes; where one choice is clearly nearer, the others are noise.
    near = [choice for choice, ratio in likeness.items() if ratio >= max(LIKENESS, best - CLEARLY_NEARER)]
    return sorted(near, key=lambda choice: (-likeness[choice], choice))[:count]


def did_you_mean(word: str, choices: Iterable[str]) -> str:
    """The question "did you mean a or b?", or an empty string where nothing resembles the word."""
    matches = suggest(word, choices)
    return f"did you mean {listed(matches, last='or')}?" if matches else ""


def listed(words: Sequence[str], last: str = "and") -> str:
    """Words as a person lists them: "a, b and c"."""
    if len(words) < 2:
        return "".join(words)
    return f"{', '.join(words[:-1])} {last} {words[-1]}"


def natural_key(text: str) -> tuple[tuple[int, int, str], ...]:
    """A sort key by which `step9` comes before `step10`."""
    parts = re.split(r"(\d+)", text)
    return tuple((0, int(part), "") if part.isdecimal() else (1, 0, part) for part in parts if part)


def natural_sorted(words: Iterable[str]) -> list[str]:
    """Words in natural order."""
    # "0" and "00" are one number.
    return sorted(words, key=lambda word: (natural_key(word), word))


def terminal_width() -> int:
    """Characters of a line: of the terminal, as the environment variable COLUMNS says, or 80 in pipes and files."""
    return shutil.get_terminal_size().columns


def columns(rows: Sequence[Sequence[str]], heading: Sequence[str] = (), gap: int = 2, width: int | None = None) -> str:
    """Rows in aligned columns that fit a line, without trailing blanks; empty for no rows.

    The first cell names its row and is never cut: a name without room has a line of its own, above the other cells, and
    one without other cells, which groups the rows below it, takes no part in the widths.
    Other cells are broken where they read well. Columns of numbers are aligned at the right where there is a heading.

    Args:
        rows: cells; all rows are equally long. A line break in a cell is kept.
        heading: the names of the columns, above a rule.
        gap: blanks between columns.
        width: of a line; the terminal's if unset.
    """
    if not rows:
        return ""
    room = (terminal_width() if width is None else width) - gap * (len(rows[0]) - 1)
    numeric = [bool(heading) and _is_numeric(column) for column in zip(*rows, strict=True)]
    widths = _fitted([*([heading] if heading else []), *rows], numeric, room)
    table = [list(heading), ["-" * size for size in widths], *rows] if heading else rows
    return "\n".join(line for row in table for line in _row_lines(row, widths, numeric, " " * gap))


def wrapped(text: str, width: int) -> list[str]:
    """A text in lines of at most so many characters, broken at blanks, else behind commas, else at other signs."""
    return [line.rstrip() for part in text.split("\n") for line in _wrapped(part, width, 0)]


def paragraph(text: str, width: int | None = None) -> str:
    """Lines of prose in lines that fit the terminal (or so many characters).

    What is folded goes on below the line's own indentation, or two blanks. Words stay whole: paths and commands are
    copied.
    """
    import textwrap

    room = terminal_width() if width is None else width
    lines: list[str] = []
    for line in text.splitlines():
        indent = line[: len(line) - len(line.lstrip())] or "  "
        fill = textwrap.TextWrapper(room, "", indent, break_long_words=False, break_on_hyphens=False)
        lines += fill.wrap(line) or [""]
    return "\n".join(lines)


def folded(text: str, stream: TextIO) -> str:
    """A message as :func:`paragraph` folds it where it goes to a terminal; whole lines where programs read them."""
    return paragraph(text) if stream.isatty() else text


def shell_lines(command: str, indent: str = "", width: int | None = None) -> list[str]:
    """A command line that can be pasted, in lines that fit; broken at blanks alone, with backslashes."""
    room = (terminal_width() if width is None else width) - len(indent) - 2
    lines = [""]
    # An option stays with its value.
    for word in re.findall(r"--[\w-]+ (?!-)\S+|\S+", command):
        if lines[-1] and len(f"{lines[-1]} {word}") > room:
            lines.append(f"  {word}")
        else:
            lines[-1] = f"{lines[-1]} {word}" if lines[-1] else word
    return [f"{indent}{line}" + " \\" * (place < len(lines)) for place, line in enumerate(lines, 1)]


_BREAKS = (r"(?<= )", r"(?<=,)", r"(?<=[/=:;])", r"(?<=[._-])")
"""Where lines are broken, best first."""

_UNBROKEN = 24
"""A word as long as this may be cut anywhere where there is no other way."""


def _wrapped(text: str, width: int, level: int) -> list[str]:
    if len(text.rstrip()) <= width:
        return [text]
    if level == len(_BREAKS):
        return [text[start : start + width] for start in range(0, len(text), width)]
    lines = [""]
    for piece in re.split(_BREAKS[level], text):
        if len((lines[-1] + piece).rstrip()) <= width:
            lines[-1] += piece
        else:
            lines += _wrapped(piece, width, level + 1)
    return [line for line in lines if line.strip()]


def _fitted(table: Sequence[Sequence[str]], numeric: Sequence[bool], room: int) -> list[int]:
    """The widths of columns, narrowed step by step where that makes the fewest lines."""
    columns = list(zip(*(row for row in table if len(row) == 1 or any(row[1:])), strict=True))
    if not columns:
        return [0] * len(table[0])
    widths = [max(_longest(cell, r"\n") for cell in column) for column in columns]
    least = [0, *map(_least_width, columns[1:], numeric[1:])]

    @cache
    def heights(number: int, width: int) -> list[int]:
        if number == 0:
            return [1 if len(name) <= width else 2 for name in columns[0]]
        return [len(wrapped(cell, width)) if len(cell) > width else 1 + cell.count("\n") for cell in columns[number]]

    def lines(narrowed: int) -> int:
        names, *others = (heights(number, width - (number == narrowed)) for number, width in enumerate(widths))
        return sum(name - 1 + max(cells, default=1) for name, *cells in zip(names, *others, strict=True))

    while sum(widths) > room and (wide := [number for number, width in enumerate(widths) if width > least[number]]):
        widths[min(wide, key=lambda number: (lines(number), -widths[number]))] -= 1
    return widths


def _least_width(column: Sequence[str], numbers: bool) -> int:
    """The width below which words would be cut, which no number ever is."""
    longest = max(_longest(cell, r"\s" if numbers else "|".join(_BREAKS)) for cell in column)
    return longest if numbers else min(longest, _UNBROKEN)


def _row_lines(row: Sequence[str], widths: Sequence[int], numeric: Sequence[bool], gap: str) -> list[str]:
    name, *cells = row
    parts = [wrapped(cell, width) for cell, width in zip(cells, widths[1:], strict=True)]
    own_line = len(name) > widths[0] and any(cells)
    first = ["" if own_line else name]
    lines = [name] if own_line else []
    for texts in zip_longest(first, *parts, fillvalue=""):
        aligned = [
            text.rjust(width) if numbers else text.ljust(width)
            for text, width, numbers in zip(texts, widths, numeric, strict=True)
        ]
        lines.append(gap.join(aligned).rstrip())
    return lines


def _longest(text: str, breaks: str) -> int:
    return max(len(piece.rstrip()) for piece in re.split(breaks, text))


def _is_numeric(column: Sequence[str]) -> bool:
    texts = [text for text in column if text.strip(" -")]
    return bool(texts) and all(re.match(r"[-+]?\d", text) for text in texts)


def _plain(word: str) -> str:
    return word.lower().replace("-", "_")
