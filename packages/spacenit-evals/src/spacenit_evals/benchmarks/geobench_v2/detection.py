"""Sets of GEO-Bench v2 whose labels are boxes: they are listed, and refused."""

from typing import NoReturn

from attrs import frozen

from spacenit_core.errors import UserError
from spacenit_core.kinds.benchmarks import BENCHMARKS, BenchmarkConfig
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.sensors.selection import SensorSet


@frozen(kw_only=True)
class Boxes(BenchmarkConfig):
    """Base of the sets."""

    source = "the organisation aialliance on the hub"
    refused = "it holds boxes, and there is no protocol for object detection"

    def offers(self) -> SensorSet:
        """Refused."""
        raise self._refusal()

    def build(self, takes: ModelInputs) -> NoReturn:
        """Refused.

        Raises:
            UserError: always.
        """
        raise self._refusal()

    def _refusal(self) -> UserError:
        what = f"{BENCHMARKS.name_of(self)} cannot be evaluated on: {self.refused}"
        return UserError(what, "choose another benchmark: `spacenit-run evals list`")


@frozen(kw_only=True)
class EverWatch(Boxes):
    """Boxes around wading birds of the Everglades in drone images."""


@frozen(kw_only=True)
class WindTurbine(Boxes):
    """Boxes around wind turbines in aerial images."""


@frozen(kw_only=True)
class NZCattle(Boxes):
    """Boxes around cattle in aerial images."""


@frozen(kw_only=True)
class Substation(Boxes):
    """Boxes around power substations in Sentinel-2 images."""
