"""What happens to a token: the four values of visibility (uint8, the same numbers in files and interfaces)."""

from typing import Final

ENCODE: Final = 0
"""Seen by the online encoder."""
TARGET_ONLY: Final = 1
"""Neither encoded nor predicted; only the target sees it."""
DECODE: Final = 2
"""Predicted from the encoded tokens."""
MISSING: Final = 3
"""Not there: never seen, never predicted."""
