"""Attention over packed sequences: modules with weights, and the backends that compute it."""
