"""A plugin whose loader reads sensors from a folder of its own; the experiment's data set stays unset."""

from collections.abc import Iterator
from pathlib import Path

from attrs import frozen

from spacenit_core.config.fields import setting
from spacenit_core.contracts.build import build
from spacenit_core.contracts.runners import masking_of
from spacenit_core.errors import UserError
from spacenit_core.kinds.loaders import Loader, LoaderConfig, LoaderContext, LoaderInputs
from spacenit_core.samples.batch import Batch
from spacenit_data.datasets.h5_tiles_config import H5TilesConfig
from spacenit_data.loader.config import TileLoaderConfig


@frozen(kw_only=True)
class PackedConfig(LoaderConfig):
    """Settings of loader `packed`."""

    pack: Path | None = setting("what holds the samples", None)
    global_batch_size: int = setting("samples per step, over all ranks", 4)

    def build(self, experiment: LoaderInputs, context: LoaderContext) -> "Packed":
        """Open the pack."""
        from spacenit_data.loader.loader import Loader as Tiles

        if self.pack is None:
            raise UserError("no pack is named", "give --data_loader.pack=DIR")
        settings = TileLoaderConfig(
            global_batch_size=self.global_batch_size, max_patch_size=2, sampled_hw_p_list=(2,), num_workers=0
        )
        masking = [build(policy) for policy in masking_of(experiment.train_module)]
        dataset = build(H5TilesConfig(h5py_dir=self.pack), experiment.sensor_set)
        return Packed(Tiles(settings, dataset, masking=masking, rank=context.rank, world_size=context.world_size))


class Packed(Loader[Batch]):
    """Only what the trainer asks of every loader."""

    def __init__(self, inner: Loader[Batch]) -> None:
        self._inner = inner

    @property
    def samples(self) -> int:
        """Samples of the pack."""
        return self._inner.samples

    @property
    def steps_per_epoch(self) -> int:
        """Updates that make one pass over it."""
        return self._inner.steps_per_epoch

    def batches(self, first_step: int = 0) -> Iterator[Batch]:
        """Windows of sensors."""
        return self._inner.batches(first_step)

    def fingerprint(self) -> dict[str, str]:
        """What tells the pack from others."""
        return {"pack": str(self.samples)}
