"""The sensors of an experiment, in one order."""

from collections.abc import Iterable, Iterator

from attrs import frozen

from spacenit_core.errors import UserError
from spacenit_core.plugins.registry import registry
from spacenit_core.sensors.spec import SensorSpec


@frozen
class SensorSet:
    """An ordered set of sensors; the order is that of `SensorSpec.order`, however they were listed.

    Attributes:
        specs: the sensors, in order.
    """

    specs: tuple[SensorSpec, ...]

    @classmethod
    def of(cls, names: Iterable[str | SensorSpec]) -> "SensorSet":
        """Look the names up among the installed sensors (any case); specs are taken as they are.

        Raises:
            UserError: for an unknown name, a repeated one, or sensors whose grids differ.
        """
        sensors = registry("sensors")
        specs = [name if isinstance(name, SensorSpec) else sensors.get(name) for name in names]
        repeated = {spec.name for spec in specs if sum(spec.name == other.name for other in specs) > 1}
        if repeated:
            raise UserError(f"sensor {sorted(repeated)[0]!r} is listed more than once")
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
