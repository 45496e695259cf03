"""What a baseline makes of windows, as embedders were called before: see `spacenit_core.kinds.baselines`."""

from typing import Any

import numpy as np
from attrs import define

from spacenit_core.contracts.owner import Owner, shown_type


def hold(component: Any, owner: Owner, *_: Any) -> Any:
    """The extractor; the features of one of others are checked."""
    if not callable(component):
        owner.breaks("a baseline's extractor is called with a batch", f"built {shown_type(component)}")
    if owner.official:
        return component
    owner.takes(component, "batch")
    return HeldExtractor(component, owner)


@define(eq=False)
class HeldExtractor:
    """An extractor and the check of its features.

    Attributes:
        extractor: what `build` made.
        owner: whose it is.
    """

    extractor: Any
    owner: Owner
    _width: int | None = None

    def __getattr__(self, name: str) -> Any:
        if name in ("extractor", "owner") or name.startswith("__"):
            raise AttributeError(name)
        return getattr(self.extractor, name)

    def __call__(self, batch: Any) -> np.ndarray:
        """See `spacenit_core.kinds.baselines.FeatureExtractor`.

        Raises:
            PluginError: for features that break the contract.
        """
        features: Any = self.extractor(batch)
        due = f"a baseline gives one vector for each window, float32 [{len(batch)}, F] with the same F always"
        if not isinstance(features, np.ndarray) or features.dtype != np.float32 or features.ndim != 2:
            self.owner.breaks(due, f"returned {shown_type(features)}")
        self._width = features.shape[1] if self._width is None else self._width
        if features.shape != (len(batch), self._width) or not self._width:
            self.owner.breaks(due, f"returned {shown_type(features)}")
        if np.isinf(features).any():
            self.owner.breaks("features are numbers, or NaN where there is none", "returned infinite values")
        found: np.ndarray = features
        return found
