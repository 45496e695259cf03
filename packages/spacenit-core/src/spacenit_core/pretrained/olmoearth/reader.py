"""Reading the parts of a config of OlmoEarth Pretrain, and collecting what is wrong with them."""

import json
from collections.abc import Collection, Mapping
from pathlib import Path
from typing import Any, Final, TypeGuard

import attrs

from spacenit_core.errors import UserError
from spacenit_core.pretrained.olmoearth.reference import CLASS, FORMER, MODULES, ROOTS, WITHOUT_EFFECT

SENSORS: Final = "supported_modality_names"
GROUPS: Final = "tokenization_config"

RENAMED: Final = {"decoder_embedding_size": "embedding_size"}
"""Their field -> ours, where the names differ."""

_FOLLOWS = {"encoder_embedding_size", "max_sequence_length"}
"""Fields of a predictor that follow from the encoder's in ours."""

_NOTHING: tuple[Any, ...] = (None, False, 0, [], {}, "")
"""Values at which an unknown field changes nothing."""


class ConfigReader:
    """Reads parts of a config.

    Attributes:
        problems: what is wrong with them.
    """

    def __init__(self) -> None:
        self.problems: list[str] = []

    def stop(self, source: Path | str) -> None:
        """Raise what was found so far.

        Raises:
            UserError: with all problems.
        """
        if self.problems:
            found = "\n  ".join(self.problems)
            raise UserError(
                f"{source} cannot be used:\n  {found}",
                "it may come from a newer version of OlmoEarth Pretrain: update spacenit-core, or use another model",
            )

    def fields(
        self, data: Any, path: str, expected: str, known: Mapping[str, Any], parts: Collection[str] = ()
    ) -> dict[str, Any]:
        """The fields of a tagged mapping, absent ones by their meaning; unknown ones are problems.

        Args:
            data: the mapping.
            path: where it is, for messages.
            expected: the name of its class.
            known: field -> what its absence means.
            parts: fields that hold other mappings, which are left as they are.
        """
        if not isinstance(data, dict):
            self.problems.append(f"{path} is missing" if data is None else f"{path} is no mapping")
            return dict(known)
        self._tag(data, path, expected)
        given = {name: value for name, value in data.items() if name != CLASS and value is not None}
        for former, present in FORMER.items():
            if former in given and present in known:
                given[present] = given.pop(former)
        for name in [name for name in given if name not in known and name not in parts]:
            value = given.pop(name)
            if name not in WITHOUT_EFFECT and value not in _NOTHING:
                self.problems.append(f"{path}.{name} = {json.dumps(value)[:80]}: this field is not known")
        return {**known, **given}

    def part(
        self, data: Any, path: str, expected: str, known: Mapping[str, Any], parts: Collection[str] = ()
    ) -> dict[str, Any]:
        """The fields of a part that names sensors, these and the band groups by sensor as well."""
        out = self.fields(data, path, expected, known, (*parts, SENSORS, GROUPS))
        if isinstance(data, dict):
            names = data.get(SENSORS)
            if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
                self.problems.append(f"{path}.{SENSORS} must be a list of names")
                out[SENSORS] = []
        out.setdefault(SENSORS, [])
        out[GROUPS] = self._groups(out.get(GROUPS), f"{path}.{GROUPS}")
        return out

    def ours(self, values: dict[str, Any], cls: type, defaults: Mapping[str, Any], path: str) -> dict[str, Any]:
        """The fields under our names; what we do not have must be as where it is absent."""
        out = {}
        for name, default in defaults.items():
            field = RENAMED.get(name, name)
            if field in attrs.fields_dict(cls):
                out[field] = values[name]
            elif name not in _FOLLOWS and values[name] != default:
                self.problems.append(f"{path}.{name} = {json.dumps(values[name])}: not supported")
        return out

    def compare(self, encoder: dict[str, Any], predictor: dict[str, Any], what: str) -> None:
        """Find where an encoder and a predictor do not fit together."""
        pairs = {
            SENSORS: (sorted(encoder[SENSORS]), sorted(predictor[SENSORS])),
            GROUPS: (encoder[GROUPS], predictor[GROUPS]),
            "max_sequence_length": (encoder["max_sequence_length"], predictor["max_sequence_length"]),
            "encoder_embedding_size": (
                encoder["output_embedding_size"] or encoder["embedding_size"],
                predictor["encoder_embedding_size"],
            ),
        }
        for name, (first, second) in pairs.items():
            if first != second:
                self.problems.append(f"{name} is {first} in the encoder, {second} in the {what}")

    def _tag(self, data: dict[str, Any], path: str, expected: str) -> None:
        tag = data.get(CLASS)
        spellings = {f"{root}{module}.{expected}" for root in ROOTS for module in MODULES[expected]}
        if str(tag) not in spellings:
            self.problems.append(f"{path} is a {tag}, not a {ROOTS[0]}{MODULES[expected][0]}.{expected}")

    def _groups(self, data: Any, path: str) -> dict[str, list[list[str]]]:
        """Band groups by sensor, from tagged mappings or, as older configs have them, plain ones."""
        if data is None:
            return {}
        overrides = data.get("overrides", {}) if isinstance(data, dict) else None
        if not isinstance(overrides, dict):
            self.problems.append(f"{path} is no mapping with 'overrides'")
            return {}
        if CLASS in data:
            self._tag(data, path, "TokenizationConfig")
        groups: dict[str, list[list[str]]] = {}
        for name, entry in overrides.items():
            bands = entry.get("band_groups") if isinstance(entry, dict) else None
            if not _is_groups(bands):
                self.problems.append(f"{path}.overrides.{name} has no list 'band_groups'")
                continue
            if CLASS in entry:
                self._tag(entry, f"{path}.overrides.{name}", "ModalityTokenization")
            groups[name] = bands
        return groups


def _is_groups(bands: Any) -> TypeGuard[list[list[str]]]:
    groups = bands if isinstance(bands, list) else [None]
    return all(isinstance(group, list) and all(isinstance(band, str) for band in group) for group in groups)
