"""Raster conversion, H5 tile datasets, normalisation and the data loader of SpaceNit."""

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from spacenit_data.datasets.h5_tiles import H5Tiles
    from spacenit_data.loader.loader import Loader

__all__ = ["H5Tiles", "Loader"]

_MODULES = {"H5Tiles": "spacenit_data.datasets.h5_tiles", "Loader": "spacenit_data.loader.loader"}


def __getattr__(name: str) -> Any:
    # On first use, so that a command that reads no data imports neither h5py nor torch.
    if name not in _MODULES:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib import import_module

    return getattr(import_module(_MODULES[name]), name)
