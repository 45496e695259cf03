"""Scores, by what they are computed from."""
