"""Masking policy `random_time_with_decode`: band sets are encoded or decoded, at random tokens or whole time steps."""

import numpy as np
from attrs import frozen

from spacenit_core.config.fields import between, setting
from spacenit_core.kinds.masking import MaskingConfig
from spacenit_core.rng import Draws
from spacenit_core.samples.layout import SensorBlock, TokenLayout
from spacenit_core.samples.visibility import DECODE, ENCODE, TARGET_ONLY
from spacenit_train.masking.primitives import choose
from spacenit_train.masking.roles import Roles, RoleSettings


@frozen(kw_only=True)
class RandomTimeWithDecodeMasking(RoleSettings, MaskingConfig):
    """The policy of OlmoEarth v1.1 and v1.2: `random_with_decode`, and for some of the samples whole time steps.

    Such a sample shares the steps that it has data for out: band sets that are encoded are encoded at some steps, those
    that are decoded are decoded at the others, and what is left goes to the target. Band sets without time or without a
    grid, and those without data at their steps, are masked at random as in the other samples.
    """

    random_ratio: float = setting("share of the samples that is masked at random", 0.5, validator=between(0, 1))

    def build(self) -> "RandomTimeWithDecodeMasking":
        """The policy is its own config: it has no state."""
        return self

    def __call__(self, layout: TokenLayout, missing: np.ndarray, draws: Draws) -> np.ndarray:
        """Decide for every token, uint8 ``[B, N]``: random tokens, in some samples whole time steps."""
        out, roles = self.at_random(layout, missing, draws)
        self._fill_steps(out, layout, missing, draws, roles)
        return out

    def _fill_steps(
        self, out: np.ndarray, layout: TokenLayout, missing: np.ndarray, draws: Draws, roles: Roles
    ) -> None:
        """Mask whole time steps in the samples that are drawn for it and have data at two steps or more."""
        present = ~missing
        there = {block.sensor.name: _by_step(present, block) for block in layout.blocks if self._in_steps(block)}
        steps = np.zeros((len(missing), layout.timesteps), dtype=bool)
        for tokens in there.values():
            steps |= np.any(tokens, axis=(1, 3))
        count = steps.sum(axis=1)
        encoded = choose(steps, np.ceil(count * self.encode_ratio).astype(np.int64), draws.uniform(layout.timesteps))
        in_steps = (draws.uniform() >= self.random_ratio) & (count > 1) & ~roles.alone[:, 0]
        first = 0
        for block in layout.blocks:
            pairs = slice(first, first := first + block.groups)
            if block.sensor.name not in there:
                continue
            is_encoded = roles.encoded[:, None, pairs]
            own = np.where(is_encoded, encoded[:, :, None], (steps & ~encoded)[:, :, None])
            here = in_steps[:, None] & (own & np.any(there[block.sensor.name], axis=1)).any(axis=1)
            value = np.where(own, np.where(is_encoded, np.uint8(ENCODE), np.uint8(DECODE)), np.uint8(TARGET_ONLY))
            taken = there[block.sensor.name] & here[:, None, None, :]
            out[:, block.tokens] = np.where(taken, value[:, None], _by_step(out, block)).reshape(len(out), -1)

    def _in_steps(self, block: SensorBlock) -> bool:
        sensor = block.sensor
        return sensor.spatial and sensor.temporal and sensor.name not in self.only_decode_modalities


def _by_step(tokens: np.ndarray, block: SensorBlock) -> np.ndarray:
    """From ``[B, N]`` to a sensor's tokens by time step, ``[B, rows * columns, steps, groups]``."""
    return tokens[:, block.tokens].reshape(len(tokens), -1, block.timesteps, block.groups)
