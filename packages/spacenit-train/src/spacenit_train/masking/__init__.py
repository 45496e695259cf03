"""Masking policies: index arithmetic on the tokens of a whole batch."""
