"""Sensors that are predicted and never seen by the encoder, upon any policy."""

import numpy as np
from attrs import frozen

from spacenit_core.config.fields import setting
from spacenit_core.samples.layout import TokenLayout
from spacenit_core.samples.visibility import DECODE, ENCODE


@frozen(kw_only=True, slots=False)  # a policy may have two such bases
class OnlyDecodedSettings:
    """What policies have in common that mask all sensors alike."""

    only_decode_modalities: tuple[str, ...] = setting(
        "sensors that are never encoded: what would be encoded of them is decoded", (), names="sensors"
    )

    def never_encoded(self) -> frozenset[str]:
        """Those of `only_decode_modalities`."""
        return frozenset(self.only_decode_modalities)

    def hold_back(self, out: np.ndarray, layout: TokenLayout) -> np.ndarray:
        """Decode what a policy encodes of these sensors.

        Args:
            out: visibility, uint8 ``[B, N]``; changed in place.
            layout: the tokens.

        Returns:
            `out`.
        """
        if not self.only_decode_modalities:
            return out
        only_decode = np.isin(layout.sensor_names, self.only_decode_modalities)[layout.sensor]
        out[(out == ENCODE) & only_decode] = DECODE
        return out
