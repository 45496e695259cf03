"""What a sweep is asked for."""

from pathlib import Path
from typing import Any

from attrs import field, frozen

from spacenit_core.kinds.embedders import EmbedderConfig
from spacenit_core.kinds.protocols import ProtocolConfig
from spacenit_core.sensors.selection import SensorSet


@frozen(kw_only=True)
class SweptModel:
    """A model that is evaluated in every cell.

    Attributes:
        name: of its rows' folder.
        embedder: what embeds.
        checkpoint: the run or checkpoint whose encoder that is; None for models of others.
        takes: the sensors that it takes; None where that is not known before it is loaded.
        statistics: whose statistics images may be normalised by.
        stated_sensors: whether somebody said which sensors it is to take.
    """

    name: str
    embedder: EmbedderConfig
    checkpoint: Path | None = None
    takes: SensorSet | None = None
    statistics: tuple[str, ...] = ("model", "dataset")
    stated_sensors: bool = False


@frozen(kw_only=True)
class SweepRequest:
    """Which cells are asked for.

    Attributes:
        models: what is evaluated.
        protocols: how, by name.
        tasks: names of benchmarks; None for all that are installed.
        skipped: names of benchmarks that are left out.
        defaults_only: whether each task is evaluated once, with usual settings.
        rates_only: whether learning rates alone are swept.
        select_by_validation: whether all learning rates are trained in one cell, whose validation samples choose one.
        label_fraction: share of the training samples.
        patch_size: cells along one side of a patch, for models that leave it open.
        change: what happens to vectors before they are judged, see `judging.change_of`.
    """

    models: tuple[SweptModel, ...]
    protocols: dict[str, ProtocolConfig]
    tasks: tuple[str, ...] | None = None
    skipped: tuple[str, ...] = field(default=())
    defaults_only: bool = False
    rates_only: bool = False
    select_by_validation: bool = False
    label_fraction: float = 1.0
    patch_size: int = 4
    change: dict[str, Any] = field(factory=dict)

    @property
    def fixed(self) -> bool:
        """Whether neither statistics nor pooling are swept."""
        return self.defaults_only or self.rates_only
