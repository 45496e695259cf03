"""Turn rasters into a set of samples."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from typing import Any

from attrs import frozen

from spacenit_core.errors import DataError, UserError
from spacenit_data.h5.files import check_folder
from spacenit_data.h5.writer import H5SetWriter, SampleRecord
from spacenit_data.pool import ordered_map
from spacenit_data.rasters.opening import OPEN
from spacenit_data.tile.areas import Area
from spacenit_data.tile.cut import Cutter, Position
from spacenit_data.tile.facts import SensorFacts
from spacenit_data.tile.manifest import RasterRequest
from spacenit_data.tile.plan import PLAN_JSON, TilePlan, describe_inputs, fingerprint_of, what_changed
from spacenit_data.tile.prepare import Tiling, prepare
from spacenit_data.tile.remarks import remarks_on
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

    Every file is checked and every pixel looked at before anything is written. An interrupted run continues where it
    stopped when it is called again.

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
    out, cutter, rasters = Path(out), tiling.cutter, tiling.headers.rasters
    settings = cutter.settings
    try:
        inputs = describe_inputs(rasters, settings)
        fingerprint = fingerprint_of(inputs)
        plan = _plan_on_disk(out, fingerprint)
        if plan is None:
            plan = TilePlan.scan(cutter, fingerprint, workers=workers, progress=progress)
        writer = _writer(out, plan, settings, inputs)
        plan.save(writer.folder / PLAN_JSON, inputs)
        written = _write(cutter, writer, plan, workers=workers, progress=progress)
    except OSError as error:
        raise DataError(
            f"{out} cannot be written: {error}", "the same command continues where this one stopped"
        ) from error
    finally:
        OPEN.close()
    return TileReport(
        folder=writer.folder,
        samples=len(plan.positions),
        written=written,
        empty=plan.empty,
        sparse=plan.sparse,
        areas=cutter.areas,
        sensors=plan.sensors,
        remarks=(*tiling.notes, *remarks_on(plan, cutter.sensors.specs, settings)),
    )


def _plan_on_disk(out: Path, fingerprint: str) -> TilePlan | None:
    plans = (TilePlan.load(path) for path in sorted(out.glob(f"*/*/*/{PLAN_JSON}")))
    return next((plan for plan in plans if plan and plan.fingerprint == fingerprint), None)


def _writer(out: Path, plan: TilePlan, settings: TileSettings, inputs: dict[str, Any]) -> H5SetWriter:
    writer = H5SetWriter(
        out,
        sorted(plan.sensors),
        count=len(plan.positions),
        tile_size=settings.tile_size,
        compression=settings.compression,
        compression_opts=settings.compression_opts,
    )
    there = TilePlan.load(writer.folder / PLAN_JSON)
    other = there is None or there.fingerprint != plan.fingerprint
    if writer.folder.exists() and any(writer.folder.iterdir()) and other:
        told = what_changed(writer.folder / PLAN_JSON, inputs)
        raise UserError(
            f"{writer.folder} holds samples made from other files or with other settings{told and f': {told}'}",
            "choose another --out, or delete that folder",
        )
    return writer


def _write(cutter: Cutter, writer: H5SetWriter, plan: TilePlan, *, workers: int, progress: bool) -> int:
    todo = [(i, place) for i, place in enumerate(plan.positions) if not writer.is_complete(i)]
    if writer.is_finished and not todo:
        return 0
    write = partial(_write_sample, cutter, writer)
    records = list(ordered_map(write, todo, workers=workers, label="writing ", progress=progress))
    writer.finish(records if len(records) == len(plan.positions) else None)
    return len(todo)


def _write_sample(cutter: Cutter, writer: H5SetWriter, item: tuple[int, Position]) -> SampleRecord:
    index, position = item
    return writer.write(index, cutter.sample(position))
