"""What goes into a model, or what a model takes."""

from attrs import frozen

from spacenit_core.sensors.selection import SensorSet


@frozen(kw_only=True)
class ModelInputs:
    """What samples hold for a model.

    Attributes:
        sensors: the sensors with their bands, in the units that their specs state.
        patch_size: grid cells along one side of a patch, for models that leave it open.
        max_timesteps: the most dates of a series; None for no limit.
    """

    sensors: SensorSet
    patch_size: int
    max_timesteps: int | None = None
