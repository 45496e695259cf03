"""What the masking policies are made of. All arrays are numpy, for the whole batch at once."""

import numpy as np

from spacenit_core.rng import Draws
from spacenit_core.samples.layout import TokenLayout
from spacenit_core.samples.visibility import DECODE, ENCODE, MISSING, TARGET_ONLY


def check_ratios(encode_ratio: float, decode_ratio: float) -> None:
    """Refuse shares that do not fit together.

    Raises:
        ValueError: where a token would have to be both encoded and decoded, or none encoded.
    """
    if encode_ratio <= 0:
        raise ValueError(f"encode_ratio must be greater than 0, not {encode_ratio}: nothing would be encoded")
    if encode_ratio + decode_ratio > 1:
        raise ValueError(f"encode_ratio ({encode_ratio}) and decode_ratio ({decode_ratio}) must not exceed 1 together")


def random_tokens(
    layout: TokenLayout, missing: np.ndarray, draws: Draws, *, encode_ratio: float, decode_ratio: float
) -> np.ndarray:
    """Encode and decode a share of each sensor's tokens, chosen at random in each sample.

    Shares are of all tokens of the sensor; those that turn out to be missing are not replaced. A sensor with neither a
    grid nor time has one token per sample: there the shares are of the samples of the global batch.

    Args:
        layout: the tokens.
        missing: bool ``[B, N]``.
        draws: the random numbers.
        encode_ratio: share to encode.
        decode_ratio: share to decode; the rest is left to the target.

    Returns:
        visibility, uint8 ``[B, N]``.
    """
    out = np.full(missing.shape, TARGET_ONLY, dtype=np.uint8)
    keys = draws.uniform(len(layout))
    for block in layout.blocks:
        if block.sensor.spatial or block.sensor.temporal:
            count = block.stop - block.start
            values = _counted(count, int(count * encode_ratio), int(count * decode_ratio))
            order = np.argsort(keys[:, block.tokens], axis=1)
            np.put_along_axis(out[:, block.tokens], order, np.broadcast_to(values, order.shape), axis=1)
        else:
            size = draws.global_batch_size
            values = _counted(size, int(size * encode_ratio), int(size * decode_ratio))
            out[:, block.tokens] = values[draws.order_in_batch()][:, None]
    out[missing] = MISSING
    return out


def _counted(count: int, encoded: int, decoded: int) -> np.ndarray:
    values = np.full(count, TARGET_ONLY, dtype=np.uint8)
    values[:encoded] = ENCODE
    values[encoded : encoded + decoded] = DECODE
    return values


def random_present_tokens(
    missing: np.ndarray, keys: np.ndarray, *, encode_ratio: float, decode_ratio: float
) -> np.ndarray:
    """Encode and decode a share of the tokens that are there.

    A single present token is encoded, whatever the shares, as in the reference.

    Args:
        missing: bool ``[R, n]``.
        keys: uniform random numbers in [0, 1), ``[R, n]``.
        encode_ratio: share to encode.
        decode_ratio: share to decode; the rest is left to the target.

    Returns:
        visibility, uint8 ``[R, n]``.
    """
    present = (~missing).sum(axis=1, keepdims=True)
    encoded = np.where(present == 1, 1, (present * encode_ratio).astype(np.int64))
    decoded = np.where(present == 1, 0, (present * decode_ratio).astype(np.int64))
    rank = np.arange(missing.shape[1])
    values = np.select(
        [rank < encoded, rank < encoded + decoded, rank < present], [ENCODE, DECODE, TARGET_ONLY], MISSING
    ).astype(np.uint8)
    out = np.full(missing.shape, MISSING, dtype=np.uint8)
    # Missing tokens sort behind all others.
    np.put_along_axis(out, np.argsort(np.where(missing, np.float32(2), keys), axis=1), values, axis=1)
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
