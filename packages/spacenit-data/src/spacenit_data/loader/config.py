"""The entry `tiles`: windows of samples of sensors."""

from typing import TYPE_CHECKING, Any, ClassVar, Literal, Protocol, cast

import attrs
from attrs import evolve, frozen

from spacenit_core.config.fields import at_least, between, setting
from spacenit_core.errors import UserError
from spacenit_core.kinds.datasets import DatasetConfig
from spacenit_core.kinds.loaders import LoaderConfig, LoaderContext, LoaderInputs
from spacenit_core.kinds.transforms import TransformConfig

if TYPE_CHECKING:
    from spacenit_data.loader.loader import Loader


def _sizes(_: Any, attribute: "attrs.Attribute[Any]", value: tuple[int, ...]) -> None:
    if not value or min(value) < 1:
        raise ValueError(f"{attribute.name} must list numbers of patches from 1 upwards, not {list(value)!r}")


def _not_below_min(config: "TileLoaderConfig", attribute: "attrs.Attribute[Any]", value: int) -> None:
    if value < config.min_patch_size:
        raise ValueError(f"{attribute.name} must be at least min_patch_size={config.min_patch_size}, not {value!r}")


class TileInputs(LoaderInputs, Protocol):
    """What an experiment on tiles tells its loader beside what all do."""

    @property
    def dataset(self) -> DatasetConfig:
        """Where samples come from."""
        ...


@frozen(kw_only=True)
class TileLoaderConfig(LoaderConfig):
    """How batches are drawn and read."""

    bounds_memory: ClassVar[tuple[str, ...]] = ("token_budget", "global_batch_size")

    global_batch_size: int = setting("samples per step, over all ranks", 512, validator=at_least(1))
    min_patch_size: int = setting("smallest patch, cells a side", 1, validator=at_least(1))
    max_patch_size: int = setting("largest patch, cells a side", 8, validator=_not_below_min)
    sampled_hw_p_list: tuple[int, ...] = setting(
        "patches along one side of a window; one is drawn per step", tuple(range(1, 13)), validator=_sizes
    )
    token_budget: int | None = setting(
        "most tokens per sample, which bounds the time steps; no bound if unset", 2250, validator=at_least(1)
    )
    token_budget_groups: Literal["sensor", "model"] = setting(
        "which band groups token_budget counts: the sensors' own, or those that band_groups gives the model", "sensor"
    )
    seed: int = setting("seed of order, sizes, windows and masks", 3622, validator=at_least(0))
    shuffle: bool = setting("whether samples come in a new random order each epoch", True)
    num_workers: int = setting(
        "worker processes per rank, at most one per core; 0 reads inline", 12, validator=at_least(0)
    )
    prefetch_factor: int = setting("batches that each worker reads ahead", 2, validator=at_least(1))
    num_dataset_repeats_per_epoch: int = setting(
        "passes over the samples that make one epoch", 1, validator=at_least(1)
    )
    on_corrupt: Literal["fail", "skip", "quarantine"] = setting(
        "what a sample that cannot be read does: fail stops; skip takes another; quarantine also lists it", "fail"
    )
    max_corrupt_fraction: float = setting(
        "share of samples that may be unreadable before skip and quarantine stop too", 0.01, validator=between(0, 1)
    )
    transforms: dict[str, TransformConfig] = setting(
        "augmentations: changes to batches before masking, in this order", factory=dict
    )

    def inactive(self) -> dict[str, str]:
        """Settings of workers, bad samples and token budgets, where there are none."""
        switches = {
            "prefetch_factor": ("num_workers=0", self.num_workers == 0),
            "max_corrupt_fraction": ("on_corrupt=fail", self.on_corrupt == "fail"),
            "token_budget_groups": ("token_budget=none", self.token_budget is None),
        }
        return {name: switch for name, (switch, off) in switches.items() if off}

    def incompatibilities(self, experiment: LoaderInputs) -> list[UserError]:
        """An experiment without a data set of sensors, and a runner that masks nothing."""
        if not hasattr(experiment, "dataset"):
            return [UserError("the loader tiles reads windows of sensors, and the experiment has no data set of them")]
        if experiment.train_module.masking_of_views() == ():
            return [UserError("the loader tiles gives masked views, and the runner says of no view how it is masked")]
        return []

    def build(self, experiment: LoaderInputs, context: LoaderContext) -> "Loader":
        """Open the data set of an experiment on tiles, its views masked as the runner says.

        Raises:
            SpaceNitError: where there is no data set, or it does not fit.
        """
        from spacenit_core.contracts.build import build
        from spacenit_core.contracts.runners import masking_of
        from spacenit_data.loader.loader import Loader

        for problem in self.incompatibilities(experiment):
            raise problem
        return Loader(
            evolve(self, num_workers=0) if context.inline else self,
            build(cast(TileInputs, experiment).dataset, experiment.sensor_set),
            masking=[build(masking) for masking in masking_of(experiment.train_module)],
            rank=context.rank,
            world_size=context.world_size,
            run_folder=context.run_folder,
            pin_memory=context.pin_memory,
        )
