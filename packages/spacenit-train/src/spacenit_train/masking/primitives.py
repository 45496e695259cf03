"""What the masking policies are made of. All arrays are numpy, for the whole batch at once."""

import numpy as np

from spacenit_core.rng import Draws
from spacenit_core.samples.layout import TokenLayout
from spacenit_core.samples.visibility import DECODE, ENCODE, MISSING, TARGET_ONLY


def check_encoded(encode_ratio: float, name: str = "encode_ratio") -> None:
    """Refuse a share under which nothing is encoded.

    Raises:
        ValueError: where it is 0 or less.
    """
    if encode_ratio <= 0:
        raise ValueError(f"{name} must be greater than 0, not {encode_ratio}: nothing would be encoded")


def check_ratios(encode_ratio: float, decode_ratio: float) -> None:
    """Refuse shares that do not fit together.

    Raises:
        ValueError: where a token would have to be both encoded and decoded, or none encoded.
    """
    check_encoded(encode_ratio)
    if encode_ratio + decode_ratio > 1:
        raise ValueError(f"encode_ratio ({encode_ratio}) and decode_ratio ({decode_ratio}) must not exceed 1 together")


def shared_out(count: int, encoded: int | np.ndarray, decoded: int | np.ndarray) -> np.ndarray:
    """The values of `count` tokens before they are shuffled: first the encoded, then the decoded, the rest target.

    Args:
        count: number of tokens, n.
        encoded: how many are encoded; one number, or one per row ``[R, 1]``.
        decoded: how many are decoded, likewise.

    Returns:
        uint8 ``[n]`` or ``[R, n]``.
    """
    rank = np.arange(count)
    rest = np.where(rank < encoded + decoded, np.uint8(DECODE), np.uint8(TARGET_ONLY))
    return np.where(rank < encoded, np.uint8(ENCODE), rest)


def random_tokens(
    layout: TokenLayout,
    missing: np.ndarray,
    draws: Draws,
    *,
    encode_ratio: float | np.ndarray,
    decode_ratio: float | np.ndarray,
    pooled: tuple[float, float] | None = None,
) -> np.ndarray:
    """Encode and decode a share of each sensor's tokens, chosen at random in each sample.

    Shares are of all tokens of the sensor; those that turn out to be missing are not replaced. A sensor with neither a
    grid nor time has one token per sample: there the shares are of the samples of the global batch.

    Args:
        layout: the tokens.
        missing: bool ``[B, N]``.
        draws: the random numbers.
        encode_ratio: share to encode; one number, or one per sample and sensor ``[B, sensors]``.
        decode_ratio: share to decode, likewise; the rest is left to the target.
        pooled: the two shares of sensors with neither a grid nor time, where the others are not one number.

    Returns:
        visibility, uint8 ``[B, N]``.
    """
    out = np.empty(missing.shape, dtype=np.uint8)
    keys = draws.uniform(len(layout))
    shares = [np.broadcast_to(ratio, (len(missing), len(layout.blocks))) for ratio in (encode_ratio, decode_ratio)]
    of_samples = pooled or (encode_ratio, decode_ratio)
    for number, block in enumerate(layout.blocks):
        if block.sensor.spatial or block.sensor.temporal:
            count = block.stop - block.start
            encoded, decoded = ((count * share[:, [number]]).astype(np.int64) for share in shares)
            order = np.argsort(keys[:, block.tokens], axis=1)
            np.put_along_axis(out[:, block.tokens], order, shared_out(count, encoded, decoded), axis=1)
        else:
            size = draws.global_batch_size
            values = shared_out(size, *(int(size * share) for share in of_samples))
            out[:, block.tokens] = values[draws.order_in_batch()][:, None]
    out[missing] = MISSING
    return out


def random_present_tokens(
    missing: np.ndarray,
    keys: np.ndarray,
    *,
    encode_ratio: float | np.ndarray,
    decode_ratio: float | np.ndarray,
) -> np.ndarray:
    """Encode and decode a share of the tokens that are there.

    A single present token is encoded, whatever the shares, as in the reference.

    Args:
        missing: bool ``[R, n]``.
        keys: uniform random numbers in [0, 1), ``[R, n]``.
        encode_ratio: share to encode; one number, or one per row ``[R, 1]``.
        decode_ratio: share to decode, likewise; the rest is left to the target.

    Returns:
        visibility, uint8 ``[R, n]``.
    """
    present = (~missing).sum(axis=1, keepdims=True)
    encoded = np.where(present == 1, 1, (present * encode_ratio).astype(np.int64))
    decoded = np.where(present == 1, 0, (present * decode_ratio).astype(np.int64))
    out = np.empty(missing.shape, dtype=np.uint8)
    # Missing tokens sort behind all others.
    order = np.argsort(np.where(missing, np.float32(2), keys), axis=1)
    np.put_along_axis(out, order, shared_out(missing.shape[1], encoded, decoded), axis=1)
    out[missing] = MISSING
    return out


def choose(candidates: np.ndarray, counts: np.ndarray, keys: np.ndarray) -> np.ndarray:
    """Choose some of the candidates of each row, without replacement.

    Args:
        candidates: bool ``[B, n]``.
        counts: how many to choose in each row, int ``[B]``; at most the number of its candidates.
        keys: uniform random numbers in [0, 1), ``[B, n]``.

    Returns:
        bool ``[B, n]``.
    """
    order = np.argsort(np.where(candidates, keys, np.float32(2)), axis=1)
    rank = np.argsort(order, axis=1)
    return candidates & (rank < counts[:, None])


def by_band_set(layout: TokenLayout, tokens: np.ndarray) -> np.ndarray:
    """Whether any token of each (sensor, band group) pair is set, bool ``[B, pairs]`` from bool ``[B, N]``."""
    parts = [tokens[:, block.tokens].reshape(len(tokens), -1, block.groups).any(axis=1) for block in layout.blocks]
    return np.concatenate(parts, axis=1)


def of_sensors(layout: TokenLayout, names: tuple[str, ...]) -> np.ndarray:
    """Which (sensor, band group) pairs are of the named sensors, bool ``[pairs]``; other names are passed over."""
    return np.isin(layout.sensor_names, names)[layout.band_set_sensor]
