"""Which band groups the samples of a set can fill: a group in which one band is always missing never gives a token."""

from collections.abc import Iterable, Iterator

import numpy as np
from attrs import frozen

from spacenit_core.cli.saying import say
from spacenit_core.errors import DataError
from spacenit_core.kinds.datasets import TileDataset
from spacenit_core.samples.sample_window import SampleWindow
from spacenit_core.sensors.absent import absent_bands_note, regrouping
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.spec import NODATA, SensorSpec
from spacenit_core.text import listed

_CORNERS = 64
_WHOLE = 16


@frozen(kw_only=True)
class SensorFill:
    """What the samples that were looked at hold of one sensor.

    Attributes:
        spec: the sensor.
        samples: how many of them have it at all.
        bands: for each band, whether it has a pixel anywhere.
        groups: for each token group, whether all of its bands have a pixel at one place and time.
    """

    spec: SensorSpec
    samples: int
    bands: tuple[bool, ...]
    groups: tuple[bool, ...]

    @property
    def present_bands(self) -> tuple[str, ...]:
        """The bands that have pixels, in channel order."""
        return tuple(name for name, there in zip(self.spec.bands, self.bands, strict=True) if there)

    @property
    def empty_groups(self) -> tuple[tuple[str, ...], ...]:
        """The token groups that no sample fills; none for a sensor that no sample has."""
        groups = zip(self.spec.token_groups, self.groups, strict=True) if self.samples else ()
        return tuple(group for group, filled in groups if not filled)

    def absent_bands(self, group: Iterable[str]) -> tuple[str, ...]:
        """The bands of a group that have no pixel in any sample."""
        return tuple(band for band in group if band not in self.present_bands)

    def remedy(self) -> str:
        """The setting with which the bands that are there are embedded."""
        return regrouping(self.spec, self.present_bands)


def filled_groups(dataset: TileDataset) -> tuple[SensorFill, ...]:
    """Look at samples that are spread over the set: a corner of up to 64, and all of up to 16 where corners leave gaps.

    Samples that cannot be read are passed over.

    Returns:
        What they hold of each sensor of the set, in order.
    """
    counts, holders = _Counts(dataset.sensors), dict[str, list[int]]()
    count = min(_CORNERS, len(dataset))
    for index, tile in _tiles(dataset, {number * len(dataset) // count for number in range(count)}, cells=1):
        counts.add(tile, new=True)
        for name in tile.bands:
            holders.setdefault(name, []).append(index)
    again = {index for name in counts.with_gaps for index in holders[name][:: -(-len(holders[name]) // _WHOLE)]}
    for _, tile in _tiles(dataset, again, cells=dataset.tile_size or 1):
        counts.add(tile, new=False)
        if not counts.with_gaps:
            break
    return counts.result()


def check_groups(fills: Iterable[SensorFill]) -> None:
    """Refuse sensors that are there and can never give a token, and say which bands of the others no sample has.

    Raises:
        DataError: with the groups, the bands that each of them lacks, and the setting that takes the others.
    """
    fills = tuple(fills)
    useless = [fill for fill in fills if fill.present_bands and not any(fill.groups)]
    if not useless:
        for note in filter(None, (absent_bands_note(fill.spec, fill.present_bands) for fill in fills)):
            say(f"note: {note}", err=True)
        return
    lines = [
        f"  {fill.spec.name} [{','.join(group)}]: {_lack(fill, group)}"
        for fill in useless
        for group in fill.spec.token_groups
    ]
    names = listed([fill.spec.name for fill in useless])
    raise DataError(
        "\n".join(
            [f"no sample looked at can fill any band group of {names}: there is nothing to learn from it", *lines]
        ),
        f"group the bands that are there: {' '.join(fill.remedy() for fill in useless)}; "
        "or leave the sensor out of --sensors",
    )


def _lack(fill: SensorFill, group: tuple[str, ...]) -> str:
    absent = fill.absent_bands(group)
    return f"no pixels in {listed(absent)}" if absent else "its bands never have a pixel at one place and time"


def _tiles(dataset: TileDataset, indices: Iterable[int], cells: int) -> Iterator[tuple[int, SampleWindow]]:
    for index in sorted(indices):
        try:
            yield index, dataset.read_window(index, row=0, column=0, cells=cells)
        except DataError:
            continue


class _Counts:
    """What was found so far."""

    def __init__(self, sensors: SensorSet) -> None:
        self.sensors = sensors
        self.samples = dict.fromkeys(sensors.names, 0)
        self.bands = {spec.name: np.zeros(len(spec.bands), bool) for spec in sensors}
        self.groups = {spec.name: np.zeros(len(spec.token_groups), bool) for spec in sensors}

    @property
    def with_gaps(self) -> list[str]:
        return [name for name, filled in self.groups.items() if self.samples[name] and not filled.all()]

    def add(self, tile: SampleWindow, *, new: bool) -> None:
        for name, values in tile.bands.items():
            self.samples[name] += new
            there = (values != NODATA).reshape(-1, values.shape[-1])
            self.bands[name] |= there.any(axis=0)
            for number, channels in enumerate(self.sensors[name].group_channels):
                self.groups[name][number] |= bool(there[:, list(channels)].all(axis=1).any())

    def result(self) -> tuple[SensorFill, ...]:
        return tuple(
            SensorFill(
                spec=spec,
                samples=self.samples[spec.name],
                bands=tuple(self.bands[spec.name].tolist()),
                groups=tuple(self.groups[spec.name].tolist()),
            )
            for spec in self.sensors
        )
