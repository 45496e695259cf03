"""What probes of map targets share: a map sensor of a set of H5 samples is predicted from its images."""

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, ClassVar, Literal, Self

from attrs import evolve, frozen

from spacenit_core.config.fields import at_least, one_of, setting
from spacenit_core.errors import UserError
from spacenit_evals.benchmarks.dense.config import DenseConfig, Stored
from spacenit_evals.benchmarks.folders import folder_of

if TYPE_CHECKING:
    from spacenit_evals.benchmarks.dense.source import DenseSource


@frozen(kw_only=True)
class MapTarget(DenseConfig):
    """Base of the entries; a subclass says which map, and whether its values are classes.

    Samples are windows in the middle of tiles that hold the map and all inputs. The model may have been trained on
    these very samples: what it then shows is how much of the map its embeddings hold.
    """

    title = "the set of map targets"
    source = "the set that the run was trained on, or any other of H5 samples"
    stores: ClassVar[Stored] = {name: (name,) for name in ("sentinel2_l2a", "sentinel2", "sentinel1", "landsat")}
    uses = ("sentinel2_l2a",)

    folder: Path | None = setting("folder of H5 samples; the run's own set if unset", None)
    target: str = setting("the map that is predicted, the name of a sensor")
    cells: int = setting("cells along one side of a sample; of smaller tiles all", 32, validator=at_least(1))
    split: Literal["random", "geographic"] = setting(
        "whether samples are dealt one by one, or by squares of 5 degrees", "random"
    )
    train_samples: int = setting("most samples to train on", 6144, validator=at_least(1))
    validation_samples: int = setting("most samples to choose settings by", 3072, validator=at_least(1))
    test_samples: int = setting("most samples to test on", 3072, validator=at_least(1))
    seed: int = setting("seed of the split", 42, validator=at_least(0))
    months_from: int | None = setting(
        "the number of January in the set; as trained, or 0, if unset", None, validator=one_of((None, 0, 1))
    )

    def for_run(self, experiment: Mapping[str, Any]) -> Self:
        """The same in the run's own set, where none is named, and with its months."""
        own = experiment.get("dataset") or {}
        named = (
            self if self.folder is not None or not own.get("h5py_dir") else evolve(self, folder=Path(own["h5py_dir"]))
        )
        return named if named.months_from is not None else evolve(named, months_from=own.get("months_from"))

    def find_folder(self) -> Path:
        """The set's folder.

        Raises:
            UserError: where none is named, or it is not there.
        """
        if self.folder is None:
            raise UserError("no set of H5 samples is named", "name its folder: --benchmark.folder=DIR")
        return folder_of(self.folder, "--benchmark.folder", self.title, self.source)

    def open(self, folder: Path) -> "DenseSource":
        """Read the set's index, and the map where its codes are not known beforehand.

        Raises:
            UserError: where it has no such map, or too few samples.
            DataError: where it is damaged.
        """
        from spacenit_evals.benchmarks.map_targets.tiles import MapTiles

        return MapTiles.of(self, folder)


@frozen(kw_only=True)
class MapClasses(MapTarget):
    """Classes of any map of a pretraining set, pixel by pixel, in 32 x 32 cells."""

    predicts = "segmentation"

    target: str = setting("the map that is predicted, the name of a sensor", "worldcover")


@frozen(kw_only=True)
class MapValues(MapTarget):
    """Values of any map of a pretraining set, pixel by pixel, in 32 x 32 cells."""

    predicts = "pixel_regression"

    target: str = setting("the map that is predicted, the name of a sensor", "srtm")
