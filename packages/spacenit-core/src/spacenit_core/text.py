"""Text for people: suggestions, natural order, columns. Standard library only, because `--help` needs it."""

import re
from collections.abc import Iterable, Sequence
from difflib import SequenceMatcher

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
    return sorted(words, key=natural_key)


def columns(rows: Sequence[Sequence[str]], heading: Sequence[str] = (), gap: int = 2) -> str:
    """Rows in aligned columns, without trailing blanks; empty for no rows.

    Args:
        rows: cells; all rows are equally long.
        heading: the names of the columns, above a rule.
        gap: blanks between columns.
    """
    if not rows:
        return ""
    table = [list(row) for row in rows]
    if heading:
        widths = [max(len(row[k]) for row in [heading, *rows]) for k in range(len(heading))]
        table = [list(heading), ["-" * width for width in widths], *table]
    widths = [max(len(row[k]) for row in table) for k in range(len(table[0]))]
    lines = ((" " * gap).join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)) for row in table)
    return "\n".join(line.rstrip() for line in lines)


def _plain(word: str) -> str:
    return word.lower().replace("-", "_")
