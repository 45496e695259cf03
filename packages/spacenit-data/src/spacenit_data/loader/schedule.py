"""The size of each step's windows: the same on all ranks, so that none waits for another."""

from typing import Literal, Protocol

from attrs import frozen

from spacenit_core.errors import UserError
from spacenit_core.rng import generator
from spacenit_core.sensors.selection import SensorSet
from spacenit_data.loader.config import TileLoaderConfig

MAX_STEPS = 12
"""The most time steps of a window: a year of months."""


@frozen
class WindowShape:
    """The size of the windows of one step.

    Attributes:
        patch_size: cells along one side of a patch.
        patches: patches along one side of the window (the reference's ``hw_p``).
        timesteps: time steps.
    """

    patch_size: int
    patches: int
    timesteps: int

    @property
    def cells(self) -> int:
        """Cells along one side of the window."""
        return self.patch_size * self.patches


class Schedule(Protocol):
    """Gives each step its size; a pure function, to be copied to loader workers."""

    def shape(self, step: int) -> WindowShape:
        """The size of the windows of a global step, counted from 0."""
        ...


def max_timesteps(
    sensors: SensorSet, patches: int, token_budget: int | None, groups: Literal["sensor", "model"] = "sensor"
) -> int:
    """The most time steps that a window of patches x patches may have within a token budget.

    Tokens are counted as if every sensor were there: per patch one for each band group of a sensor with a grid, per
    step one for each of a sensor with time. Sensors with neither are not counted (OlmoEarth counts no latlon).

    Args:
        sensors: the sensors of the windows.
        patches: along one side.
        token_budget: most tokens of a sample; no bound if None.
        groups: which band groups count, the sensors' own or those that the model makes tokens of. The official runs
            count the sensors' own, also where the model's are fewer, so that their windows are the same.

    Raises:
        UserError: if not even one step fits.
    """
    if token_budget is None:
        return MAX_STEPS
    area = patches * patches
    count = {spec.name: len(spec.token_groups if groups == "model" else spec.band_groups) for spec in sensors}
    once = area * sum(count[spec.name] for spec in sensors if spec.spatial and not spec.temporal)
    per_step = sum((area if spec.spatial else 1) * count[spec.name] for spec in sensors if spec.temporal)
    if per_step == 0:
        return 1
    steps = min((token_budget - once) // per_step, MAX_STEPS)
    if steps < 1:
        raise UserError(
            f"data_loader.token_budget={token_budget} is too small: one time step of {patches} x {patches} patches of "
            f"the {len(sensors)} sensors needs {once + per_step} tokens",
            f"raise it, or leave {patches} out of data_loader.sampled_hw_p_list",
        )
    return steps


class RandomSizes:
    """A patch size for each step, then a window of as many patches as the sample has room for; both uniform.

    Args:
        config: the loader's settings.
        sensors: the sensors, which the token budget is shared among.
        tile_size: cells along one side of a sample; None without a grid.

    Raises:
        UserError: for a patch size or a number of patches that fits into no sample, and for too small a budget.
    """

    def __init__(self, config: TileLoaderConfig, sensors: SensorSet, tile_size: int | None) -> None:
        self._seed = config.seed
        self._choices: list[list[WindowShape]] = []
        for patch_size in range(config.min_patch_size, config.max_patch_size + 1):
            fitting = [n for n in config.sampled_hw_p_list if tile_size is None or patch_size * n <= tile_size]
            if not fitting:
                smallest = min(config.sampled_hw_p_list)
                raise UserError(
                    f"windows of {smallest} patches of {patch_size} cells are larger than the samples, which have "
                    f"{tile_size} cells a side",
                    f"lower data_loader.max_patch_size={config.max_patch_size}, or add smaller numbers to "
                    f"data_loader.sampled_hw_p_list={list(config.sampled_hw_p_list)}",
                )
            self._choices.append(
                [
                    WindowShape(
                        patch_size, n, max_timesteps(sensors, n, config.token_budget, config.token_budget_groups)
                    )
                    for n in fitting
                ]
            )
        self._check_all_used(config, tile_size)

    def shape(self, step: int) -> WindowShape:
        """The size of the windows of a global step, counted from 0."""
        rng = generator(self._seed, "window size", step)
        choices = self._choices[rng.integers(len(self._choices))]
        return choices[rng.integers(len(choices))]

    def _check_all_used(self, config: TileLoaderConfig, tile_size: int | None) -> None:
        used = {shape.patches for choices in self._choices for shape in choices}
        unused = [n for n in config.sampled_hw_p_list if n not in used]
        if unused:
            raise UserError(
                f"data_loader.sampled_hw_p_list has {unused[0]}, but windows of {unused[0]} patches of "
                f"{config.min_patch_size} cells are larger than the samples, which have {tile_size} cells a side",
                f"leave out what is above {tile_size // config.min_patch_size if tile_size else 0}",
            )
