"""Kind `recipes`: functions without arguments that return an experiment (an attrs class of the training package)."""

from collections.abc import Callable
from typing import Any

from spacenit_core.plugins.registry import Registry

Recipe = Callable[[], Any]

RECIPES: Registry[Recipe] = Registry("recipes", Callable, value=True)
