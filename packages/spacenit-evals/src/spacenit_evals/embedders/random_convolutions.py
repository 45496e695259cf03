"""Embedder `random_convolutions`: random kernels, rectified and averaged."""

from typing import TYPE_CHECKING, ClassVar

from attrs import frozen

from spacenit_core.config.fields import at_least, setting
from spacenit_core.errors import UserError
from spacenit_core.kinds.embedders import EmbedderConfig, EvaluatedModel, ModelFacts, device_beside, taken_sensors
from spacenit_core.samples.model_inputs import ModelInputs

if TYPE_CHECKING:
    from spacenit_evals.embedders.convolved import ConvolvedWindows


def _is_odd(_: object, __: object, value: int) -> None:
    if value < 1 or value % 2 == 0:
        raise ValueError(f"a kernel has a middle: an odd number of pixels, not {value}")


@frozen(kw_only=True)
class RandomConvolutions(EmbedderConfig):
    """Random kernels over each sensor's pixels, rectified and averaged over space and time (Rolf et al. 2021).

    Where there is a grid, what lies around a pixel counts; which date an image is of does not.
    """

    adapter: ClassVar[str] = "1"

    kernels: int = setting("random kernels for each sensor; each gives two numbers", 128, validator=at_least(1))
    side: int = setting("pixels along one side of a kernel, odd", 3, validator=_is_odd)
    seed: int = setting("seed of the kernels", 0, validator=at_least(0))
    device: str | None = setting("where to compute; where the evaluated model is, or the CPU, if unset", None)

    def facts(self, model: EvaluatedModel | None, inputs: ModelInputs | None) -> ModelFacts:
        """Drawn numbers, without weights."""
        return ModelFacts(
            sensors=() if inputs is None else taken_sensors(inputs.sensors),
            normalisation="by the statistics of each sensor, to deviations from the mean",
            input_size="any; the vectors of patches want a whole number of them",
            time="each date by itself, then their mean; months do not count",
            code_licence="Apache-2.0",
            parameters=0,
            seen=(),
        )

    def build(self, model: EvaluatedModel | None, inputs: ModelInputs) -> "ConvolvedWindows":
        """Draw the kernels; of a model only the device matters.

        Raises:
            UserError: where a sensor has no statistics.
        """
        from spacenit_evals.embedders.convolved import ConvolvedWindows, drawn_kernels

        for spec in inputs.sensors:
            if spec.normalization is None:
                raise UserError(
                    f"random_convolutions normalises pixels, and {spec.name} has no statistics",
                    "`spacenit-run data stats` makes them",
                )
        device = device_beside(self.device, model)
        drawn = {spec.name: drawn_kernels(spec, self.kernels, self.side, self.seed) for spec in inputs.sensors}
        return ConvolvedWindows(inputs, {name: kernels.to(device) for name, kernels in drawn.items()})
