"""MODEL where it is the name of an embedder, and what that is compared with."""

from collections.abc import Mapping
from pathlib import Path

from spacenit_core.config.converter import structure
from spacenit_core.kinds.embedders import EMBEDDERS, EmbedderConfig
from spacenit_evals.cli.settings import EvaluationSettings
from spacenit_evals.embedders.encoder import ModelEncoder
from spacenit_evals.embedders.random_init import RandomInit


def named_embedder(model: str, settings: EvaluationSettings) -> EmbedderConfig | None:
    """The embedder that MODEL names, with the settings that were stated for it; None for a model on disk or a hub."""
    name = EMBEDDERS.canonical(model)
    if Path(model).expanduser().exists() or name not in EMBEDDERS.names():
        return None
    if name in settings.embedder:
        return settings.embedder[name]
    found: EmbedderConfig = structure({"type": name}, EmbedderConfig)
    return found


def beside_embedder(model: str, embedders: Mapping[str, EmbedderConfig], *, stated: bool) -> dict[str, EmbedderConfig]:
    """What an embedder is compared with: all others, of the usual ones those that follow no model."""
    usual = (ModelEncoder, RandomInit)
    own = EMBEDDERS.canonical(model)
    return {
        name: config for name, config in embedders.items() if name != own and (stated or not isinstance(config, usual))
    }
