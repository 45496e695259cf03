"""Typed configuration: attrs classes, one converter, overrides by dotted path, and where each value came from."""
