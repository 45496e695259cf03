"""What a rule found."""

from typing import Literal

from attrs import field, frozen

Severity = Literal["error", "warning", "note"]
"""An error makes scores wrong, a warning may, a note has to be known to read them."""

SEVERITIES: tuple[Severity, ...] = ("error", "warning", "note")
"""Worst first."""


@frozen
class Finding:
    """One thing that a rule found.

    Attributes:
        rule: the rule's name.
        severity: how bad it is.
        seen: what was seen, with numbers.
        expected: what is right.
        remedy: what to do; empty where nothing has to be done.
    """

    rule: str
    severity: Severity
    seen: str
    expected: str = field(default="", kw_only=True)
    remedy: str = field(default="", kw_only=True)
