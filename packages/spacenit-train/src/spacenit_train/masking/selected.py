"""Sensors that are hidden as a whole, upon random masking."""

import numpy as np
from attrs import frozen

from spacenit_core.config.fields import at_least, setting
from spacenit_core.samples.layout import TokenLayout
from spacenit_core.samples.visibility import DECODE, MISSING


@frozen(kw_only=True, slots=False)  # a policy may have two such bases
class SelectedSettings:
    """What the policies `selectable_...` have in common: the sensors that may be hidden.

    Names of sensors that the experiment does not have take part in the draw and change nothing.
    """

    decodable_modalities: tuple[str, ...] = setting(
        "sensors that are decoded as a whole where they are drawn", names="sensors"
    )
    fully_mask_modalities: tuple[str, ...] = setting(
        "sensors that are taken away where they are drawn", names="sensors"
    )
    max_to_mask: int = setting("most sensors that are drawn", validator=at_least(0))

    def check_selected(self) -> None:
        """Refuse a sensor that is in both lists (ValueError)."""
        both = sorted(set(self.decodable_modalities) & set(self.fully_mask_modalities))
        if both:
            raise ValueError(f"{', '.join(both)}: in decodable_modalities or in fully_mask_modalities, not in both")

    @property
    def selectable(self) -> tuple[str, ...]:
        """All sensors that may be drawn."""
        return (*self.decodable_modalities, *self.fully_mask_modalities)

    def hide(self, out: np.ndarray, layout: TokenLayout, chosen: np.ndarray) -> np.ndarray:
        """Decode or take away whole sensors.

        Missing tokens stay missing; the reference makes targets of them.

        Args:
            out: visibility, uint8 ``[B, N]``; changed in place.
            layout: the tokens.
            chosen: which of `selectable` are hidden, bool ``[B, len(selectable)]``.

        Returns:
            `out`.
        """
        for name, rows in zip(self.selectable, chosen.T, strict=True):
            if name in layout.sensor_names:
                tokens = out[:, layout[name].tokens]
                value = DECODE if name in self.decodable_modalities else MISSING
                tokens[rows[:, None] & (tokens != MISSING)] = value
        return out
