"""Turn rasters into a set of samples."""

from collections.abc import Sequence
from pathlib import Path

from attrs import frozen

from spacenit_core.errors import DataError
from spacenit_data.h5.files import check_folder
from spacenit_data.rasters.opening import OPEN
from spacenit_data.tile.areas import Area
from spacenit_data.tile.facts import SensorFacts
from spacenit_data.tile.manifest import RasterRequest
from spacenit_data.tile.plan import describe_inputs, fingerprint_of
from spacenit_data.tile.prepare import Tiling, prepare
from spacenit_data.tile.remarks import remarks_on
from spacenit_data.tile.set_maker import SetMaker
from spacenit_data.tile.settings import TileSettings


@frozen(kw_only=True)
class TileReport:
    """What was made.

    Attributes:
        folder: the set: give it to `--dataset.h5py_dir`.
        samples: number of samples in it.
        written: how many of them this run wrote; the others were there.
        empty: tiles left out because they hold no pixel.
        sparse: tiles left out because they hold too few.
        areas: the grids.
        sensors: what the samples hold.
        remarks: what the user should look at.
    """

    folder: Path
    samples: int
    written: int
    empty: int
    sparse: int
    areas: tuple[Area, ...]
    sensors: dict[str, SensorFacts]
    remarks: tuple[str, ...]


def tile_rasters(
    requests: Sequence[RasterRequest],
    out: Path | str,
    settings: TileSettings | None = None,
    *,
    workers: int = 1,
    progress: bool = False,
) -> TileReport:
    """Cut rasters into samples and write them as an H5 set below `out`.

    Every file and some pixels of each are checked before anything is written; then every tile is read once, and the set
    appears when all are. An interrupted run continues where it stopped when it is called again.

    Args:
        requests: the files, each with its sensor and date. Where two files show a place at one date, the first has it.
        out: the set's folder is made below this one, named by the rule of the H5 layout.
        settings: how to cut; the defaults if None.
        workers: processes.
        progress: whether to show progress bars.

    Raises:
        DataError: for a file that is missing, damaged or not what it was said to be.
        UserError: for a request that makes no sense.
    """
    check_folder(Path(out))
    tiling = prepare(requests, settings or TileSettings())
    tiling.check()
    return write_set(tiling, out, workers=workers, progress=progress)


def write_set(tiling: Tiling, out: Path | str, *, workers: int = 1, progress: bool = False) -> TileReport:
    """Cut what was prepared into samples and write them.

    Args:
        tiling: what to tile.
        out: the set's folder is made below this one, named by the rule of the H5 layout.
        workers: processes.
        progress: whether to show progress bars.

    Raises:
        DataError: for a file that cannot be read or written.
        UserError: where other samples are in the way.
    """
    out, cutter = Path(out), tiling.cutter
    try:
        inputs = describe_inputs(tiling.headers.rasters, cutter.settings)
        maker = SetMaker(out, cutter, inputs, fingerprint_of(inputs), workers, progress)
        made = maker.complete() or maker.make()
    except OSError as error:
        raise DataError(
            f"{out} cannot be written: {error}", "the same command continues where this one stopped"
        ) from error
    finally:
        OPEN.close()
    plan = made.plan
    return TileReport(
        folder=made.folder,
        samples=len(plan.positions),
        written=made.written,
        empty=plan.empty,
        sparse=plan.sparse,
        areas=cutter.areas,
        sensors=plan.sensors,
        remarks=(*tiling.notes, *made.notes, *remarks_on(plan, cutter.sensors.specs, cutter.settings)),
    )
