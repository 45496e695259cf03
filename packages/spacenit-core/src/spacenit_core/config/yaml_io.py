"""YAML files: the scalars of YAML 1.2 (`1e-4` is a number, `no` a text), duplicate keys and surprises refused."""

import re
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar

import yaml

from spacenit_core.config.converter import unstructure
from spacenit_core.errors import UserError

MAX_BYTES = 1_000_000
"""Config files are small; a larger one is something else."""

MAX_DEPTH = 50

_NULL = re.compile(r"~|null|Null|NULL|")
_BOOL = re.compile(r"true|True|TRUE|false|False|FALSE")
_INT = re.compile(r"[-+]?[0-9]+|0o[0-7]+|0x[0-9a-fA-F]+")
_FLOAT = re.compile(r"[-+]?(\.[0-9]+|[0-9]+(\.[0-9]*)?)([eE][-+]?[0-9]+)?|[-+]?(\.inf|\.Inf|\.INF)|\.nan|\.NaN|\.NAN")
_PREFIX = "tag:yaml.org,2002:"


def _integer(text: str) -> int:
    return int(text, 0 if text[:2] in ("0o", "0x") else 10)


def _number(text: str) -> float:
    return float(text.lower().replace(".inf", "inf").replace(".nan", "nan"))


_SCALARS: dict[str, tuple[re.Pattern[str], Callable[[str], Any]]] = {
    "null": (_NULL, lambda text: None),
    "bool": (_BOOL, lambda text: text.lower() == "true"),
    "int": (_INT, _integer),
    "float": (_FLOAT, _number),
}


class _Loader(yaml.SafeLoader):
    # Of PyYAML's own tables nothing is taken over: they are YAML 1.1, with dates, sets and merge keys.
    yaml_implicit_resolvers: ClassVar[dict[Any, Any]] = {}  # type: ignore[misc]
    yaml_constructors: ClassVar[dict[Any, Any]] = {}

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        if self.check_event(yaml.AliasEvent):
            raise yaml.MarkedYAMLError(None, None, "aliases (*name) are not read", self.peek_event().start_mark)
        self.depth += 1
        if self.depth > MAX_DEPTH:
            problem = f"nested more than {MAX_DEPTH} levels deep"
            raise yaml.MarkedYAMLError(None, None, problem, self.peek_event().start_mark)
        node = super().compose_node(parent, index)
        self.depth -= 1
        return node

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        mapping: dict[Any, Any] = {}
        for key_node, value_node in node.value:
            key = self.construct_object(key_node, deep=True)
            if not isinstance(key, str):
                raise yaml.MarkedYAMLError(None, None, f"keys are texts, not {key!r}", key_node.start_mark)
            if key in mapping:
                raise yaml.MarkedYAMLError(None, None, f"the key {key!r} is given twice", key_node.start_mark)
            mapping[key] = self.construct_object(value_node, deep=True)
        return mapping

    def construct_core(self, node: Any) -> Any:
        kind = node.tag.removeprefix(_PREFIX)
        if isinstance(node, yaml.MappingNode) and kind == "map":
            return self.construct_mapping(node)
        if isinstance(node, yaml.SequenceNode) and kind == "seq":
            return self.construct_sequence(node, deep=True)
        if isinstance(node, yaml.ScalarNode) and kind == "str":
            return node.value
        if isinstance(node, yaml.ScalarNode) and kind in _SCALARS and _SCALARS[kind][0].fullmatch(node.value):
            try:
                return _SCALARS[kind][1](node.value)
            except ValueError as error:
                problem = f"{node.value[:20]}... is too long a number"
                raise yaml.MarkedYAMLError(None, None, problem, node.start_mark) from error
        raise yaml.MarkedYAMLError(None, None, f"{node.tag} is not read here", node.start_mark)


for _name, (_pattern, _) in _SCALARS.items():
    # PyYAML indexes resolvers by first character; under None they are asked for every scalar.
    _Loader.add_implicit_resolver(f"{_PREFIX}{_name}", re.compile(f"(?:{_pattern.pattern})$"), None)
_Loader.add_constructor(None, _Loader.construct_core)


class _Dumper(yaml.SafeDumper):
    def ignore_aliases(self, data: Any) -> bool:
        return True

    def represent_text(self, text: str) -> Any:
        style = None
        if not text.isprintable():
            style = '"'
        elif any(pattern.fullmatch(text) for pattern, _ in _SCALARS.values()):
            style = "'"
        return self.represent_scalar(f"{_PREFIX}str", text, style=style)

    def represent_items(self, items: Any) -> Any:
        scalars = not any(isinstance(item, dict | list) for item in items)
        return self.represent_sequence(f"{_PREFIX}seq", items, flow_style=scalars)


_Dumper.add_representer(str, _Dumper.represent_text)
_Dumper.add_representer(list, _Dumper.represent_items)


def parse_yaml(text: str, name: str) -> Any:
    """Read plain data from YAML text.

    Args:
        text: one document.
        name: what to call it in errors.

    Raises:
        UserError: for what is not one plain YAML document.
    """
    try:
        loader = _Loader(text)
        return loader.get_single_data()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        line = "" if mark is None else f":{mark.line + 1}"
        raise UserError(f"{name}{line}: {error.problem or error.context}") from error
    except (yaml.YAMLError, RecursionError, ValueError) as error:
        raise UserError(f"{name}: {str(error).splitlines()[0] if str(error) else 'cannot be read as YAML'}") from error


def load_yaml(path: Path) -> dict[str, Any]:
    """Read a config file.

    Raises:
        UserError: where it is missing, too large, not UTF-8, not YAML or no mapping, naming the file and the line.
    """
    try:
        data = path.read_bytes()
    except OSError as error:
        raise UserError(f"{path}: {error.strerror or error}", "give a YAML file with settings") from error
    if len(data) > MAX_BYTES:
        raise UserError(f"{path}: {len(data)} bytes are too many for a config file (at most {MAX_BYTES})")
    try:
        content = parse_yaml(data.decode("utf-8-sig"), str(path))
    except UnicodeDecodeError as error:
        raise UserError(f"{path}: is not UTF-8 text") from error
    if content is None:
        return {}
    if not isinstance(content, dict):
        raise UserError(
            f"{path}: expected a mapping of settings, not {type(content).__name__}",
            "write one setting per line, as `seed: 1`; `spacenit-run recipes show nano` prints all of one",
        )
    return content


def dump_yaml(config: Any) -> str:
    """A config object, or plain data, as YAML that :func:`load_yaml` and YAML 1.1 readers read alike."""
    text: str = yaml.dump(unstructure(config), Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=1000)
    return text
