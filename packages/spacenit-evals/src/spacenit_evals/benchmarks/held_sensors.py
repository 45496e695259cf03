"""Which sensor of a benchmark a model gets, and by which of its bands."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal

import numpy as np
from attrs import evolve, field, frozen

from spacenit_core.errors import UserError
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.spec import NODATA, SensorSpec
from spacenit_core.text import listed

Statistics = Literal["model", "dataset"]
"""Whose statistics a model normalises by: its own, or, values being brought there first, those of the data set."""

AbsentBands = Literal["left", "filled"]
"""What becomes of bands that are not there: they stay missing, or get the normalised value of another band that is
embedded together with them, for encoders that see a token only where all of its bands are there."""


@frozen(kw_only=True)
class HeldSensor:
    """What the images of a benchmark are of.

    Attributes:
        sensor: the sensor, or its name.
        bands: those of its bands that are there.
        others: other sensors that the images may be handed on as -> their bands -> the bands that stand for them.
        in_units: whether the values are in the sensor's units; if not, only the data set's statistics bring them there.
        others_in_units: the same of the other sensors' units.
    """

    sensor: SensorSpec | str
    bands: tuple[str, ...]
    others: Mapping[str, Mapping[str, str]] = field(factory=dict)
    in_units: bool = True
    others_in_units: bool = True

    @property
    def spec(self) -> SensorSpec:
        """The sensor."""
        return SensorSet.of([self.sensor]).specs[0]

    def choices(self) -> Mapping[str, Mapping[str, str]]:
        """Sensors -> their bands -> bands that stand for them, the sensor itself first."""
        return {self.spec.name: {band: band for band in self.bands}, **self.others}


@frozen(kw_only=True)
class ChosenSensor:
    """A sensor of a benchmark as a model gets it.

    Attributes:
        held: what the images are of.
        spec: what they are handed on as.
        bands: its bands -> the stored bands that stand for them.
        by_statistics: whether the data set's statistics bring the values to its units.
        fills: bands that are not there -> the bands whose normalised values they get.
    """

    held: HeldSensor
    spec: SensorSpec
    bands: Mapping[str, str]
    by_statistics: bool
    fills: Mapping[str, str] = field(factory=dict)

    def fill(self, pixels: np.ndarray) -> None:
        """Fill bands of an array ``[..., C]`` in the sensor's units, in place; missing pixels stay missing."""
        if not self.fills or self.spec.normalization is None:
            return
        places = {band: place for place, band in enumerate(self.spec.bands)}
        scales, offsets = self.spec.normalization.scale_and_offset()
        for band, source in self.fills.items():
            to, of = places[band], places[source]
            values = pixels[..., of].astype(np.float64)
            numbers = (values * scales[of] + offsets[of] - offsets[to]) / scales[to]
            pixels[..., to] = np.where(values == NODATA, NODATA, numbers)

    def remarks(self) -> dict[str, object]:
        """What is not the data's own."""
        own, name = self.held.spec.name, self.spec.name
        found: dict[str, object] = {}
        if name != own:
            found["sensor"] = f"{own} is handed on as {name}"
        if self.by_statistics:
            found["statistics"] = f"of the data set: {name} is normalised by its means and deviations"
        absent = [band for band in self.spec.bands if band not in self.bands and band not in self.fills]
        if absent:
            found["bands_absent"] = ", ".join(absent)
        if self.fills:
            found["bands_filled"] = ", ".join(f"{band} from {source}" for band, source in self.fills.items())
        return found


def choose(
    name: str,
    held: Sequence[HeldSensor],
    takes: ModelInputs,
    statistics: Statistics,
    absent: AbsentBands = "left",
    wanted: Iterable[str] = (),
) -> tuple[ChosenSensor, ...]:
    """The sensors that a model gets.

    Args:
        name: the benchmark's, for messages.
        held: what it holds; of two that could be handed on as the same sensor, the first is.
        takes: the model's inputs.
        statistics: whose statistics it normalises by.
        absent: what becomes of bands that are not there.
        wanted: the sensors to choose among; all if empty.

    Raises:
        UserError: where the model takes none of them, or only by statistics that are not its own.
    """
    wanted = tuple(wanted)
    unknown = [sensor for sensor in wanted if not any(sensor in one.choices() for one in held)]
    if unknown:
        known = list(dict.fromkeys(sensor for one in held for sensor in one.choices()))
        raise UserError(f"{name} holds no {unknown[0]}", f"it holds {listed(known)}")
    found: dict[str, ChosenSensor] = {}
    for one in held:
        for sensor, bands in one.choices().items():
            if sensor in takes.sensors and sensor not in found and (not wanted or sensor in wanted):
                chosen = _chosen(name, one, takes.sensors[sensor], bands, statistics)
                found[sensor] = evolve(chosen, fills=_fills(chosen.spec, bands) if absent == "filled" else {})
                break
    if not found:
        names = [sensor for one in held for sensor in one.choices()]
        raise UserError(
            f"{name} holds {' or '.join(dict.fromkeys(names))}, and the model takes {', '.join(takes.sensors.names)}",
            "choose another benchmark",
        )
    return tuple(found.values())


def _chosen(
    name: str, held: HeldSensor, spec: SensorSpec, bands: Mapping[str, str], statistics: Statistics
) -> ChosenSensor:
    own = spec.name == held.spec.name
    in_units = held.in_units if own else held.in_units and held.others_in_units
    if not in_units and statistics == "model":
        raise UserError(
            f"{name} does not hold {spec.units} as {spec.name} does: the statistics that a model was trained with do "
            "not fit its numbers",
            "normalise by the data set's own: --benchmark.statistics=dataset",
        )
    # A sensor of the benchmark's own has no statistics but the benchmark's.
    brought = statistics == "dataset" and not (own and isinstance(held.sensor, SensorSpec))
    return ChosenSensor(held=held, spec=spec, bands=bands, by_statistics=brought)


def _fills(spec: SensorSpec, bands: Mapping[str, str]) -> dict[str, str]:
    """For each band that is not there, the nearest by wavelength of those that are embedded with it."""
    place = {band: spec.naming.nanometres.get(band, float(number)) for number, band in enumerate(spec.bands)}
    found = {}
    for group in spec.token_groups:
        there = [band for band in group if band in bands]
        for band in group:
            if there and band not in bands:
                found[band] = min(there, key=lambda other: abs(place[other] - place[band]))
    return found


def offered(held: Sequence[HeldSensor], wanted: Iterable[str] = ()) -> SensorSet:
    """What is offered to who takes whatever there is: the sensors that are there, those of the first one's grid."""
    wanted = tuple(wanted)
    named = [one.spec for one in held if not wanted or one.spec.name in wanted]
    chosen = named or [SensorSet.of([sensor]).specs[0] for sensor in wanted]
    return SensorSet(SensorSet.of([spec for spec in chosen if spec.grid_gsd == chosen[0].grid_gsd]).specs)
