"""The experiment on windows of samples of sensors: what it adds to any other, and what it answers the trainer."""

from collections.abc import Collection
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self, cast

from attrs import evolve, frozen

from spacenit_core.config.fields import setting
from spacenit_core.config.problems import Problem
from spacenit_core.contracts.build import build
from spacenit_core.contracts.runners import masking_of
from spacenit_core.errors import DataError, SpaceNitError
from spacenit_core.kinds.datasets import DatasetConfig
from spacenit_core.kinds.loaders import Loader, LoaderConfig, TrainingBatch
from spacenit_core.kinds.models import ModelConfig
from spacenit_core.kinds.runners import RunnerConfig
from spacenit_core.kinds.sensors import SENSORS
from spacenit_core.models.latent_mim.config import LatentMIMConfig
from spacenit_core.sensors.selection import SensorSet
from spacenit_data.datasets.h5_tiles_config import H5TilesConfig
from spacenit_data.loader.config import TileLoaderConfig
from spacenit_train.experiment import Experiment
from spacenit_train.runners.contrastive_latent_mim.config import ContrastiveLatentMIMConfig
from spacenit_train.sensor_lists import cut_sensor_lists, sensor_names
from spacenit_train.window_sizes import cut_window_sizes

if TYPE_CHECKING:
    import attrs
    from matplotlib.figure import Figure
    from torch import nn

Groups = tuple[tuple[str, ...], ...]
"""The bands of each token of a sensor."""

_BEFORE = {"sensors": "seed", "band_groups": "seed", "dataset": "data_loader"}
"""Settings of this class, and before which one they stand in files and documents."""


def band_groups(groups: dict[str, Groups]) -> dict[str, Groups]:
    """Band groups by sensor names as they are installed, from any case."""
    return {SENSORS.canonical(name): given for name, given in groups.items()}


def _in_order(_: type, fields: "list[attrs.Attribute[Any]]") -> "list[attrs.Attribute[Any]]":
    """The settings of any experiment in their order, with those of this one among them."""
    order = [field.name for field in Experiment.__attrs_attrs__]
    for name, later in _BEFORE.items():
        order.insert(order.index(later), name)
    return sorted(fields, key=lambda field: order.index(field.name) if field.name in order else len(order))


