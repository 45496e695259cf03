"""Between the configs of OlmoEarth Pretrain (`config.json`) and ours."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, cast

import attrs
from attrs import frozen

from spacenit_core.config import structure
from spacenit_core.errors import DataError, UserError
from spacenit_core.models.latent_mim.config import LatentMIMConfig
from spacenit_core.nn.config import OlmoEarthEncoderConfig, PredictorConfig
from spacenit_core.pretrained.reference import CLASS, ENCODER, FORMER, MODULES, PREDICTOR, ROOTS, WITHOUT_EFFECT
from spacenit_core.sensors.selection import SensorSet

_RENAMED = {"decoder_embedding_size": "embedding_size"}
_SENSORS, _GROUPS = "supported_modality_names", "tokenization_config"
_FOLLOWS = {"encoder_embedding_size", "max_sequence_length"}
"""Fields of a predictor that follow from the encoder's in ours."""

_NOTHING: tuple[Any, ...] = (None, False, 0, [], {}, "")
"""Values at which an unknown field changes nothing."""


@frozen(kw_only=True)
class ReleasedModel:
    """What a `config.json` describes.

    Attributes:
        sensors: the sensors, with the model's band groups.
        config: the model's config.
        encoder: the encoder's config.
    """

    sensors: SensorSet
    config: LatentMIMConfig
    encoder: OlmoEarthEncoderConfig


def read_config(path: Path) -> ReleasedModel:
    """Read and translate a `config.json`.

    Raises:
        DataError: where it cannot be read.
        UserError: with everything in it that this version does not know or that does not fit together.
    """
    try:
        content = json.loads(path.read_bytes())
    except (OSError, ValueError, RecursionError) as error:
        raise DataError(f"{path} cannot be read: {error}") from None
    return translate(content, path)


def translate(content: Any, source: Path | str) -> ReleasedModel:
    """Translate the content of a `config.json`, of which only `model` counts.

    Args:
        content: the file's content.
        source: where it comes from, for messages.

    Raises:
        UserError: with everything in it that this version does not know or that does not fit together.
    """
    model = content.get("model") if isinstance(content, dict) else None
    if not isinstance(model, dict):
        raise UserError(f"{source} describes no model", "a released config.json has the key 'model'")
    reader = _Reader()
    whole = reader.fields(model, "model", "LatentMIMConfig", {"projection_only_target": False}, set(_PARTS))
    encoder = reader.fields(model.get("encoder_config"), "model.encoder_config", "EncoderConfig", ENCODER)
    decoder = reader.fields(model.get("decoder_config"), "model.decoder_config", "PredictorConfig", PREDICTOR)
    reader.stop(source)
    reader.compare(encoder, decoder)
    ours = {
        "encoder": {"type": "olmoearth", **reader.ours(encoder, OlmoEarthEncoderConfig, ENCODER, "encoder_config")},
        "decoder": reader.ours(decoder, PredictorConfig, PREDICTOR, "decoder_config"),
        "target": "projection" if whole["projection_only_target"] else "encoder",
    }
    reader.stop(source)
    try:
        sensors = SensorSet.of(encoder[_SENSORS], band_groups=encoder[_GROUPS])
        config = structure(ours, LatentMIMConfig)
    except UserError as error:
        raise UserError(f"{source} cannot be used: {error.message}", error.hint) from error
    return ReleasedModel(sensors=sensors, config=config, encoder=cast(OlmoEarthEncoderConfig, config.encoder))


_PARTS = ("encoder_config", "decoder_config", "reconstructor_config")


