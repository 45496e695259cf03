"""Cross-sensor prediction upon another policy: each sample encodes some of its band sets and decodes some."""

import numpy as np
from attrs import frozen

from spacenit_core.config.fields import at_least, between, setting
from spacenit_core.rng import Draws
from spacenit_core.samples.layout import TokenLayout
from spacenit_core.samples.visibility import DECODE, ENCODE, MISSING, TARGET_ONLY
from spacenit_train.masking.primitives import by_band_set, check_ratios, choose, of_sensors, random_present_tokens


@frozen(kw_only=True)
class CrossSettings:
    """What the policies `modality_cross_...` have in common.

    A band set is a sensor's band group. After the underlying policy, each sample encodes some of the band sets that it
    has and decodes some; a sample that is left without encoded or without decoded tokens is masked anew, at random.
    """

    encode_ratio: float = setting("share of what the policy shares out that is encoded", 0.5, validator=between(0, 1))
    decode_ratio: float = setting("share of what the policy shares out that is decoded", 0.5, validator=between(0, 1))
    allow_encoding_decoding_same_bandset: bool = setting("whether a band set may be both encoded and decoded", False)
    min_encoded_bandsets: int | None = setting(
        "fewest band sets that a sample encodes (none: all it has)", 2, validator=at_least(2)
    )
    max_encoded_bandsets: int | None = setting(
        "most band sets that a sample encodes (none: no limit)", None, validator=at_least(2)
    )
    min_decoded_bandsets: int | None = setting(
        "fewest band sets decoded among those that may be encoded too (none: 1)", None, validator=at_least(1)
    )
    max_decoded_bandsets: int | None = setting(
        "most band sets decoded among those that may be encoded too (none: no limit)", None, validator=at_least(1)
    )
    only_decode_modalities: tuple[str, ...] = setting("sensors that are never encoded", (), names="sensors")

    def __attrs_post_init__(self) -> None:
        check_ratios(self.encode_ratio, self.decode_ratio)
        if self.min_encoded_bandsets is None and self.max_encoded_bandsets is not None:
            raise ValueError("max_encoded_bandsets has no effect without min_encoded_bandsets: set both or neither")
        for least, most, what in (
            (self.min_encoded_bandsets, self.max_encoded_bandsets, "encoded"),
            (self.min_decoded_bandsets, self.max_decoded_bandsets, "decoded"),
        ):
            if least is not None and most is not None and least > most:
                raise ValueError(f"min_{what}_bandsets ({least}) must not exceed max_{what}_bandsets ({most})")

    def inactive(self) -> dict[str, str]:
        """What is not encoded is decoded, unless it may be both."""
        if self.allow_encoding_decoding_same_bandset:
            return {}
        decoded = ("min_decoded_bandsets", "max_decoded_bandsets")
        return dict.fromkeys(decoded, "allow_encoding_decoding_same_bandset=false")

    def never_encoded(self) -> frozenset[str]:
        """Those of `only_decode_modalities`."""
        return frozenset(self.only_decode_modalities)

    def across(self, out: np.ndarray, layout: TokenLayout, draws: Draws, whole: np.ndarray | None = None) -> np.ndarray:
        """Apply the choice of band sets to what the underlying policy has decided.

        Args:
            out: visibility, uint8 ``[B, N]``; changed in place.
            layout: the tokens.
            draws: the random numbers.
            whole: bool ``[sensors]``: sensors without the structure that the underlying policy masks by. What is chosen
                of them is encoded or decoded whole, what is not chosen keeps its values.

        Returns:
            `out`.
        """
        missing = out == MISSING
        only_decode = of_sensors(layout, self.only_decode_modalities)
        here = by_band_set(layout, ~missing)
        present = here & (by_band_set(layout, out == ENCODE) | only_decode)
        encoded, decoded = self._choose_band_sets(present, only_decode, draws)
        is_whole = np.zeros(len(layout.blocks), dtype=bool) if whole is None else whole
        forced = is_whole[layout.band_set_sensor]
        out[(encoded & forced)[:, layout.band_set] & ~missing] = ENCODE
        out[(decoded & ~encoded & forced)[:, layout.band_set] & ~missing] = DECODE
        # As in the reference, band sets that are not encoded keep their tokens to decode, chosen for decoding or not.
        silent = ~encoded & ~(forced & ~only_decode)
        out[(out == ENCODE) & silent[:, layout.band_set]] = TARGET_ONLY
        out[(out == DECODE) & (encoded & ~decoded & ~forced)[:, layout.band_set]] = TARGET_ONLY
        self._mask_empty_anew(out, layout, missing, draws)
        return out

    def _choose_band_sets(
        self, present: np.ndarray, only_decode: np.ndarray, draws: Draws
    ) -> tuple[np.ndarray, np.ndarray]:
        """Which band sets each sample encodes and which it decodes, bool ``[B, pairs]`` each."""
        number = present.sum(axis=1)
        candidates = present & ~only_decode
        lowest, highest = self._encoded_limits(candidates.sum(axis=1))
        encoded = choose(candidates, draws.integers(lowest, highest), draws.uniform(present.shape[1]))
        if self.allow_encoding_decoding_same_bandset:
            fewest = np.minimum(self.min_decoded_bandsets or 1, number)
            most = np.minimum(self.max_decoded_bandsets or number, number)
            count = draws.integers(np.minimum(fewest, most), most)
            decoded = choose(present, count, draws.uniform(present.shape[1]))
        else:
            decoded = present & ~encoded
        # Of two band sets or one the first is encoded and the other decoded. The reference may take a decode-only one.
        first = candidates & (candidates.cumsum(axis=1) == 1)
        few = (number <= 2)[:, None]
        return np.where(few, first, encoded), np.where(few, present & ~first, decoded)

    def _encoded_limits(self, available: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
        highest = available if self.allow_encoding_decoding_same_bandset else available - 1
        highest = np.maximum(highest, 0)
        lowest = available if self.min_encoded_bandsets is None else np.minimum(self.min_encoded_bandsets, available)
        if self.max_encoded_bandsets is not None:
            highest = np.minimum(highest, self.max_encoded_bandsets)
        return np.minimum(lowest, highest), highest

    def _mask_empty_anew(self, out: np.ndarray, layout: TokenLayout, missing: np.ndarray, draws: Draws) -> None:
        empty = ~((out == ENCODE).any(axis=1) & (out == DECODE).any(axis=1))
        if not empty.any():
            return
        keys = draws.uniform(len(layout))[empty]
        for block in layout.blocks:
            if block.sensor.name not in self.only_decode_modalities:
                out[empty, block.tokens] = random_present_tokens(
                    missing[empty, block.tokens],
                    keys[:, block.tokens],
                    encode_ratio=self.encode_ratio,
                    decode_ratio=self.decode_ratio,
                )
