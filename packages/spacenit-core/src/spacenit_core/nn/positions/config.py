"""Settings of the position encoding, which encoders and predictors share."""

from typing import Literal

from attrs import Attribute, frozen

from spacenit_core.config.fields import above, setting

PositionEncoding = Literal["absolute", "rope", "rope_mixed", "rope_3d", "rope_3d_mixed", "none"]


def _strictly_between_0_and_1(_: object, attribute: "Attribute[float]", value: float) -> None:
    if not 0.0 < value < 1.0:
        raise ValueError(f"{attribute.name} must lie between 0 and 1, both excluded, not {value!r}")


@frozen(kw_only=True)
class PositionConfig:
    """How tokens know where and when they were taken.

    | mode | added to the token | rotates queries and keys |
    |---|---|---|
    | absolute | time step, month, row and column | - |
    | rope, rope_mixed | time step, month | row, column |
    | rope_3d, rope_3d_mixed | month | days, row, column |
    | none | time step, month | - |

    The mixed modes learn their frequencies, per block and head (arXiv:2403.13298).
    """

    position_encoding: PositionEncoding = setting(
        "absolute (added), rope (rotary: row, column), rope_3d (rotary: days, row, column), rope_mixed and "
        "rope_3d_mixed (their frequencies are learned), or none (no place)",
        "absolute",
    )
    rope_base: float = setting("base of the frequencies of rope and rope_3d", 10000.0, validator=above(0))
    rope_coordinate_scale: float = setting("rows and columns, in units of 10 m, times this", 1.0, validator=above(0))
    rope_mixed_base: float = setting(
        "base of the initial frequencies of rope_mixed and rope_3d_mixed", 10.0, validator=above(0)
    )
    temporal_rope_dim_frac: float = setting(
        "share of a head's width that rope_3d rotates by time", 0.25, validator=_strictly_between_0_and_1
    )
    rope_temporal_base: float | None = setting(
        "base of rope_3d's frequencies in time; rope_base if none", None, validator=above(0)
    )
    rope_temporal_coordinate_scale: float = setting("days since 2000 times this", 1.0, validator=above(0))

    @property
    def rotates(self) -> bool:
        """Whether queries and keys are rotated."""
        return self.position_encoding.startswith("rope")

    @property
    def rotates_time(self) -> bool:
        """Whether the rotation depends on the date."""
        return self.position_encoding.startswith("rope_3d")

    @property
    def learns_rotation(self) -> bool:
        """Whether each block learns the frequencies of its heads."""
        return self.position_encoding.endswith("_mixed")

    def inactive(self) -> dict[str, str]:
        """What the position encoding has no use for."""
        used = {
            "rope_base": self.rotates and not self.learns_rotation,
            "rope_coordinate_scale": self.rotates,
            "rope_mixed_base": self.learns_rotation,
            "temporal_rope_dim_frac": self.rotates_time and not self.learns_rotation,
            "rope_temporal_base": self.rotates_time and not self.learns_rotation,
            "rope_temporal_coordinate_scale": self.rotates_time,
        }
        return {name: f"position_encoding={self.position_encoding}" for name, use in used.items() if not use}

    def axial_widths(self, head_size: int) -> tuple[int, ...]:
        """Features of a head that rotate by (days,) row and column in the modes rope and rope_3d.

        Raises:
            ValueError: where they cannot be divided into pairs of features.
        """
        time = 0
        if self.rotates_time:
            # Half a pair is rounded to even, as Python rounds: a head of 20 has 4 features of time, one of 28 has 8.
            time = 2 * round(head_size * self.temporal_rope_dim_frac / 2)
        space = head_size - time
        if space <= 0 or space % 4 or (self.rotates_time and not time):
            raise ValueError(
                f"position_encoding={self.position_encoding} cannot divide heads of {head_size} features: "
                f"{f'{time} for time, ' if self.rotates_time else ''}{space} for row and column, which must be a "
                "multiple of 4; change embedding_size, num_heads or temporal_rope_dim_frac"
            )
        return (*([time] if self.rotates_time else []), space // 2, space // 2)

    def check_sizes(self, size: int, num_heads: int) -> None:
        """Refuse widths that the position encoding cannot divide.

        Args:
            size: width of the tokens.
            num_heads: attention heads.

        Raises:
            ValueError: with the rule that is broken.
        """
        multiple, what = (16, "four") if self.position_encoding == "absolute" else (8, "three")
        if size <= 0 or size % multiple:
            raise ValueError(
                f"embedding_size must be a positive multiple of {multiple} with position_encoding="
                f"{self.position_encoding} ({what} encodings of sine-cosine pairs), not {size}"
            )
        if size % num_heads:
            raise ValueError(f"num_heads ({num_heads}) must divide embedding_size ({size})")
        head_size = size // num_heads
        if self.learns_rotation and head_size % 4:
            raise ValueError(
                f"position_encoding={self.position_encoding} needs heads of a multiple of 4 features, not {head_size}"
            )
        if self.rotates and not self.learns_rotation:
            self.axial_widths(head_size)