class _Reader:
    """Reads parts of a config and collects what is wrong with them."""

    def __init__(self) -> None:
        self.problems: list[str] = []

    def stop(self, source: Path | str) -> None:
        """Raise what was found so far."""
        if self.problems:
            found = "\n  ".join(self.problems)
            raise UserError(
                f"{source} cannot be used:\n  {found}",
                "it may come from a newer version of OlmoEarth Pretrain: update spacenit-core, or use another model",
            )

    def fields(
        self, data: Any, path: str, expected: str, known: Mapping[str, Any], parts: set[str] | None = None
    ) -> dict[str, Any]:
        """The fields of a tagged mapping, absent ones by their meaning; band groups by sensor."""
        if not isinstance(data, dict):
            self.problems.append(f"{path} is missing" if data is None else f"{path} is no mapping")
            return dict(known)
        self._tag(data, path, expected)
        given = {name: value for name, value in data.items() if name != CLASS and value is not None}
        for former, present in FORMER.items():
            if former in given and present in known:
                given[present] = given.pop(former)
        own = {_SENSORS, _GROUPS} if parts is None else parts
        for name in [name for name in given if name not in known and name not in own]:
            value = given.pop(name)
            if name not in WITHOUT_EFFECT and value not in _NOTHING:
                self.problems.append(f"{path}.{name} = {json.dumps(value)[:80]}: this field is not known")
        out = {**known, **given}
        if parts is None:
            out[_SENSORS] = self._names(given.get(_SENSORS), path)
            out[_GROUPS] = self._groups(given.get(_GROUPS), f"{path}.{_GROUPS}")
        return out

    def _tag(self, data: dict[str, Any], path: str, expected: str) -> None:
        tag = data.get(CLASS)
        spellings = {f"{root}{module}.{expected}" for root in ROOTS for module in MODULES[expected]}
        if tag not in spellings:
            self.problems.append(f"{path} is a {tag}, not a {ROOTS[0]}{MODULES[expected][0]}.{expected}")

    def _names(self, names: Any, path: str) -> list[str]:
        if not isinstance(names, list) or not names or not all(isinstance(name, str) for name in names):
            self.problems.append(f"{path}.{_SENSORS} must be a list of names")
            return []
        return names

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
            if not isinstance(bands, list) or not all(isinstance(group, list) for group in bands):
                self.problems.append(f"{path}.overrides.{name} has no list 'band_groups'")
                continue
            if CLASS in entry:
                self._tag(entry, f"{path}.overrides.{name}", "ModalityTokenization")
            groups[name] = bands
        return groups

    def compare(self, encoder: dict[str, Any], decoder: dict[str, Any]) -> None:
        """Find where encoder and decoder do not fit together."""
        pairs = {
            _SENSORS: (sorted(encoder[_SENSORS]), sorted(decoder[_SENSORS])),
            _GROUPS: (encoder[_GROUPS], decoder[_GROUPS]),
            "max_sequence_length": (encoder["max_sequence_length"], decoder["max_sequence_length"]),
            "encoder_embedding_size": (
                encoder["output_embedding_size"] or encoder["embedding_size"],
                decoder["encoder_embedding_size"],
            ),
        }
        for name, (first, second) in pairs.items():
            if first != second:
                self.problems.append(f"{name} is {first} in the encoder, {second} in the decoder")

    def ours(self, values: dict[str, Any], cls: type, defaults: Mapping[str, Any], path: str) -> dict[str, Any]:
        """The fields under our names."""
        out = {}
        for name, default in defaults.items():
            field = _RENAMED.get(name, name)
            if field in attrs.fields_dict(cls):
                out[field] = values[name]
            elif name not in _FOLLOWS and values[name] != default:
                self.problems.append(f"model.{path}.{name} = {json.dumps(values[name])}: not supported")
        return out


def as_reference(config: LatentMIMConfig, sensors: SensorSet) -> dict[str, Any]:
    """The content of a `config.json` for one of our models.

    Raises:
        UserError: for a model that OlmoEarth Pretrain does not have.
    """
    encoder = olmoearth_encoder(config)
    shared = {_SENSORS: list(sensors.names), _GROUPS: _tokenization(sensors)}
    follows = {
        "encoder_embedding_size": getattr(encoder, "output_embedding_size", None) or encoder.embedding_size,
        "max_sequence_length": encoder.max_sequence_length,
    }
    return {
        "model": _tagged(
            "LatentMIMConfig",
            {
                "encoder_config": _tagged("EncoderConfig", {**_theirs(encoder, ENCODER), **shared}),
                "decoder_config": _tagged(
                    "PredictorConfig", {**_theirs(config.decoder, PREDICTOR), **follows, **shared}
                ),
                "projection_only_target": config.target != "encoder",
            },
        )
    }


def olmoearth_encoder(config: Any) -> OlmoEarthEncoderConfig:
    """The encoder's config of a model that OlmoEarth Pretrain has.

    Raises:
        UserError: for another model.
    """
    if not isinstance(config, LatentMIMConfig) or not isinstance(config.encoder, OlmoEarthEncoderConfig):
        raise UserError(
            "OlmoEarth Pretrain does not have this model",
            "it loads whole models 'latent_mim' with encoders 'olmoearth'; write others with exporter=safetensors",
        )
    return config.encoder


def _theirs(config: Any, defaults: Mapping[str, Any]) -> dict[str, Any]:
    values = {name: getattr(config, _RENAMED.get(name, name), default) for name, default in defaults.items()}
    return {name: list(value) if isinstance(value, tuple) else value for name, value in values.items()}


def _tokenization(sensors: SensorSet) -> dict[str, Any] | None:
    regrouped = {spec.name: spec.regrouped for spec in sensors if spec.regrouped is not None}
    overrides = {
        name: _tagged("ModalityTokenization", {"band_groups": [list(group) for group in groups]})
        for name, groups in regrouped.items()
    }
    return _tagged("TokenizationConfig", {"overrides": overrides}) if overrides else None


def _tagged(name: str, fields: dict[str, Any]) -> dict[str, Any]:
    tag = f"{ROOTS[0]}{MODULES[name][0]}.{name}"
    return {CLASS: tag, **{key: value for key, value in fields.items() if value is not None}}
