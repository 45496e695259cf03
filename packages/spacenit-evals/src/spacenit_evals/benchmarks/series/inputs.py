"""What of the stored sensors a model takes."""

from collections.abc import Sequence

from attrs import evolve

from spacenit_core.errors import UserError
from spacenit_core.samples.model_inputs import ModelInputs
from spacenit_core.sensors.selection import SensorSet
from spacenit_core.sensors.spec import SensorSpec

L1C = ("sentinel2", "sentinel2_l2a")
"""Top-of-atmosphere pixels are handed on as surface reflectance to a model that takes nothing else."""

Stored = tuple[str, ...]
"""The names that the pixels of one sensor may be handed on by, the exact one first."""


def inputs_of(
    takes: ModelInputs, stored: Sequence[Stored], *, what: str, side: int = 1, longest: int | None = None
) -> ModelInputs:
    """The sensors that a model takes of those that are stored, in patches that samples can be cut into.

    Args:
        takes: what the model takes.
        stored: the sensors that there are.
        what: the samples' name in messages: "the points".
        side: grid cells along one side of a sample; the patch is the largest that fits and is no larger than asked for.
        longest: the most dates of a sample.

    Raises:
        UserError: where it takes none, or no series that long.
    """
    chosen = [name for names in stored if (name := next((name for name in names if name in takes.sensors), None))]
    if not chosen:
        raise UserError(
            f"{what} have {' and '.join(names[0] for names in stored)}, and the model takes "
            f"{', '.join(takes.sensors.names)}",
            "choose another benchmark",
        )
    if longest is not None and takes.max_timesteps is not None and longest > takes.max_timesteps:
        raise UserError(
            f"{what} have series of up to {longest} dates, and the model takes {takes.max_timesteps}",
            "hand on means of months, where the benchmark offers that, or choose another benchmark",
        )
    patch = max(size for size in range(1, min(takes.patch_size, side) + 1) if side % size == 0)
    specs: list[SensorSpec] = [takes.sensors[name] for name in chosen]
    return evolve(takes, sensors=SensorSet(tuple(specs)), patch_size=patch)


def stand_ins(inputs: ModelInputs, stored: Sequence[Stored]) -> dict[str, object]:
    """A remark on sensors that are handed on by another name; empty where there is none."""
    told = [
        f"{names[0]} is handed on as {name}" for names in stored for name in names[1:] if name in inputs.sensors.names
    ]
    return {"sensor": "; ".join(told)} if told else {}
