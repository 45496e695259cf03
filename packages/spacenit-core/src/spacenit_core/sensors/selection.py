"""The sensors of an experiment, in one order."""

from collections.abc import Iterable, Iterator, Mapping

from attrs import evolve, frozen

from spacenit_core.errors import UserError
from spacenit_core.plugins.registry import registry
from spacenit_core.sensors.spec import SensorSpec
from spacenit_core.text import did_you_mean

BandGroups = Mapping[str, Iterable[Iterable[str]]]
"""Sensor name -> the bands of each of its tokens, in any order."""


@frozen
class SensorSet:
    """An ordered set of sensors; the order is that of `SensorSpec.order`, however they were listed.

    Attributes:
        specs: the sensors, in order.
    """

    specs: tuple[SensorSpec, ...]

    @classmethod
    def of(cls, names: Iterable[str | SensorSpec], *, band_groups: BandGroups | None = None) -> "SensorSet":
        """Look the names up among the installed sensors (any case); specs are taken as they are.

        Args:
            names: the sensors.
            band_groups: which bands make a token, for sensors that are not to be embedded by their own groups. What is
                given for sensors that are not listed is left aside.

        Raises:
            UserError: for an unknown name, a repeated one, sensors whose grids differ, or groups that do not fit.
        """
        sensors = registry("sensors")
        specs = [name if isinstance(name, SensorSpec) else sensors.get(name) for name in names]
        repeated = {spec.name for spec in specs if sum(spec.name == other.name for other in specs) > 1}
        if repeated:
            raise UserError(f"sensor {sorted(repeated)[0]!r} is listed more than once")
        groups = {sensors.canonical(name): given for name, given in (band_groups or {}).items()}
        for name in set(groups) - {spec.name for spec in specs}:
            sensors.get(name)
        specs = [regrouped(spec, groups[spec.name]) if spec.name in groups else spec for spec in specs]
        chosen = cls(tuple(sorted(specs, key=lambda spec: (spec.order, spec.name))))
        grids = {spec.grid_gsd: spec.name for spec in chosen if spec.spatial}
        if len(grids) > 1:
            listed = ", ".join(f"{name} ({gsd:g} m)" for gsd, name in grids.items())
            raise UserError(
                f"the sensors have different grids: {listed}",
                "train sensors of one grid together, or tile them to one grid",
            )
        return chosen

    def __iter__(self) -> Iterator[SensorSpec]:
        return iter(self.specs)

    def __len__(self) -> int:
        return len(self.specs)

    def __contains__(self, name: object) -> bool:
        return any(spec.name == name for spec in self.specs)

    def __getitem__(self, name: str) -> SensorSpec:
        for spec in self.specs:
            if spec.name == name:
                return spec
        raise KeyError(name)

    @property
    def names(self) -> tuple[str, ...]:
        """The sensors' names, in order."""
        return tuple(spec.name for spec in self.specs)

    @property
    def grid_gsd(self) -> float:
        """Metres per cell of the common grid (10 where no sensor has a grid)."""
        return next((spec.grid_gsd for spec in self.specs if spec.spatial), 10.0)


def regrouped(spec: SensorSpec, groups: Iterable[Iterable[str]]) -> SensorSpec:
    """The sensor with other bands in each token; bands that are in no group are not embedded.

    Raises:
        UserError: for a band that the sensor does not have or that occurs twice, and for groups without bands.
    """
    wanted = tuple(tuple(group) for group in groups)
    if not wanted or not all(wanted):
        raise UserError(
            f"band groups of {spec.name!r} without bands", "each group is a list of bands: [[B02,B03],[B04]]"
        )
    bands = [band for group in wanted for band in group]
    for band in bands:
        if band not in spec.bands:
            question = did_you_mean(band, spec.bands) or f"its bands: {', '.join(spec.bands)}"
            raise UserError(f"sensor {spec.name!r} has no band {band!r}; {question}")
        if bands.count(band) > 1:
            raise UserError(f"band {band!r} of {spec.name!r} occurs twice in its band groups", "a band has one token")
    own = tuple(group.bands for group in spec.band_groups)
    return evolve(spec, regrouped=None if wanted == own else wanted)
