"""Band sets that are only encoded and others that are only decoded, drawn for each sample."""

import numpy as np
from attrs import frozen

from spacenit_core.config.fields import between, setting
from spacenit_core.rng import Draws
from spacenit_core.samples.layout import TokenLayout
from spacenit_core.samples.visibility import DECODE, MISSING
from spacenit_train.masking.primitives import by_band_set, check_encoded, choose, of_sensors, random_present_tokens


@frozen(eq=False)
class Roles:
    """Which (sensor, band group) pairs of a sample give tokens to encode and which give tokens to predict.

    Attributes:
        encoded: bool ``[B, pairs]``.
        decoded: bool ``[B, pairs]``; never one that is encoded.
        alone: bool ``[B, 1]``: whether the sample has but one pair, which then plays both roles.
    """

    encoded: np.ndarray
    decoded: np.ndarray
    alone: np.ndarray


@frozen(kw_only=True)
class RoleSettings:
    """What the policies `..._with_decode` have in common: band sets have one role each, and give random tokens to it.

    Every token of the sensors that are only decoded is decoded.
    """

    encode_ratio: float = setting(
        "share of the band sets that is encoded, and of what each of them has", 0.5, validator=between(0, 1)
    )
    decode_ratio: float = setting(
        "share of the tokens of the other band sets that is decoded", 0.5, validator=between(0, 1)
    )
    only_decode_modalities: tuple[str, ...] = setting(
        "sensors that are decoded whole and never encoded", (), names="sensors"
    )

    def __attrs_post_init__(self) -> None:
        check_encoded(self.encode_ratio)

    def never_encoded(self) -> frozenset[str]:
        """Those of `only_decode_modalities`."""
        return frozenset(self.only_decode_modalities)

    def at_random(self, layout: TokenLayout, missing: np.ndarray, draws: Draws) -> tuple[np.ndarray, Roles]:
        """Draw the roles and take random tokens of each.

        Args:
            layout: the tokens.
            missing: bool ``[B, N]``.
            draws: the random numbers.

        Returns:
            Visibility, uint8 ``[B, N]``, and the roles.
        """
        roles = _draw_roles(layout, missing, draws, self.encode_ratio, self.only_decode_modalities)
        return _fill_roles(layout, missing, draws, roles, self.encode_ratio, self.decode_ratio), roles


def _draw_roles(
    layout: TokenLayout,
    missing: np.ndarray,
    draws: Draws,
    encode_ratio: float,
    only_decode_modalities: tuple[str, ...],
) -> Roles:
    """Share the band sets that a sample has out over the roles: of n of them, the share to encode is rounded up.

    Sensors that are only decoded have no role.
    """
    present = by_band_set(layout, ~missing) & ~of_sensors(layout, only_decode_modalities)
    count = present.sum(axis=1)
    encoded = choose(present, np.ceil(count * encode_ratio).astype(np.int64), draws.uniform(present.shape[1]))
    return Roles(encoded, present & ~encoded, (count == 1)[:, None])


def _fill_roles(
    layout: TokenLayout,
    missing: np.ndarray,
    draws: Draws,
    roles: Roles,
    encode_ratio: float,
    decode_ratio: float,
) -> np.ndarray:
    """Encode a share of the tokens of each encoded band set, decode a share of each decoded one, at random.

    All tokens of band sets without a role are decoded.

    Returns:
        visibility, uint8 ``[B, N]``.
    """
    out = np.where(missing, np.uint8(MISSING), np.uint8(DECODE))
    keys = draws.uniform(len(layout))
    shares = (
        np.where(roles.encoded, encode_ratio, 0.0),
        np.where(roles.decoded | (roles.encoded & roles.alone), decode_ratio, 0.0),
    )
    first = 0
    for block in layout.blocks:
        pairs = slice(first, first := first + block.groups)
        if (roles.encoded[:, pairs] | roles.decoded[:, pairs]).any():
            filled = random_present_tokens(
                _by_group(missing[:, block.tokens], block.groups),
                _by_group(keys[:, block.tokens], block.groups),
                encode_ratio=shares[0][:, pairs].reshape(-1, 1),
                decode_ratio=shares[1][:, pairs].reshape(-1, 1),
            )
            by_group = filled.reshape(len(missing), block.groups, -1)
            out[:, block.tokens] = by_group.swapaxes(1, 2).reshape(len(missing), -1)
    return out


def _by_group(tokens: np.ndarray, groups: int) -> np.ndarray:
    """From a sensor's tokens ``[B, n * groups]`` to one row for each sample and band group, ``[B * groups, n]``."""
    return tokens.reshape(len(tokens), -1, groups).swapaxes(1, 2).reshape(len(tokens) * groups, -1)
