"""What a patch holds: see `spacenit_core.kinds.patches.Patch`."""

from spacenit_core.errors import PluginError
from spacenit_core.kinds.patches import PATCHES, Patch
from spacenit_core.plugins.registry import described


def check_patch(patch: Patch) -> None:
    """Refuse overrides that are no texts, as on the command line.

    Raises:
        PluginError: naming the patch and the override.
    """
    for path, text in patch.overrides.items():
        if not isinstance(path, str) or not isinstance(text, str):
            owner = described(PATCHES.entry(PATCHES.name_of(patch)))
            raise PluginError(
                f"{owner} overrides {path!r} with {text!r}; overrides are texts, as on the command line",
                f'write "{path}": "{str(text).lower()}"',
            )
