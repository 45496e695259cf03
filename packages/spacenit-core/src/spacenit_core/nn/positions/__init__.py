"""Rotary positions: queries and keys are turned by angles that depend on where and when a token was taken.

The additive encodings are in `spacenit_core.nn.encodings`.
"""
