"""Protocols that were renamed: what the name in an older result means."""

FORMAT = 2
"""Number that results bear; those without one are of before 2."""

_BEFORE_2 = {"linear_probe": "logistic_blocks"}


def protocol_meant(name: str, stored_format: int) -> str:
    """The protocol that a result means.

    Args:
        name: as it is stored.
        stored_format: the number that the result bears, 1 where it bears none.
    """
    return _BEFORE_2.get(name, name) if stored_format < FORMAT else name
