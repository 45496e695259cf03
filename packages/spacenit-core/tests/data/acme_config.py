"""A plugin for the tests of the configuration: entries of several kinds, and a config class with slots for them."""

from enum import Enum
from pathlib import Path
from typing import Any, Literal

from attrs import field, frozen

from spacenit_core.config.fields import above, at_least, between, setting
from spacenit_core.kinds.callbacks import CallbackConfig
from spacenit_core.kinds.losses import LossConfig
from spacenit_core.kinds.masking import MaskingConfig
from spacenit_core.kinds.optimizers import OptimizerConfig


@frozen(kw_only=True)
class Dots(MaskingConfig):
    ratio: float = setting("share of tokens", 0.5, validator=between(0, 1))
    maps: tuple[str, ...] = setting("never encoded", ())


@frozen(kw_only=True)
class Rings(MaskingConfig):
    ratio: float = setting("share of tokens", 0.25)
    width: int = setting("of a ring", 2, validator=at_least(1))


@frozen(kw_only=True)
class Nested(MaskingConfig):
    """Holds another policy, without a default."""

    inner: MaskingConfig = setting("what is refined")


@frozen(kw_only=True)
class Contrast(LossConfig):
    weight: float = setting("factor", 1.0)
    by_sensor: dict[str, float] | None = setting("factor by sensor", None)


@frozen(kw_only=True)
class Adam(OptimizerConfig):
    lr: float = setting("peak", 1e-4, validator=above(0))
    betas: tuple[float, float] = setting("decays", (0.9, 0.999))


@frozen(kw_only=True)
class Logger(CallbackConfig):
    enabled: bool | Literal["auto"] = setting("whether to log", "auto")
    project: str = setting("its name", "acme")


@frozen(kw_only=True)
class Bell(CallbackConfig):
    enabled: bool = setting("whether to ring", True)


class Colour(Enum):
    red = 1
    blue = 2


@frozen(kw_only=True)
class Size:
    width: int = setting("cells", 8, validator=at_least(1))
    height: int = setting("cells", 8, validator=at_least(1))

    def __attrs_post_init__(self) -> None:
        if self.width < self.height:
            raise ValueError(f"width ({self.width}) must not be below height ({self.height})")


@frozen(kw_only=True)
class World:
    name: str = setting("text", "world")
    sensors: tuple[str, ...] = setting("names", ("landsat",))
    steps: int = setting("number", 10, validator=at_least(0))
    rate: float = setting("number", 0.1)
    fast: bool = setting("flag", False)
    folder: Path | None = setting("path", None)
    colour: Colour = setting("enum", Colour.red)
    precision: Literal["auto", "bf16", "fp32"] = setting("choice", "auto")
    sizes: list[int] = setting("numbers", factory=lambda: [1, 2])
    limit: int | None = setting("number or none", None)
    size: Size = setting("nested", factory=Size)
    spare: Size | None = setting("nested or none", None)
    masking: MaskingConfig = setting("slot", factory=lambda: Dots(ratio=0.75))
    loss: LossConfig = setting("slot", factory=Contrast)
    contrast: LossConfig | None = setting("optional slot", None)
    optim: OptimizerConfig = setting("slot", factory=Adam)
    callbacks: dict[str, CallbackConfig] = setting("mapping of slots", factory=lambda: {"bell": Bell()})
    extra: Any = field(default=None)
