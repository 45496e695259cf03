"""Which process of a job speaks. Standard library only, because every command asks it."""

import os


def speaks() -> bool:
    """Whether this process says what is the same in all processes of its job: rank 0, and one that is alone."""
    rank = os.environ.get("RANK", "")
    return not (rank.isdecimal() and int(rank) and os.environ.get("WORLD_SIZE"))
