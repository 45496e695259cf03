"""The entry `h5_tiles`."""

from pathlib import Path
from typing import Self

from attrs import evolve, frozen

from spacenit_core.config.fields import at_least, between, one_of, setting
from spacenit_core.errors import UserError
from spacenit_core.kinds.datasets import DatasetConfig, TileDataset
from spacenit_core.sensors.selection import SensorSet


@frozen(kw_only=True)
class H5TilesConfig(DatasetConfig):
    """A folder of H5 samples, as `spacenit-run data convert` writes them, or OlmoEarth Pretrain."""

    h5py_dir: Path | None = setting("folder with sample_metadata.csv and the sample_<i>.h5 files", None)
    dataset_percentage: float = setting(
        "share of the samples to use, drawn once by `seed`", 1.0, validator=between(0, 1)
    )
    seed: int = setting("seed of the draw for dataset_percentage", 0, validator=at_least(0))
    filter_idx_file: Path | None = setting(".npy file of the sample numbers to keep; all if unset", None)
    cache_dir: Path | None = setting("local folder that files are copied to on their first use; none if unset", None)

    months_from: int = setting(
        "number of January in the set's timestamps: 0, or 1 in sets that others wrote so", 0, validator=one_of((0, 1))
    )

    def inactive(self) -> dict[str, str]:
        """Nothing is drawn where all samples are used."""
        return {"seed": "dataset_percentage=1"} if self.dataset_percentage == 1 else {}

    def whole(self) -> Self:
        """All samples of the folder, from where they lie."""
        return evolve(self, dataset_percentage=1.0, seed=0, filter_idx_file=None, cache_dir=None)

    def offers(self) -> SensorSet:
        """The installed sensors that the set lists.

        Raises:
            UserError: if `h5py_dir` is unset or no such folder, or none of its sensors is installed.
            DataError: if the set's index cannot be read.
        """
        from spacenit_data.datasets.index import sensors_of_set

        return sensors_of_set(self._folder)

    def build(self, sensors: SensorSet) -> TileDataset:
        """Open the set: reads its index, not its samples.

        Raises:
            UserError: if `h5py_dir` is unset or no such folder.
            DataError: if the set's index is not what it should be.
        """
        from spacenit_data.datasets.h5_tiles import H5Tiles

        return H5Tiles(
            h5py_dir=self._folder,
            training_modalities=sensors,
            dataset_percentage=self.dataset_percentage,
            seed=self.seed,
            filter_idx_file=self.filter_idx_file,
            cache_dir=self.cache_dir,
            months_from=self.months_from,
        )

    @property
    def _folder(self) -> Path:
        if self.h5py_dir is None:
            raise UserError(
                "no data set is given: dataset.h5py_dir is unset",
                "add --dataset.h5py_dir=FOLDER, the folder that holds sample_metadata.csv",
            )
        return Path(self.h5py_dir).expanduser()
