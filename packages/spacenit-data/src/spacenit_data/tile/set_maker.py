"""Reading every tile once and making a set of those that are samples."""

from collections.abc import Callable, Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any, TypeVar

from attrs import frozen

from spacenit_core.checkpoint.files import write_atomically
from spacenit_core.errors import UserError
from spacenit_data.h5.compression import Compression
from spacenit_data.h5.files import sample_bytes
from spacenit_data.h5.writer import H5SetWriter, SampleRecord
from spacenit_data.pool import ordered_map
from spacenit_data.tile.cut import Cutter, Position
from spacenit_data.tile.facts import TileFacts
from spacenit_data.tile.plan import PLAN_JSON, TilePlan, what_changed
from spacenit_data.tile.staging import Staging

Result = TypeVar("Result")


@frozen
class MadeSet:
    """A finished set.

    Attributes:
        folder: where it lies.
        plan: which tiles its samples are.
        written: how many of them were written now.
        notes: what the user should know.
    """

    folder: Path
    plan: TilePlan
    written: int
    notes: tuple[str, ...] = ()


@frozen
class SetMaker:
    """One tiling: what of, and where to.

    Attributes:
        out: the folder that sets are made in.
        cutter: cuts the tiles.
        inputs: what they follow from, see `describe_inputs`.
        fingerprint: of these.
        workers: processes.
        progress: whether to show a progress bar.
    """

    out: Path
    cutter: Cutter
    inputs: dict[str, Any]
    fingerprint: str
    workers: int
    progress: bool

    def complete(self) -> MadeSet | None:
        """The set of the same files and settings that is there, with the samples that it has lost; None without one."""
        plans = (TilePlan.load(path) for path in sorted(self.out.glob(f"*/*/*/{PLAN_JSON}")))
        plan = next((plan for plan in plans if plan and plan.fingerprint == self.fingerprint), None)
        if plan is None:
            return None
        Staging(self.out, self.fingerprint).remove()
        writer = self._writer(plan)
        todo = [(i, position) for i, position in enumerate(plan.positions) if not writer.is_complete(i)]
        if todo or not writer.is_finished:
            write = partial(_write_sample, self.cutter, writer)
            records = list(self._map(write, todo))
            writer.finish(records if len(records) == len(plan.positions) else None)
        return MadeSet(writer.folder, plan, len(todo))

    def make(self) -> MadeSet:
        """Read all tiles, once, and publish the set."""
        staging = Staging(self.out, self.fingerprint)
        others = staging.others()
        with staging.opened():
            written = self._cut(staging)
            plan = TilePlan.of(self.fingerprint, self.cutter.positions, staging.found)
            writer = self._writer(plan, staging.folder)
            self._number(staging, plan, writer.working_in(staging.set_folder))
            staging.publish(writer.folder)
        notes = (f"{path} holds unfinished samples of other files or settings: delete it if need be" for path in others)
        return MadeSet(writer.folder, plan, written, tuple(notes))

    def _cut(self, staging: Staging) -> int:
        """Read the tiles that are not done; returns how many of them became samples."""
        todo = [item for item in enumerate(self.cutter.positions) if not staging.is_done(item[0])]
        cut = partial(_cut_tile, self.cutter, Staging(self.out, self.fingerprint), self._compression)
        written = 0
        for (tile, _), facts in zip(todo, self._map(cut, todo), strict=True):
            staging.add(tile, facts)
            written += facts.is_sample
        return written

    def _number(self, staging: Staging, plan: TilePlan, writer: H5SetWriter) -> None:
        """Give the samples their numbers, and write what says what they are."""
        tiles = staging.found.samples()
        staging.number(tiles, writer)
        plan.save(writer.folder / PLAN_JSON, self.inputs)
        records = (
            SampleRecord(
                index, sorted(staging.found.held[tile]), self._latlon(position), self.cutter.location(position)
            )
            for index, (tile, position) in enumerate(zip(tiles, plan.positions, strict=True))
        )
        writer.finish(records)

    def _latlon(self, position: Position) -> tuple[float, float]:
        lat, lon = map(float, self.cutter.latlon(position))
        return lat, lon

    @property
    def _compression(self) -> Compression:
        return Compression.of(self.cutter.settings.compression, self.cutter.settings.compression_opts)

    def _map(self, function: Callable[[Any], Result], items: Sequence[Any]) -> Iterator[Result]:
        return ordered_map(function, items, workers=self.workers, label="tiling", progress=self.progress)

    def _writer(self, plan: TilePlan, unfinished: Path | None = None) -> H5SetWriter:
        settings = self.cutter.settings
        writer = H5SetWriter(
            self.out,
            sorted(plan.sensors),
            count=len(plan.positions),
            tile_size=settings.tile_size,
            compression=settings.compression,
            compression_opts=settings.compression_opts,
        )
        there = TilePlan.load(writer.folder / PLAN_JSON)
        other = there is None or there.fingerprint != plan.fingerprint
        if writer.folder.exists() and any(writer.folder.iterdir()) and other:
            why = what_changed(writer.folder / PLAN_JSON, self.inputs)
            kept = f" (what was cut is kept in {unfinished})" if unfinished else ""
            raise UserError(
                f"{writer.folder} holds samples made from other files or with other settings{why and f': {why}'}",
                f"choose another --out, or delete that folder and repeat the command{kept}",
            )
        return writer


def _cut_tile(cutter: Cutter, staging: Staging, compression: Compression, item: tuple[int, Position]) -> TileFacts:
    tile, position = item
    facts, sample = cutter.cut(position)
    if sample is not None:
        size = cutter.settings.tile_size
        sample.check(cutter.sensors.names, size)
        write_atomically(staging.part(tile), sample_bytes(sample, size, compression))
    return facts


def _write_sample(cutter: Cutter, writer: H5SetWriter, item: tuple[int, Position]) -> SampleRecord:
    index, position = item
    return writer.write(index, cutter.sample(position))
