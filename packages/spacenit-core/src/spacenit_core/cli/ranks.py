"""Which process of a job speaks. Standard library only, because every command asks it."""

import os


def speaks() -> bool:
    """Whether this process says what is the same in all processes of its job: rank 0, and one that is alone."""
    rank, size = os.environ.get("RANK", ""), os.environ.get("WORLD_SIZE", "")
    # A rank that no job can have has no other beside it that would speak.
    placed = rank.isdecimal() and size.isdecimal() and int(rank) < int(size) and "MASTER_ADDR" in os.environ
    return not (placed and int(rank))
