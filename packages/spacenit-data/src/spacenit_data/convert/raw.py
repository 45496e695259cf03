"""From a raw tile to samples."""

from collections.abc import Sequence
from pathlib import Path

import numpy as np
from attrs import evolve, field, frozen

from spacenit_core.errors import DataError
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.spec import SensorSpec
from spacenit_data.convert.catalog import Date, RawTile
from spacenit_data.convert.cloud_masks import mask_files, read_masks
from spacenit_data.convert.cutting import centre, cut
from spacenit_data.convert.produced import Produced
from spacenit_data.convert.rasters import RawImages, flaw, read_sensor
from spacenit_data.convert.raw_layout import TILE_CELLS, raster_path
from spacenit_data.convert.units import UnitSettings, to_stored
from spacenit_data.file_state import with_sidecars
from spacenit_data.h5.sample import Location, SampleArrays


@frozen(kw_only=True)
class RawSource:
    """Reads the rasters of a tile, drops what cannot be used, and cuts the rest into samples.

    Attributes:
        root: the folder of the raw layout.
        sensors: those to convert.
        tile_size: cells along one side of a sample; divides 256.
        min_steps: images that the longest series of a sample has at least.
        required: sensors that every sample has.
        units: what the user says of numbers and of missing pixels.
    """

    root: Path
    sensors: SensorSet
    tile_size: int
    min_steps: int
    required: tuple[str, ...]
    units: UnitSettings = field(factory=UnitSettings)

    def __call__(self, tile: RawTile) -> Produced:
        """Convert one tile.

        Raises:
            DataError: naming the file that is missing, damaged or not what its CSV says.
        """
        reason = self._reason_to_leave_out(tile.dates)
        if reason:
            return Produced(left_out=reason)
        bands: dict[str, np.ndarray] = {}
        dropped: dict[str, str] = {}
        notes: dict[str, str] = {}
        for spec in self.sensors:
            if spec.name in tile.dates:
                stated = not self.units.converts(spec)
                images = read_sensor(self.root, spec, tile, nodata=self.units.nodata, apply_stated=stated)
                problem = flaw(spec, images, store_missing=self.units.store_missing)
                if problem:
                    dropped[spec.name] = problem
                else:
                    bands[spec.name] = self._stored(spec, images, tile, notes)
        dates = {name: tile.dates[name] for name in bands}
        reason = self._reason_to_leave_out(dates)
        if reason:
            return Produced(left_out=reason, dropped=dropped, notes=notes)
        return evolve(self._assemble(tile, bands, dates, dropped), notes=notes)

    def _stored(self, spec: SensorSpec, images: RawImages, tile: RawTile, notes: dict[str, str]) -> np.ndarray:
        """A sensor's images as samples store them; what is to be said of them is added to the notes."""
        missing, masks = images.missing, self.units.masks_of(spec)
        if masks:
            left_out = read_masks(masks, tile, images.values.shape[0], images.values.shape[2])
            missing = np.zeros(images.values.shape, bool) if missing is None else missing
            missing = missing if left_out is None else missing | left_out[..., None]
        try:
            made = to_stored(
                spec,
                images.values,
                missing,
                tile.dates[spec.name],
                self.units,
                power_is_usual=True,
                stated=images.stated,
            )
        except DataError as error:
            raise DataError(f"{tile}: {error.message}", error.hint) from error
        notes.update(images.notes | made.notes)
        return made.values

    def files(self, tile: RawTile) -> list[Path]:
        """What it reads of a tile."""
        masks = [mask for spec in self.sensors if spec.name in tile.dates for mask in self.units.masks_of(spec)]
        return [file for mask in masks for file in mask_files(mask, tile)] + [
            file
            for spec in self.sensors
            if spec.name in tile.dates
            for group in spec.band_groups
            for file in with_sidecars(raster_path(self.root, spec, group, tile.crs, tile.column, tile.row))
        ]

    def _reason_to_leave_out(self, dates: dict[str, tuple[Date, ...]]) -> str | None:
        lacking = [name for name in self.required if name not in dates]
        if lacking:
            return f"no {lacking[0]}"
        longest = max((len(dates[spec.name]) for spec in self._series(dates)), default=0)
        if not longest:
            return "no series of images"
        return f"fewer than {self.min_steps} images" if longest < self.min_steps else None

    def _series(self, dates: dict[str, tuple[Date, ...]]) -> list[SensorSpec]:
        return [spec for spec in self.sensors if spec.spatial and spec.temporal and spec.name in dates]

    def _assemble(
        self, tile: RawTile, bands: dict[str, np.ndarray], dates: dict[str, tuple[Date, ...]], dropped: dict[str, str]
    ) -> Produced:
        # The longest series gives the sample's steps (by name, the first of several); the others are aligned to it.
        steps = max((dates[name] for name in sorted(spec.name for spec in self._series(dates))), key=len)
        present, cut_steps = {}, {}
        for spec in self.sensors:
            if spec.temporal and spec.name in bands:
                try:
                    kept, present[spec.name] = align(dates[spec.name], steps)
                except ValueError as error:
                    raise DataError(f"{tile}: the dates of {spec.name} {error}") from error
                if len(kept) < len(dates[spec.name]):
                    cut_steps[spec.name] = len(dates[spec.name]) - len(kept)
                    bands[spec.name] = bands[spec.name][..., kept, :]
        for name in [name for name, mask in present.items() if not mask.any()]:
            del bands[name], present[name]
            dropped[name] = "no image at the dates of the longest series"
        reason = self._reason_to_leave_out({name: dates[name] for name in bands})
        if reason:
            return Produced(left_out=reason, dropped=dropped)
        gsd = self.sensors.grid_gsd
        location = Location(tile.crs, tile.column * TILE_CELLS * gsd, -tile.row * TILE_CELLS * gsd, gsd)
        try:
            latlon = centre(location, TILE_CELLS)
        except DataError as error:
            raise DataError(f"{tile}: {error.message}", "correct its lines in the CSV files") from error
        whole = SampleArrays(
            bands=bands, present=present, timestamps=np.array(steps, np.int32), latlon=latlon, location=location
        )
        return Produced(
            samples=tuple(cut(whole, TILE_CELLS, self.tile_size, gsd)), dropped=dropped, cut_steps=cut_steps
        )


def align(dates: Sequence[Date], steps: Sequence[Date]) -> tuple[list[int], np.ndarray]:
    """Find the dates of a series among the steps of a sample.

    Returns:
        The indices of the series' images that have a step, and bool ``[T]``: which steps those are.

    Raises:
        ValueError: where the order of both differs.
    """
    kept: list[int] = []
    taken: list[int] = []
    mask = np.zeros(len(steps), bool)
    for index, date in enumerate(dates):
        step = next((number for number, other in enumerate(steps) if other == date and not mask[number]), None)
        if step is not None:
            if taken and step < taken[-1]:
                raise ValueError("are in another order than those of the longest series")
            mask[step] = True
            kept.append(index)
            taken.append(step)
    return kept, mask
