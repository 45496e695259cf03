"""Settings of patch embedding and band dropout, which encoder configs take over."""

from typing import Any

from attrs import Attribute, frozen

from spacenit_core.config.fields import between, setting
from spacenit_core.kinds.sensors import SENSORS


def _widths(_: Any, attribute: "Attribute[Any]", value: tuple[int, ...] | None) -> None:
    if value and min(value) < 1:
        raise ValueError(f"{attribute.name} must list widths from 1 upwards, not {list(value)!r}")


def _sensor_names(names: tuple[str, ...] | None) -> tuple[str, ...] | None:
    return None if names is None else tuple(SENSORS.canonical(name) for name in names)


# Without slots, so that a config may inherit from this and from another one with fields.
@frozen(kw_only=True, slots=False)
class PatchEmbeddingConfig:
    """How pixels become tokens."""

    use_linear_patch_embed: bool = setting(
        "how an exported weight is stored: as a matrix, or (false, as OlmoEarth v1) as a convolution's kernel; "
        "the arithmetic is the same",
        True,
    )
    patch_embed_hidden_sizes: tuple[int, ...] | None = setting(
        "widths of layers that each pixel passes, with a ReLU each, before its patch is projected; sensors with a grid",
        None,
        validator=_widths,
    )
    post_proj_hidden_sizes: tuple[int, ...] | None = setting(
        "widths of layers after the projection, with a ReLU before each; the last is embedding_size",
        None,
        validator=_widths,
    )
    band_dropout_rate: float = setting(
        "probability that a band of a sample is 0 in pretraining, at least one per band group is kept",
        0.0,
        validator=between(0, 1),
    )
    random_band_dropout: bool = setting(
        "draw the probability anew for each band group and batch, uniformly up to band_dropout_rate", False
    )
    band_dropout_modalities: tuple[str, ...] | None = setting(
        "sensors with band dropout; all if unset, none if empty", None, converter=_sensor_names, names="sensors"
    )

    def inactive(self) -> dict[str, str]:
        """How bands are dropped, where none are."""
        if self.band_dropout_rate == 0:
            return dict.fromkeys(("random_band_dropout", "band_dropout_modalities"), "band_dropout_rate=0")
        if self.band_dropout_modalities == ():
            return dict.fromkeys(("band_dropout_rate", "random_band_dropout"), "band_dropout_modalities=[]")
        return {}

    def check_patch_embedding(self, embedding_size: int) -> None:
        """Refuse what does not go together.

        Raises:
            ValueError: for layers around a convolution, or a last layer that is not as wide as the tokens.
        """
        for name in ("patch_embed_hidden_sizes", "post_proj_hidden_sizes"):
            if getattr(self, name) and not self.use_linear_patch_embed:
                raise ValueError(f"{name} needs use_linear_patch_embed=true")
        if self.post_proj_hidden_sizes and self.post_proj_hidden_sizes[-1] != embedding_size:
            raise ValueError(
                f"post_proj_hidden_sizes must end in embedding_size ({embedding_size}), "
                f"not {self.post_proj_hidden_sizes[-1]}"
            )
