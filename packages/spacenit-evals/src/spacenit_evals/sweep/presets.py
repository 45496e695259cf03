"""Models of others by the names that the guides' sweeps know, as embedders with settings."""

from collections.abc import Mapping
from typing import Any

from attrs import evolve, field, frozen

from spacenit_core.config.converter import structure
from spacenit_core.errors import UserError
from spacenit_core.kinds.embedders import EMBEDDERS, EmbedderConfig
from spacenit_core.text import did_you_mean


@frozen(kw_only=True)
class Preset:
    """A model of others.

    Attributes:
        embedder: the entry that embeds with it.
        settings: of the entry, beside its defaults.
        sizes: what `--size` and `--all_sizes` know, by name.
        names: members of the guides' enumerations, "LARGE_SATELLITE".
        statistics: whose statistics images are normalised by, where a benchmark leaves the choice.
    """

    embedder: str
    settings: Mapping[str, Any] = field(factory=dict)
    sizes: Mapping[str, Mapping[str, Any]] = field(factory=dict)
    names: Mapping[str, Mapping[str, Any]] = field(factory=dict)
    statistics: tuple[str, ...] = ("model", "dataset")

    def config(self, size: str | None = None) -> EmbedderConfig:
        """The embedder.

        Raises:
            UserError: where it is not installed, or has no such size.
        """
        return structure({"type": EMBEDDERS.entry(self.embedder).name, **self._settings(size)}, EmbedderConfig)

    def _settings(self, size: str | None) -> dict[str, Any]:
        if size is None:
            return dict(self.settings)
        if size not in self.sizes:
            question = did_you_mean(size, list(self.sizes))
            known = f"sizes: {', '.join(self.sizes)}" if self.sizes else "leave --size out"
            raise UserError(f"{self.embedder} has no size {size}{question and f'; {question}'}", known)
        return {**self.settings, **self.sizes[size]}


_DINO = {
    "small": {"size": "vits16"},
    "small_plus": {"size": "vits16plus"},
    "base": {"size": "vitb16"},
    "large": {"size": "vitl16"},
    "huge_plus": {"size": "vith16plus"},
    "7b": {"size": "vit7b16"},
    "large_satellite": {"size": "vitl16", "flavour": "satellite"},
    "7b_satellite": {"size": "vit7b16", "flavour": "satellite"},
}

PRESETS = {
    "galileo": Preset(
        embedder="galileo", settings={"size": "base"}, sizes={size: {"size": size} for size in ("nano", "tiny", "base")}
    ),
    "dino_v3": Preset(
        embedder="dinov3",
        sizes=_DINO,
        names={size.upper(): settings for size, settings in _DINO.items()}
        | {"FULL_7B": _DINO["7b"], "FULL_7B_SATELLITE": _DINO["7b_satellite"]},
        statistics=("dataset",),
    ),
    "panopticon": Preset(embedder="panopticon", statistics=("dataset",)),
    "presto": Preset(embedder="presto"),
}
"""Name -> preset; the ends `_ps8` and `_ps16` of the guides' names set the patch size."""


def preset(name: str) -> Preset:
    """A preset by the guides' name, or any installed embedder by its own.

    Raises:
        UserError: where there is none.
    """
    base, _, patch = name.replace("-", "_").lower().partition("_ps")
    if base in PRESETS and patch in ("", "8", "16"):
        found = PRESETS[base]
        return evolve(found, settings={**found.settings, "patch_size": int(patch)}) if patch else found
    entry = EMBEDDERS.canonical(name)
    if entry in EMBEDDERS.names():
        return Preset(embedder=entry)
    known = [*PRESETS, *EMBEDDERS.names()]
    question = did_you_mean(name, known)
    raise UserError(f"no model is called {name}{question and f'; {question}'}", f"models: {', '.join(known)}")


def member(chosen: Preset, text: str) -> dict[str, Any]:
    """The settings that a member of an enumeration stands for: "DinoV3Models.LARGE_SATELLITE".

    Raises:
        UserError: where the model has no such member.
    """
    name = text.rpartition(".")[2].upper()
    if name not in chosen.names:
        question = did_you_mean(name, list(chosen.names))
        known = f"names: {', '.join(chosen.names)}" if chosen.names else "set its settings by their names"
        raise UserError(
            f"--model.model_name={text}: {chosen.embedder} has no such model{question and f'; {question}'}", known
        )
    return dict(chosen.names[name])
