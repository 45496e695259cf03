"""Typed configuration: attrs classes, one converter, overrides by dotted path, and where each value came from."""

from spacenit_core.config.converter import structure, unstructure
from spacenit_core.config.diff import diff
from spacenit_core.config.resolve import Resolved, resolve
from spacenit_core.config.yaml_io import dump_yaml, load_yaml

__all__ = ["Resolved", "diff", "dump_yaml", "load_yaml", "resolve", "structure", "unstructure"]
