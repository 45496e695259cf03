"""Masking policy `random_fixed_modality`: random tokens, some sensors always decoded and others at times taken away."""

from typing import Literal

import numpy as np
from attrs import frozen

from spacenit_core.config.fields import between, setting
from spacenit_core.kinds.masking import MaskingConfig
from spacenit_core.rng import Draws
from spacenit_core.samples.layout import TokenLayout
from spacenit_core.samples.visibility import DECODE, MISSING
from spacenit_train.masking.primitives import check_ratios, choose, random_tokens


@frozen(kw_only=True)
class RandomFixedModalityMasking(MaskingConfig):
    """Random tokens; some sensors are always decoded as a whole, and of others some are taken away at random.

    Of the n sensors in `randomize_missing_modalities`, the first sample of the batch loses from none to n - 1. As in
    the reference, what a sample has lost is no longer drawn for the samples after it, so that a batch loses at most
    n - 1 in all; `randomize_missing_in="sample"` draws anew for each sample. A sensor is taken away only from samples
    that have all of it and keep another one of the list that is whole.
    """

    decoded_modalities: tuple[str, ...] = setting("sensors that are decoded as a whole", names="sensors")
    randomize_missing_modalities: tuple[str, ...] = setting("sensors of which some are taken away", (), names="sensors")
    randomize_missing_in: Literal["batch", "sample"] = setting("what loses at most all but one of them", "batch")
    encode_ratio: float = setting("share of the other sensors' tokens that is encoded", 0.5, validator=between(0, 1))
    decode_ratio: float = setting("share of the other sensors' tokens that is decoded", 0.5, validator=between(0, 1))

    def __attrs_post_init__(self) -> None:
        check_ratios(self.encode_ratio, self.decode_ratio)

    def inactive(self) -> dict[str, str]:
        """Of fewer than two sensors none is taken away."""
        names = self.randomize_missing_modalities
        return {"randomize_missing_in": f"randomize_missing_modalities=[{','.join(names)}]"} if len(names) < 2 else {}

    def never_encoded(self) -> frozenset[str]:
        """Those of `decoded_modalities`."""
        return frozenset(self.decoded_modalities)

    def build(self) -> "RandomFixedModalityMasking":
        """The policy is its own config: it has no state."""
        return self

    def __call__(self, layout: TokenLayout, missing: np.ndarray, draws: Draws) -> np.ndarray:
        """Decide for every token, uint8 ``[B, N]``: random tokens, and all of `decoded_modalities` decoded."""
        out = random_tokens(layout, missing, draws, encode_ratio=self.encode_ratio, decode_ratio=self.decode_ratio)
        for name in self.decoded_modalities:
            if name in layout.sensor_names:
                tokens = layout[name].tokens
                out[:, tokens] = np.where(missing[:, tokens], np.uint8(MISSING), np.uint8(DECODE))
        names = [name for name in self.randomize_missing_modalities if name in layout.sensor_names]
        if len(names) > 1:
            whole = np.stack([~missing[:, layout[name].tokens].any(axis=1) for name in names], axis=1)
            lost = (self._lost_in_batch if self.randomize_missing_in == "batch" else self._lost_in_sample)(draws, whole)
            kept = (whole & ~lost).any(axis=1, keepdims=True)
            for name, rows in zip(names, (lost & whole & kept).T, strict=True):
                out[rows, layout[name].tokens] = MISSING
        return out

    @staticmethod
    def _lost_in_sample(draws: Draws, whole: np.ndarray) -> np.ndarray:
        count = np.maximum(whole.sum(axis=1) - 1, 0)
        return choose(whole, draws.integers(0, count), draws.uniform(whole.shape[1]))

    @staticmethod
    def _lost_in_batch(draws: Draws, whole: np.ndarray) -> np.ndarray:
        """Which sensor each sample loses, bool ``[B, n]``; drawn for the global batch, from its first sample on."""
        number = whole.shape[1]
        order, uniform = draws.batch.permutation(number), draws.batch.random((number, 2))
        positions = np.full(number, draws.global_batch_size)
        left, sample = number, 0
        for wait, size in uniform:
            if left == 1:
                break
            # Each sample loses none with probability 1 / left: the first that loses any comes after a geometric wait.
            sample += int(np.log1p(-wait) / np.log(1 / left))
            lost = 1 + int(size * (left - 1))
            positions[order[left - lost : left]] = sample
            left, sample = left - lost, sample + 1
        return draws.positions[:, None] == positions
