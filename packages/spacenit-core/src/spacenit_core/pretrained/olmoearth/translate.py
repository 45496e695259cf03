"""Between the configs of OlmoEarth Pretrain (`config.json`) and ours."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final, cast

from attrs import frozen

from spacenit_core.config import structure
from spacenit_core.errors import DataError, UserError
from spacenit_core.kinds.models import ModelConfig
from spacenit_core.models.galileo.config import GalileoConfig
from spacenit_core.models.latent_mim.config import LatentMIMConfig
from spacenit_core.models.mae.config import MaskedAutoencoderConfig
from spacenit_core.nn.encoder_config import OlmoEarthEncoderConfig
from spacenit_core.nn.predictor_config import PredictorConfig
from spacenit_core.pretrained.olmoearth.reader import GROUPS, RENAMED, SENSORS, ConfigReader
from spacenit_core.pretrained.olmoearth.reference import (
    CLASS,
    ENCODER,
    MODULES,
    PREDICTOR,
    RECONSTRUCTOR,
    ROOTS,
    TARGETED,
)
from spacenit_core.sensors.selection import SensorSet

_MODELS: Final[dict[str, type[ModelConfig]]] = {
    "LatentMIMConfig": LatentMIMConfig,
    "MAEConfig": MaskedAutoencoderConfig,
    "GalileoConfig": GalileoConfig,
}
_PARTS: Final = ("encoder_config", "decoder_config", "reconstructor_config")


@frozen(kw_only=True)
class ReleasedModel:
    """What a `config.json` describes.

    Attributes:
        sensors: the sensors, with the model's band groups.
        config: the model's config.
        encoder: the encoder's config.
    """

    sensors: SensorSet
    config: ModelConfig
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
    tag = str(model.get(CLASS)).rpartition(".")[2]
    name = tag if tag in _MODELS else "LatentMIMConfig"
    reader = ConfigReader()
    whole = reader.fields(model, "model", name, TARGETED if name == "LatentMIMConfig" else {}, _PARTS)
    encoder = reader.part(whole.get("encoder_config"), "model.encoder_config", "EncoderConfig", ENCODER)
    ours = _parts(reader, whole, encoder, optional=name == "MAEConfig")
    if name != "MAEConfig":
        ours["target"] = "projection" if whole.get("projection_only_target") else "encoder"
    reader.stop(source)
    try:
        sensors = SensorSet.of(encoder[SENSORS], band_groups=encoder[GROUPS])
        config = structure(ours, _MODELS[name])
    except UserError as error:
        raise UserError(f"{source} cannot be used: {error.message}", error.hint) from error
    return ReleasedModel(sensors=sensors, config=config, encoder=olmoearth_encoder(config))


def _parts(reader: ConfigReader, whole: dict[str, Any], encoder: dict[str, Any], *, optional: bool) -> dict[str, Any]:
    """The settings of encoder, decoder and reconstructor under our names."""
    fields = reader.ours(encoder, OlmoEarthEncoderConfig, ENCODER, "model.encoder_config")
    ours: dict[str, Any] = {"encoder": {"type": "olmoearth", **fields}, "decoder": None, "reconstructor": None}
    decoder = whole.get("decoder_config")
    if decoder is not None or not optional:
        ours["decoder"] = _predictor(reader, decoder, encoder, "model.decoder_config")
    reconstructor = whole.get("reconstructor_config")
    if reconstructor is not None:
        path = "model.reconstructor_config"
        parts = ("decoder_config",)
        outer = reader.part(reconstructor, path, "ReconstructorConfig", RECONSTRUCTOR, parts)
        inner = _predictor(reader, outer.get("decoder_config"), encoder, f"{path}.decoder_config")
        ours["reconstructor"] = {"decoder": inner, "max_patch_size": outer["max_patch_size"]}
        if outer[GROUPS] != encoder[GROUPS]:
            reader.problems.append(f"{path} has other band groups than the encoder")
    return ours


def _predictor(reader: ConfigReader, data: Any, encoder: dict[str, Any], path: str) -> dict[str, Any]:
    fields = reader.part(data, path, "PredictorConfig", PREDICTOR)
    if isinstance(data, dict):
        reader.compare(encoder, fields, path.rpartition(".")[2])
    return reader.ours(fields, PredictorConfig, PREDICTOR, path)


def as_reference(config: ModelConfig, sensors: SensorSet) -> dict[str, Any]:
    """The content of a `config.json` for one of our models.

    Raises:
        UserError: for a model that OlmoEarth Pretrain does not have.
    """
    encoder = olmoearth_encoder(config)
    shared = {SENSORS: list(sensors.names), GROUPS: _tokenization(sensors)}
    parts: dict[str, Any] = {"encoder_config": _tagged("EncoderConfig", {**_theirs(encoder, ENCODER), **shared})}
    model = cast(Any, config)
    if model.decoder is not None:
        parts["decoder_config"] = _predictor_of(model.decoder, encoder, shared)
    if model.reconstructor is not None:
        inner = _predictor_of(model.reconstructor.decoder, encoder, shared)
        outer = {"decoder_config": inner, **_theirs(model.reconstructor, RECONSTRUCTOR), **shared}
        parts["reconstructor_config"] = _tagged("ReconstructorConfig", outer)
    if isinstance(config, LatentMIMConfig):
        parts["projection_only_target"] = config.target != "encoder"
    name = next(name for name, cls in _MODELS.items() if isinstance(config, cls))
    return {"model": _tagged(name, parts)}


def olmoearth_encoder(config: Any) -> OlmoEarthEncoderConfig:
    """The encoder's config of a model that OlmoEarth Pretrain has.

    Raises:
        UserError: for another model.
    """
    encoder = getattr(config, "encoder", None)
    partly = isinstance(config, GalileoConfig) and config.target != "encoder"
    if not isinstance(config, tuple(_MODELS.values())) or not isinstance(encoder, OlmoEarthEncoderConfig) or partly:
        raise UserError(
            "OlmoEarth Pretrain does not have this model",
            "it has latent_mim, mae and galileo (with whole targets), all with encoders 'olmoearth'; write others with "
            "--plugin exporter=safetensors",
        )
    return encoder


def _predictor_of(config: PredictorConfig, encoder: OlmoEarthEncoderConfig, shared: dict[str, Any]) -> dict[str, Any]:
    follows = {
        "encoder_embedding_size": encoder.output_embedding_size or encoder.embedding_size,
        "max_sequence_length": encoder.max_sequence_length,
    }
    return _tagged("PredictorConfig", {**_theirs(config, PREDICTOR), **follows, **shared})


def _theirs(config: Any, defaults: Mapping[str, Any]) -> dict[str, Any]:
    values = {name: getattr(config, RENAMED.get(name, name), default) for name, default in defaults.items()}
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