@frozen(kw_only=True, field_transformer=_in_order)
class TileExperiment(Experiment):
    """What is trained on sensors.

    What follows from another value is not stated: the masking policy reaches the loader from here, and the decoder's
    input width is the encoder's.
    """

    sensors: tuple[str, ...] = setting("names of the sensors to train on", converter=sensor_names)
    band_groups: dict[str, Groups] = setting(
        "sensor -> the bands of each of its tokens; its own groups where it is not named, and bands in no group unused",
        factory=dict,
        converter=band_groups,
    )
    model: ModelConfig = setting("what is trained", factory=LatentMIMConfig)
    dataset: DatasetConfig = setting("where samples come from", factory=H5TilesConfig)
    data_loader: LoaderConfig = setting("how batches are made of samples", factory=TileLoaderConfig)
    train_module: RunnerConfig = setting("the objective and the optimizer", factory=ContrastiveLatentMIMConfig)

    @property
    def sensor_set(self) -> SensorSet:
        """The sensors' specs, in their order.

        Raises:
            UserError: for an unknown or repeated sensor, grids that differ, or band groups that do not fit.
        """
        return SensorSet.of(self.sensors, band_groups=self.band_groups)

    @property
    def encoded_sensors(self) -> SensorSet:
        """The sensors that the encoder sees: all but those that every view only predicts."""
        if self.train_module.masking_of_views() == ():
            return self.sensor_set
        never = frozenset.intersection(*(view.never_encoded() for view in masking_of(self.train_module)))
        return SensorSet(tuple(spec for spec in self.sensor_set if spec.name not in never))

    def derived(self) -> Self:
        """The same with everything filled in that follows from other values.

        Sensors that are not in use are left out of `band_groups` and of settings that name some (`cut_sensor_lists`),
        and so are window sizes of which not even one time step fits into the token budget.
        """
        used = set(self.sensors)
        experiment = evolve(
            self,
            band_groups={name: groups for name, groups in self.band_groups.items() if name in self.sensors},
            model=cut_sensor_lists(self.model, used),
            data_loader=cut_sensor_lists(cut_window_sizes(self), used),
            trainer=cut_sensor_lists(self.trainer, used),
        )
        # The runner's needs are those of its settings as they were given.
        derived = super(TileExperiment, experiment).derived()
        return evolve(derived, train_module=cut_sensor_lists(self.train_module, used))

    def name_problems(self) -> list[Problem]:
        """Sensors that are named in some setting and that nobody has."""
        from spacenit_train.tile_checks import check_sensor_names

        return check_sensor_names(self)

    def problems(self) -> list[Problem]:
        """Sensors, band groups, windows and patch sizes that do not go together."""
        from spacenit_train.tile_checks import tile_problems

        return tile_problems(self)

    def remarks(self) -> list[str]:
        """Settings that do nothing with these sensors and windows."""
        from spacenit_train.remarks_on_effect import without_effect

        return list(without_effect(self))

    def check_data(self) -> None:
        """Open the data set; where another loader than that of tiles reads, open that.

        Raises:
            SpaceNitError: where there is none, or it does not fit.
        """
        if isinstance(self.data_loader, TileLoaderConfig):
            build(self.dataset, self.sensor_set)
        else:
            super().check_data()

    def needed_paths(self) -> dict[str, str]:
        """The set's folder, where the loader reads windows of one."""
        needed = isinstance(self.data_loader, TileLoaderConfig)
        return {"dataset.h5py_dir": "prep and train need --dataset.h5py_dir=DIR"} if needed else {}

    def notes_of_data(self) -> list[str]:
        """A set that is smaller than a batch."""
        loader = self.data_loader
        if not isinstance(loader, TileLoaderConfig):
            return []
        from spacenit_data.loader.order import SampleOrder
        from spacenit_train.tile_options import OPTIONS

        try:
            SampleOrder(len(build(self.dataset, self.sensor_set)), loader.global_batch_size, seed=loader.seed)
        except SpaceNitError as error:
            error.name_options(OPTIONS)
            return [f"with this set the run cannot begin: {error}"]
        return []

    def say_data(self) -> None:
        """Look at the data set, where the loader reads windows of one.

        Raises:
            SpaceNitError: where no run could begin with it.
        """
        if isinstance(self.data_loader, TileLoaderConfig):
            from spacenit_train.cli.prep_tiles import say_set

            say_set(self)

    def say_loader(self, loader: Loader[TrainingBatch]) -> None:
        """Nothing, where the data set was described."""
        if not isinstance(self.data_loader, TileLoaderConfig):
            super().say_loader(loader)

    def say_batch(self, batch: TrainingBatch) -> None:
        """Describe the windows of the first batch."""
        from spacenit_core.samples.batch import Batch
        from spacenit_train.cli.prep_tiles import say_windows_of

        if isinstance(batch, Batch):
            say_windows_of(batch)
        else:
            super().say_batch(batch)

    def draw(self, batch: TrainingBatch, row: int, step: int) -> tuple[str, "Figure"]:
        """Draw every sensor in time, and the masks of every view.

        Raises:
            UserError: for a batch of something else.
        """
        from spacenit_core.samples.batch import Batch
        from spacenit_train.plots import draw_masks
        from spacenit_train.preview import described

        if not isinstance(batch, Batch):
            return super().draw(batch, row, step)
        assert batch.indices is not None
        sample = int(batch.indices[row])
        title = f"step {step}, sample {sample}: {described(batch, row)}"
        return f"step{step}_sample{sample}.png", draw_masks(batch, row, title=title)

    def build_model(self) -> "nn.Module":
        """The model, its encoder with band dropout where that is set."""
        from spacenit_core.nn.band_dropout import enable_band_dropout

        model = super().build_model()
        enable_band_dropout(cast("nn.Module", model.encoder))
        return model

    def check_samples(self, loader: Loader[TrainingBatch]) -> None:
        """Refuse sensors of which no sample fills a band group.

        Raises:
            DataError: with the groups, and the setting that takes other bands.
        """
        from spacenit_train.groups import check_groups, filled_groups

        dataset: Any = getattr(loader, "dataset", None)
        if hasattr(dataset, "read_window"):
            check_groups(filled_groups(dataset))

    def check_first_batch(self, batch: TrainingBatch, trusted: Collection[str]) -> list[str]:
        """Refuse pixels in other units than their sensor's, or nearly constant by its statistics.

        Raises:
            DataError: with every sensor that cannot be right, and what to do.
        """
        from spacenit_core.samples.batch import Batch
        from spacenit_train.first_pixels import check_first_pixels

        return check_first_pixels(batch, trusted) if isinstance(batch, Batch) else []

    def nothing_to_learn(self, steps: int) -> DataError:
        """The error of a run whose first windows held no pixel."""
        return DataError(
            f"all pixels of the first {steps} steps are missing: there is nothing to learn from",
            "`spacenit-run data validate` finds samples without pixels; are missing ones really stored as -99999?",
        )

    def checkpoint_files(self) -> dict[str, bytes]:
        """The sensors as they are installed now."""
        from spacenit_core.sensors.stored import SENSORS_FILE, stored_bytes

        return {SENSORS_FILE: stored_bytes(self.sensor_set)}

    def check_checkpoint(self, path: Path) -> None:
        """Refuse sensors that are not those that the checkpoint was trained on.

        Raises:
            UserError: with what differs.
        """
        from spacenit_core.sensors.stored import check_installed, read_stored

        check_installed(read_stored(path), self.sensor_set, path)

    def say_of_weights(self, source: Path) -> None:
        """Say where sensors are not those that the weights were trained on."""
        from spacenit_train.other_sensors import say_other_sensors

        say_other_sensors(source, self.sensor_set)
